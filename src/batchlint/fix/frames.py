"""pandas: `df["y"] = df["x"].apply(f)` becomes `df["y"] = run_batch([f_steps(x) for x in df["x"]])`.

The values are the same, their types and the new column's too, except for categorical columns, whose function
runs once per category, and nullable integers, which `apply` hands over as other types (compared for pandas
2.3 and 3.1). Assigned as a list, they go where `apply` puts them as long as both columns are of one table.
"""

import ast

from batchlint.catalog.model import FanOut
from batchlint.fix import names
from batchlint.fix.callables import Callables, Target
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.emit import shifted
from batchlint.fix.fanned import listed
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.loop import is_quiet
from batchlint.fix.origins import root
from batchlint.fix.steps import Steps

_METHODS = frozenset({"apply", "map", "progress_apply", "progress_map"})
_TO_LIST = frozenset({"tolist", "to_list"})
_OWN_OPTIONS = frozenset(
    {"result_type", "raw", "args", "by_row", "engine", "na_action", "convert_dtype", "engine_kwargs"}
)
_GROUPING = ("groupby(", "rolling(", "resample(", "expanding(", "ewm(")
_SPECIAL = (b"category", b"Categorical", b"Int64", b"Int32", b"convert_dtypes", b"dtype_backend")


def is_frame(program: Program, key: tuple[int, int]) -> bool:
    """Whether a call runs a function for each row or value of a pandas table."""
    call = program.call(*key)
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _METHODS:
        return False
    rows = [edge.higher_order for edge in program.edges(key) if edge.higher_order is not None]
    return any(row.framework == "pandas" and row.fan_out is FanOut.APPLY for row in rows) and (
        _column(call.func.value) is not None or any(k.arg == "axis" for k in call.keywords)
    )


class Frames:
    """Plans the rewrite of a call of `apply` or `map`, or raises DeclinedError."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.steps = steps

    def plan(self, key: tuple[int, int]) -> set[tuple[int, int]]:
        """Plan all edits; gives the calls that no longer call the functions themselves."""
        file, call = self.program.file_of(key[0]), self.program.call(*key)
        assert isinstance(call.func, ast.Attribute)
        if len(call.args) != 1 or any(word in file.text for word in _SPECIAL):
            raise file.decline(Reason.CALL_FORM, "the columns may be of special types", call)
        by_rows, options = self._options(file, call)
        whole = self._consumed(file, call, call.func.value, by_rows=by_rows)
        target = Callables(self.program, self.draft, self.steps).target(file, key, call.args[0])
        self.steps.add(target.scope)
        self._check(file, call, target)
        text, variable = self._element(file, target, options)
        source = file.source(call.func.value)
        other = "_" if "_" not in {text.split("(")[0], *file.names} else file.fresh("index")
        clauses = (
            f"for {other}, {variable} in {source}.iterrows()" if by_rows else f"for {variable} in {source}"
        )
        self.draft.claim(file, file.statement(call))
        self._emit(file, whole, text, clauses)
        return {key, *([target.key] if target.key else [])}

    def _options(self, file: ProgramFile, call: ast.Call) -> tuple[bool, list[ast.keyword]]:
        """Whether the function gets rows, and the arguments that are handed on to it."""
        axis = next((k.value for k in call.keywords if k.arg == "axis"), None)
        by_rows = axis is not None
        if axis is not None and ast.unparse(axis) not in ("1", "'columns'"):
            raise file.decline(Reason.CALL_FORM, "the function gets whole columns", call)
        options = [k for k in call.keywords if k.arg != "axis"]
        own = {
            "result_type",
            "raw",
            "args",
            "by_row",
            "engine",
            "na_action",
            "convert_dtype",
            "engine_kwargs",
        }
        if any(k.arg is None or k.arg in own or not is_quiet(file, k.value) for k in options):
            raise file.decline(Reason.CALL_FORM, "the call has options of its own", call)
        return by_rows, options

    def _consumed(self, file: ProgramFile, call: ast.Call, source: ast.expr, *, by_rows: bool) -> ast.expr:
        """What is replaced: the call, assigned to a column of its own table, or a list made of it at once."""
        parent = file.parents[call]
        outer = file.parents.get(parent)
        made: ast.expr | None = None
        match parent:
            case ast.Assign(targets=[target]) if parent.value is call:
                table = _table(source) if by_rows else _column(source)
                if table is not None and table == _column(target):
                    return call
            case ast.Attribute(attr=attr) if attr in _TO_LIST and isinstance(outer, ast.Call):
                made = outer
            case ast.Call(args=[one]) if one is call and dotted(file, parent.func) == "list":
                made = parent
        if made is not None and not isinstance(source, ast.Attribute) and not _is_grouped(file, source):
            return made
        raise file.decline(Reason.LOOP_FORM, "the results go to no column of the same table", call)

    def _check(self, file: ProgramFile, call: ast.Call, target: Target) -> None:
        function = self.program.function(target.scope)
        own = self.program.file_of(target.scope)
        for inner in ast.walk(function):
            if isinstance(inner, ast.Call) and dotted(own, inner.func) in (
                "pandas.Series",
                "pandas.DataFrame",
            ):
                raise file.decline(Reason.CALL_FORM, "the function returns a table of its own", inner)
        if target.body is not None:
            arguments = [*target.body.args, *(k.value for k in target.body.keywords)]
            for what in dict.fromkeys(self.finder.of(file, arguments).unknown):
                message = f"{what} would run for all records at once; its effects are not known"
                self.draft.object(file, Reason.UNKNOWN_EFFECT, message, call)

    def _element(self, file: ProgramFile, target: Target, options: list[ast.keyword]) -> tuple[str, str]:
        """The call for one record, and the variable that holds the record."""
        given = "".join(f", {k.arg}={file.source(k.value)}" for k in options)
        if target.body is not None:
            if len(target.parameters) != 1 or options:
                raise file.decline(Reason.CALL_FORM, "the lambda has arguments of its own", target.body)
            body = file.text[file.end(target.body.func) : file.end(target.body)].decode()
            return target.name + body, target.parameters[0]
        taken = target.mentioned | names.read(k.value for k in options)
        wish = target.parameters[0] if target.parameters else "row"
        variable = wish if wish not in taken else file.fresh("row", "record")
        front = "".join(f"{file.source(value)}, " for value in target.front)
        back = "".join(
            f", {k.arg}={file.source(k.value)}" if k.arg else f", **{file.source(k.value)}"
            for k in target.back
        )
        return f"{target.name}({front}{variable}{given}{back})", variable

    def _emit(self, file: ProgramFile, whole: ast.expr, element: str, clauses: str) -> None:
        run = self.draft.use(file, "run_batch")
        indent = file.indent(file.statement(whole))
        column = len(file.text[file.line_start(whole) : file.start(whole)].decode())
        rest = file.text[file.end(whole) :].split(b"\n", 1)[0].decode()
        text = listed(run, element, clauses, indent, column, len(rest))
        self.draft.edit(file, file.start(whole), file.end(whole), shifted(file, whole, text, indent))


def _is_grouped(file: ProgramFile, source: ast.expr) -> bool:
    """Whether a table's name may hold groups of rows."""
    table = root(source)
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == table for t in node.targets)
        and any(word in ast.unparse(node.value) for word in _GROUPING)
        for node in ast.walk(file.tree)
    )


def _table(node: ast.expr) -> str | None:
    """The table that a name is."""
    return node.id if isinstance(node, ast.Name) else None


def _column(node: ast.expr) -> str | None:
    """The table that an expression is one column of; with `loc`, the table and its rows."""
    match node:
        case ast.Subscript(value=ast.Name(id=table), slice=ast.Constant(value=str())):
            return table
        case ast.Attribute(value=ast.Name(id=table)) if node.attr != "loc":
            return table
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=table), attr="loc"),
            slice=ast.Tuple(elts=[ast.Name(id=rows), ast.Constant(value=str())]),
        ):
            return f"{table}.loc[{rows}]"
    return None

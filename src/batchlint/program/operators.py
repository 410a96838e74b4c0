"""Binary operators: what `a + b`, `a | b` and their like may be."""

from typing import TYPE_CHECKING, Final

from batchlint.program import calls
from batchlint.program.containers import ALL, ANY, element
from batchlint.program.model import EdgeKind
from batchlint.program.objects import Bound, Const, Container, Expression, External, Function, Instance
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import Linker


def binop(linker: "Linker", scope: Scope, node: int, operands: tuple[int, ...], operator: str) -> None:
    """`a + b` and its like: lists join, texts become expressions, other operands call their method."""
    for operand in operands:
        others = tuple(scope.base + each for each in operands if each != operand)
        linker.solver.watch(scope.base + operand, _operand, linker, node, scope, operator, others)


def _operand(
    obj: int, linker: "Linker", node: int, scope: Scope, operator: str, others: tuple[int, ...]
) -> None:
    record = linker.record(obj)
    match record:
        case Const(type="str") | Expression() if operator != "RShift":
            linker.solver.add(node, linker.objects.number(Expression(node)))
        case Container() if operator in ("Add", "IAdd", "BitOr", "IBitOr"):
            joined = linker.objects.number(Container(record.kind, node))
            if joined != obj:
                linker.solver.add(node, joined)
                if operator.startswith("I"):
                    linker.solver.add(node, obj)
                linker.solver.edge(
                    element(linker, obj, ALL),
                    element(linker, joined, ANY),
                )
        case Instance() | External() | Container() | Function() | Bound() if operator == "BitOr":
            _pipe(linker, obj, node)
        case Instance():
            name = _OPERATORS.get(operator)
            for method in (name, f"__r{name[2:]}") if name is not None else ():
                # The operand may stand on either side; a wrong guess finds no such method.
                context = calls.context(linker, scope, node, EdgeKind.IMPLICIT)
                context.positional.extend((other, False) for other in others)
                calls.call_member(linker, obj, method, context, scope)
        case External():
            if operator == "Div" and linker.objects.path(obj)[0] == "pathlib":
                linker.solver.add(node, obj)
        case _:
            pass


def _pipe(linker: "Linker", obj: int, node: int) -> None:
    """LCEL's `prompt | model | parser`: sending through the pipe sends through each part."""
    linker.solver.add(node, obj)


_OPERATORS: Final = {
    "Add": "__add__",
    "IAdd": "__iadd__",
    "Sub": "__sub__",
    "Mult": "__mul__",
    "RShift": "__rshift__",
    "LShift": "__lshift__",
    "MatMult": "__matmul__",
    "BitAnd": "__and__",
}

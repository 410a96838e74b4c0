"""Literate cases: a heading is the claim, fenced blocks are files, comments say what must come out.

A fence's info string is a language and a path. Expectations stand on the line they speak of, behind
the last `#`, with `;` between several:

- `calls: app.tasks.f, <builtin>.print`: what the function around the line calls (a line outside of
  every function speaks of the module); `<lambda1> calls: f` of a lambda in it
- `site: openai chat.completions.create`: the call on this line sends a request
- `verdict: eligible`: the verdict of the call on this line
- `obstacle: streaming, live-root`: what speaks against a batch for the call on this line, and nothing else
- `root: offline task-queue`: the definition on this line is a root (on a line of its own: the module)
- `nothing`: no such thing here; of a call graph: the function around the line calls nothing
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTDATA = Path(__file__).parents[2] / "testdata"
_FENCE = re.compile(r"^(`{3,4})([^\n`]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_EXPECTATION = re.compile(r"(?:(<lambda\d+>) )?(?:(calls|site|verdict|obstacle|root): (\S.*)|(nothing))")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a comment says of its line: `word` and `text`, and the lambda it speaks of."""

    path: str
    line: int
    word: str
    text: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, the files that show it, and what must come out."""

    claim: str
    files: dict[str, str]
    expectations: tuple[Expectation, ...]

    def write(self, root: Path) -> None:
        """Write the files of the case below `root`."""
        for name, text in self.files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")

    def texts(self, word: str) -> dict[tuple[str, int], str]:
        """The expectations of one kind by place."""
        return {(e.path, e.line): e.text for e in self.expectations if e.word == word}


def read_cases(path: Path) -> list[Case]:
    """The cases of a Markdown file. Raises ValueError for a case that could not fail."""
    cases = []
    for section in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        claim, _, body = section.partition("\n")
        where = f"{path.name}: {claim}"
        files: dict[str, str] = {}
        for _, info, text in _FENCE.findall(body):
            _, _, name = info.strip().partition(" ")
            if not name or name in files:
                raise ValueError(f"{where}: a fence without a path, or one twice: {info!r}")
            files[name] = text
        expectations = tuple(e for name, text in files.items() for e in _expectations(where, name, text))
        if not expectations:
            raise ValueError(f"{where}: no expectation")
        cases.append(Case(claim.strip(), files, expectations))
    if not cases:
        raise ValueError(f"{path.name}: no case")
    return cases


def all_cases(folder: str) -> list[tuple[str, Case]]:
    """Every case of a folder of `testdata` with a name for it."""
    return [
        (f"{path.stem}: {case.claim}", case)
        for path in sorted((TESTDATA / folder).glob("*.md"))
        for case in read_cases(path)
    ]


def _expectations(where: str, path: str, text: str) -> Iterator[Expectation]:
    for number, line in enumerate(text.splitlines(), 1):
        _, mark, comment = line.rpartition("# ")
        if not mark:
            continue
        for part in comment.split(";"):
            match = _EXPECTATION.fullmatch(part.strip())
            if match:
                yield Expectation(path, number, match[2] or match[4], match[3] or "", match[1] or "")
            elif re.match(r"\s*(calls|sites?|verdict|obstacles?|roots?|nothing)\b", part):
                raise ValueError(f"{where}: {path}:{number}: an expectation misspelt: {part.strip()!r}")


def function_at(text: str, line: int) -> str:
    """The qualified name of the function whose body a line is in, empty for the module's own code."""
    around = [name for name, first, last in _functions(ast.parse(text), "") if first <= line <= last]
    return around[-1] if around else ""


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, int]]:
    """Qualified name, first and last line of the body of every function below a node, outer ones first."""
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}.{child.name}".lstrip(".")
            if not isinstance(child, ast.ClassDef):
                yield name, _first_line(child.body[0]), child.end_lineno or 0
        yield from _functions(child, name)


def _first_line(node: ast.stmt) -> int:
    """Where a statement begins, its decorators included."""
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])

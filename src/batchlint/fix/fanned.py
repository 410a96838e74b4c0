"""The text of a batch run over generators."""

from batchlint.fix.emit import LINE_MAX


def listed(runner: str, element: str, clauses: str, indent: str, column: int, rest: int) -> str:
    """`runner([element clauses])` on one line where it fits, else on several."""
    line = f"{runner}([{element} {clauses}])"
    if "\n" not in line and column + len(line) + rest <= LINE_MAX:
        return line
    inner = f"{indent}    "
    if "\n" not in line and len(inner) + len(element) + len(clauses) + 3 <= LINE_MAX:
        return f"{runner}(\n{inner}[{element} {clauses}]\n{indent})"
    return f"{runner}(\n{inner}[\n{inner}    {element}\n{inner}    {clauses}\n{inner}]\n{indent})"

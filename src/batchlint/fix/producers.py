"""Generators of the program that produce a loop's records, and what they do when they run ahead of it."""

import ast

from batchlint.fix.decline import Reason
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.iterables import without_progress
from batchlint.fix.names import walk_scope
from batchlint.fix.places import Effects


def produced(program: Program, finder: EffectFinder, file: ProgramFile, iterable: ast.expr) -> Effects:
    """What the generator functions do whose records a loop runs over: all of it would come before the
    loop's body. Raises DeclinedError where they are not known, or may never end."""
    node = without_progress(file, iterable)
    key = program.key(file, node) if isinstance(node, ast.Call) else None
    edges = program.edges(key) if key is not None else []
    if not edges or not all(program.is_plain(edge) for edge in edges):
        raise file.decline(Reason.LAZY, "records are produced while the loop runs", iterable)
    found = Effects()
    for edge in edges:
        other = program.file_of(edge.target)
        function = program.function(edge.target)
        if isinstance(function, ast.AsyncFunctionDef) or _may_be_endless(function):
            message = f"{function.name} may go on producing records"
            raise other.decline(Reason.LAZY, message, function)
        found.add(finder.of_function(edge.target))
    if any(place.kind == "parameter" for place in found.writes):
        message = "the function that produces the records changes its argument"
        raise file.decline(Reason.LAZY, message, iterable)
    return found


def _may_be_endless(function: FunctionNode) -> bool:
    """Whether a function yields in a loop that has no end of its own."""
    return any(
        isinstance(node, ast.While)
        and any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
        for node in walk_scope(function.body)
    )

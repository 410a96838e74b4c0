"""Python text to a tree, or nothing: code of strangers may be anything, and its warnings are its own."""

import ast
import warnings


def parse_module(text: str) -> ast.Module | None:
    """The module; None if this Python cannot parse it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def parse_expression(text: str) -> ast.expr | None:
    """The one expression the text is; None if it is none."""
    module = parse_module(text.strip())
    match module:
        case ast.Module(body=[ast.Expr(value=expression)]):
            return expression
        case _:
            return None

"""`extract(source) -> FileFacts`: one walk per file."""

import ast
import sys
import warnings

from batchlint.facts.builder import FileBuilder, ScopeBuilder
from batchlint.facts.model import FileFacts, ScopeKind
from batchlint.facts.salvage import salvage
from batchlint.facts.statements import statements
from batchlint.text import Source, Span

# Deep but legal nesting (generated code) must not end in a RecursionError; the walk is Python calling
# Python, which takes no C stack.
_RECURSION_LIMIT = 50_000


def extract(source: Source) -> FileFacts:
    """The facts of one source. A file that this Python cannot parse gives facts with a `failure`, and
    of its scopes those that can be read around the lines in error."""
    failure, failure_line = None, 1
    text = source.text.decode("utf-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        failure, failure_line = _explain(error), error.lineno or 1
        mended = salvage(text)
        if mended is None:
            return _failed(source, failure, failure_line)
        tree = mended
    except (RecursionError, MemoryError):
        return _failed(source, "nested too deeply for Python's parser", 1)
    except ValueError as error:
        return _failed(source, f"not Python: {error}", 1)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        file = FileBuilder()
        last = source.text.count(b"\n") + 1
        module = ScopeBuilder(file, None, ScopeKind.MODULE, source.module, Span(1, 0, last, 0))
        statements(module, tree.body)
        module.finish()
    except RecursionError:
        return _failed(source, "nested too deeply to analyse", 1)
    finally:
        sys.setrecursionlimit(limit)
    scopes = tuple(scope for scope in file.scopes if scope is not None)
    return FileFacts(source.path, source.module, source.is_package, scopes, failure, failure_line)


def _failed(source: Source, message: str, line: int) -> FileFacts:
    return FileFacts(source.path, source.module, source.is_package, (), message, line)


def _explain(error: SyntaxError) -> str:
    running = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"cannot be parsed by {running}: {error.msg} "
        "(if a newer Python reads it, install batchlint with that Python)"
    )

"""What one Python file says, as small picklable facts that hold no syntax tree.

`extract` is a pure function of a source's bytes: it knows Python and nothing about providers, so that
facts can be cached by content and computed in any process.
"""

from batchlint.facts.extract import extract
from batchlint.facts.model import (
    CallFact,
    FileFacts,
    Guard,
    LoopFact,
    LoopKind,
    Op,
    Parameter,
    ScopeFacts,
    ScopeKind,
    Value,
)

__all__ = [
    "CallFact",
    "FileFacts",
    "Guard",
    "LoopFact",
    "LoopKind",
    "Op",
    "Parameter",
    "ScopeFacts",
    "ScopeKind",
    "Value",
    "extract",
]

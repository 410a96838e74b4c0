"""Why a site is not rewritten, or only with `--unsafe-fixes`: a closed set of reasons."""

from dataclasses import dataclass
from enum import StrEnum

from batchlint.text import Location


class Reason(StrEnum):
    """What stands in the way of a rewrite."""

    # what the program does
    EARLY_EXIT = "early-exit"  # the loop may end before its last record
    LOOP_CARRIED = "loop-carried"  # a request is built from what an earlier record left behind
    EFFECT_ORDER = "effect-order"  # effects of different records would change places
    UNKNOWN_EFFECT = "unknown-effect"  # it cannot be seen what a call does
    STALE_VALUE = "stale-value"  # a variable may still hold what an earlier record put there
    SHARED_STATE = "shared-state"  # the requests' own code shares state between records
    UNKNOWN_ITERABLE = "unknown-iterable"  # it may be endless, or produced while the loop runs
    LAZY = "lazy"  # results are consumed while they are produced
    TIME_LIMIT = "time-limit"  # a request may take only so long, which no batch can promise
    LIVE = "live"  # somebody waits for the loop
    # forms that have no rewrite
    NO_LOOP = "no-loop"
    LOOP_FORM = "loop-form"
    CONDITIONAL_CALL = "conditional-call"
    BLOCK = "block"
    CALL_FORM = "call-form"
    SEVERAL_CALLS = "several-calls"  # a record sends requests from several places of the loop
    CAPTURED_VARIABLE = "captured-variable"
    DYNAMIC_SCOPE = "dynamic-scope"
    # functions on the way
    DECORATED = "decorated"
    FUNCTION_FORM = "function-form"
    HELD_RESOURCE = "held-resource"  # a lock or file stays open while the batch runs
    DYNAMIC_DISPATCH = "dynamic-dispatch"
    # provider and files
    NO_HELPER = "no-helper"
    LEGACY_SDK = "legacy-sdk"
    NEEDS_SETTING = "needs-setting"
    PARTIAL = "partial"  # another loop over the same function cannot be rewritten
    SHORT_LIVED = "short-lived"  # the process may end before its batch does
    ASYNC = "async"
    GUESSED = "guessed"
    NOTEBOOK = "notebook"
    ENCODING = "encoding"
    TOO_DEEP = "too-deep"
    NO_IMPORT_PATH = "no-import-path"
    HELPER_EDITED = "helper-edited"
    CONTRADICTION = "contradiction"  # the second finder does not come to the same call
    OVERLAP = "overlap"
    VERIFY_FAILED = "verify-failed"


UNSAFE = frozenset(
    {
        Reason.EARLY_EXIT,
        Reason.EFFECT_ORDER,
        Reason.UNKNOWN_EFFECT,
        Reason.UNKNOWN_ITERABLE,
        Reason.TIME_LIMIT,
        Reason.NEEDS_SETTING,
        Reason.PARTIAL,
        Reason.SHORT_LIVED,
        Reason.GUESSED,
        Reason.STALE_VALUE,
    }
)
"""Reasons that `--unsafe-fixes` passes over: the rewrite gives every consumer its value all the same."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against a rewrite, in words, and where it stands."""

    reason: Reason
    message: str
    location: Location

    @property
    def is_unsafe(self) -> bool:
        """Whether the rewrite is still possible, as an unsafe one."""
        return self.reason in UNSAFE


class DeclinedError(Exception):
    """Raised inside the planner where nothing further can be said about a site."""

    def __init__(self, reason: Reason, message: str, location: Location) -> None:
        super().__init__(message)
        self.obstacle = Obstacle(reason, message, location)

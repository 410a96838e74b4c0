"""Cloud functions of all vendors: what calls one decides whether someone waits."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from batchlint.catalog.model import Wait
from batchlint.starts.model import Launch, Schedule, StartKind, Target

_PYTHON_RUNTIMES = ("python", "provided")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One caller of a function: whether it waits, and its schedule if it is one."""

    wait: Wait | None
    schedule: Schedule | None = None


def trigger_wait(vocabulary: str, word: str) -> Wait | None:
    """Whether a trigger of `triggers.toml` waits for the answer; None for words that are not in it."""
    return _triggers().get((vocabulary, word))


def function_launches(
    kind: StartKind, path: str, line: int, name: str, target: Target, triggers: Iterable[Trigger]
) -> Iterator[Launch]:
    """One start per distinct trigger; without triggers one that says nothing about waiting.

    A trigger that waits stands for all that do, and an event without a schedule for all such events.
    """
    found = list(dict.fromkeys(triggers)) or [Trigger(None)]
    for trigger in found:
        when = f" schedule {trigger.schedule.text!r}" if trigger.schedule else ""
        origin = f"function {name!r}{when}"
        yield Launch(kind, origin, path, target, line, trigger.wait, trigger.schedule)


def is_python(runtime: str) -> bool:
    """Whether a runtime can run Python; one that is not given may."""
    return runtime.lower().startswith(_PYTHON_RUNTIMES) or not runtime


@cache
def _triggers() -> Mapping[tuple[str, str], Wait]:
    text = resources.files(__package__).joinpath("triggers.toml").read_text("utf-8")
    return {
        (vocabulary, word): Wait(wait)
        for vocabulary, waits in tomllib.loads(text).items()
        for wait, words in waits.items()
        for word in words
    }

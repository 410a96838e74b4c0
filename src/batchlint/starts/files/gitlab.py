"""GitLab CI: the jobs of `.gitlab-ci.yml` and of the local files it includes.

A pipeline's schedule is set in GitLab's web interface, so a job that only runs on schedules is known to be
scheduled, but not how often.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.pieces import environment, script_of
from batchlint.starts.model import ROOT, Launch, Schedule, StartKind
from batchlint.starts.nodes import EMPTY, Node, read_yaml
from batchlint.starts.places import Tree, join

_KEYWORDS = frozenset(
    ("stages", "variables", "default", "include", "workflow", "image", "services", "cache", "before_script",
     "after_script", "spec")
)  # fmt: skip
_REFERENCES_MAX = 500
_INCLUDES_MAX = 20
_SCHEDULED = re.compile(r"\$CI_PIPELINE_SOURCE\s*==\s*[\"']schedule[\"']")
_SECTIONS = ("before_script", "script", "after_script")
SCHEDULE = Schedule("GitLab pipeline schedule")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A top-level entry: its file, and the line of the include that brought it in (0 for none)."""

    file: str
    node: Node
    include_line: int = 0


_Entries = Mapping[str, _Entry]
_NONE = _Entry("", EMPTY)


def read_gitlab(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per command of every job."""
    entries: dict[str, _Entry] = {}
    _collect(path, tree.required(path), tree, entries, 0, 0)
    known: dict[str, Mapping[str, _Entry]] = {}
    left = iter(range(_REFERENCES_MAX))
    for name in entries:
        if not name.startswith(".") and name not in _KEYWORDS:
            job = {**dict.fromkeys(_SECTIONS, _NONE), **_sections(entries, name, known)}
            if job["script"].node:
                yield _launch(path, name, job, entries, left)


def _collect(
    path: str, text: str, tree: Tree, entries: dict[str, _Entry], include_line: int, depth: int
) -> None:
    """The top-level entries of a file and, before them, of its local includes."""
    for document in read_yaml(text):
        for item in document.each("include"):
            local = join("", (item.string("local") or item.text or "").lstrip("/"))
            inner = tree.text(local) if depth < _INCLUDES_MAX and "://" not in local else None
            if inner is not None and local != path:
                _collect(local, inner, tree, entries, include_line or item.line, depth + 1)
        entries.update({name: _Entry(path, node, include_line) for name, node in document.pairs()})


def _sections(entries: _Entries, name: str, known: dict[str, Mapping[str, _Entry]]) -> Mapping[str, _Entry]:
    """The keys of a job with those it inherits by `extends`, each with the file it stands in.

    `known` keeps every job's answer, and ends circles.
    """
    if name not in known:
        known[name] = {}
        entry = entries[name]
        merged: dict[str, _Entry] = {}
        for parent in entry.node.strings("extends"):
            if parent in entries:
                merged |= _sections(entries, parent, known)
        known[name] = merged | {key: _Entry(entry.file, node) for key, node in entry.node.pairs()}
    return known[name]


def _launch(
    path: str, name: str, job: Mapping[str, _Entry], entries: _Entries, left: Iterator[int]
) -> Launch:
    entry = entries[name]
    default = entries.get("default", _NONE)
    shared = entries.get("variables", _NONE).node
    own = job.get("variables", _NONE).node
    variables = (*environment(shared), *environment(own), ("CI_PROJECT_DIR", ROOT))
    commands: list[Node] = []
    for section in _SECTIONS:
        given = job[section]
        if section not in entry.node.entries and not given.node:
            given = _Entry(default.file, default.node.get(section))
            # Both may also stand at the top of the file.
            given = given if given.node else entries.get(section, _NONE)
        leaves = [*_leaves(given.node, entries, left)]
        # What stands in another file is shown where the job does.
        commands += (
            leaves if given.file == entry.file else (_moved(leaf, entry.node.place) for leaf in leaves)
        )
    script = replace(script_of(entry.file, commands, ""), variables=variables)
    schedule = SCHEDULE if _is_scheduled(job) else None
    origin = f"GitLab scheduled job {name!r}" if schedule else f"GitLab CI job {name!r}"
    return Launch(StartKind.GITLAB_CI, origin, path, script, entry.include_line, Wait.OFFLINE, schedule)


def _leaves(node: Node, entries: _Entries, left: Iterator[int]) -> Iterator[Node]:
    """The commands of a section; `!reference [job, section]` stands for another job's.

    `left` counts the references that may still be followed.
    """
    if node.tag == "reference":
        keys = node.strings()
        if keys and keys[0] in entries and next(left, None) is not None:
            for leaf in _leaves(entries[keys[0]].node.get(*keys[1:]), entries, left):
                yield _moved(leaf, node.line)
    elif node.text is not None:
        yield node
    else:
        for item in node.items:
            yield from _leaves(item, entries, left)


def _moved(leaf: Node, line: int) -> Node:
    return replace(leaf, line=line, is_block=False)


def _is_scheduled(job: Mapping[str, _Entry]) -> bool:
    """Whether only a schedule starts the job."""
    rules = job.get("rules", _NONE).node.each()
    conditions = [rule.string("if") for rule in rules if rule.string("when") != "never"]
    if conditions:
        return all(_SCHEDULED.search(condition) for condition in conditions)
    only = job.get("only", _NONE).node
    return "schedules" in (only.strings() or only.strings("refs"))

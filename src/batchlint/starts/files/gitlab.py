"""GitLab CI: the jobs of `.gitlab-ci.yml` and of the local files it includes.

A pipeline's schedule is set in GitLab's web interface, so a job that only runs on schedules is known to be
scheduled, but not how often.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.pieces import environment, script_of
from batchlint.starts.model import ROOT, Launch, Schedule, StartKind
from batchlint.starts.nodes import EMPTY, Node, called_document, read_yaml
from batchlint.starts.places import Tree, join

_KEYWORDS = frozenset(
    ("stages", "variables", "default", "include", "workflow", "image", "services", "cache", "before_script",
     "after_script", "spec")
)  # fmt: skip
_REFERENCES_MAX = 500
_INCLUDES_MAX = 50
_DEPTH_MAX = 11  # GitLab's own limit on `extends`
_SCHEDULED = re.compile(r"\$CI_PIPELINE_SOURCE\s*==\s*[\"']schedule[\"']")
_SECTIONS = ("before_script", "script", "after_script")
SCHEDULE = Schedule("GitLab pipeline schedule")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A top-level entry: its file, and the line of the include that brought it in (0 for none)."""

    file: str
    node: Node
    include_line: int = 0


_NONE = _Entry("", EMPTY)


def read_gitlab(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per command of every job."""
    pipeline = _Pipeline(tree)
    pipeline.collect(path, read_yaml(tree.required(path)), 0)
    for name in pipeline.entries:
        if not name.startswith(".") and name not in _KEYWORDS:
            job = {**dict.fromkeys(_SECTIONS, _NONE), **pipeline.job(name, 0)}
            if job["script"].node:
                yield _launch(path, pipeline, name, job)


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """The top-level entries of a file and of those it includes; what may be followed is counted."""

    tree: Tree
    entries: dict[str, _Entry] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    jobs: dict[str, Mapping[str, _Entry]] = field(default_factory=dict)
    references_left: Iterator[int] = field(default_factory=lambda: iter(range(_REFERENCES_MAX)))

    def get(self, name: str) -> _Entry:
        """An entry by name; an empty one if there is none."""
        return self.entries.get(name, _NONE)

    def collect(self, path: str, documents: Iterable[Node], include_line: int) -> None:
        """Enters a file's entries, after those of its local includes, which they override."""
        self.files.add(path)
        for document in documents:
            for item in document.each("include"):
                local = join("", (item.string("local") or item.text or "").lstrip("/"))
                if local in self.files or "://" in local or len(self.files) > _INCLUDES_MAX:
                    continue
                inner = self.tree.text(local)
                if inner is not None:
                    self.collect(local, (called_document(inner),), include_line or item.line)
            self.entries.update({name: _Entry(path, node, include_line) for name, node in document.pairs()})

    def job(self, name: str, depth: int) -> Mapping[str, _Entry]:
        """The keys of a job with those it inherits by `extends`, each with the file it stands in."""
        if name not in self.jobs:
            self.jobs[name] = {}  # ends circles
            entry = self.entries[name]
            parents = entry.node.strings("extends") if depth < _DEPTH_MAX else ()
            merged: dict[str, _Entry] = {}
            for parent in parents:
                if parent in self.entries:
                    merged |= self.job(parent, depth + 1)
            self.jobs[name] = merged | {key: _Entry(entry.file, node) for key, node in entry.node.pairs()}
        return self.jobs[name]

    def commands(self, node: Node, depth: int) -> Iterator[Node]:
        """The commands of a section; `!reference [job, section]` stands for another job's."""
        if node.text is not None:
            yield node
        elif depth >= _DEPTH_MAX:
            return
        elif node.tag == "reference":
            keys = node.strings()
            if keys and next(self.references_left, None) is not None:
                section = self.get(keys[0]).node.get(*keys[1:])
                yield from (_moved(leaf, node.line) for leaf in self.commands(section, depth + 1))
        else:
            for item in node.items:
                yield from self.commands(item, depth + 1)


def _launch(path: str, pipeline: _Pipeline, name: str, job: Mapping[str, _Entry]) -> Launch:
    entry, default = pipeline.entries[name], pipeline.get("default")
    shared, own = pipeline.get("variables").node, job.get("variables", _NONE).node
    variables = (*environment(shared), *environment(own), ("CI_PROJECT_DIR", ROOT))
    commands: list[Node] = []
    for section in _SECTIONS:
        given = job[section]
        if section not in entry.node.entries and not given.node:
            given = _Entry(default.file, default.node.get(section))
            # Both may also stand at the top of the file.
            given = given if given.node else pipeline.get(section)
        leaves = [*pipeline.commands(given.node, 0)]
        # What stands in another file is shown where the job does.
        is_here = given.file == entry.file
        commands += leaves if is_here else [_moved(leaf, entry.node.place) for leaf in leaves]
    script = replace(script_of(entry.file, commands, ""), variables=variables)
    schedule = SCHEDULE if _is_scheduled(job) else None
    origin = f"GitLab scheduled job {name!r}" if schedule else f"GitLab CI job {name!r}"
    return Launch(StartKind.GITLAB_CI, origin, path, script, entry.include_line, Wait.OFFLINE, schedule)


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

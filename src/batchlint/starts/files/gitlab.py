"""GitLab CI: the jobs of `.gitlab-ci.yml` and of the local files it includes.

A pipeline's schedule is set in GitLab's web interface, so a job that only runs on schedules is known to be
scheduled, but not how often.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.pieces import environment, script_of
from batchlint.starts.model import UNKNOWN, Launch, Schedule, StartKind
from batchlint.starts.nodes import EMPTY, Node, read_yaml
from batchlint.starts.places import Tree, join

_KEYWORDS = frozenset(
    ("stages", "variables", "default", "include", "workflow", "image", "services", "cache", "before_script",
     "after_script", "spec")
)  # fmt: skip
_EXTENDS_MAX = 11  # GitLab's own limit
_INCLUDES_MAX = 20
_SCHEDULED = re.compile(r"\$CI_PIPELINE_SOURCE\s*==\s*[\"']schedule[\"']")
_SECTIONS = ("before_script", "script", "after_script")
SCHEDULE = Schedule("GitLab pipeline schedule")


def read_gitlab(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per command of every job."""
    jobs: dict[str, tuple[str, Node]] = {}
    _collect(path, tree.required(path), tree, jobs, 0)
    for name, (file, _) in jobs.items():
        if not name.startswith(".") and name not in _KEYWORDS:
            job = _job(jobs, name)
            if job.get("script"):
                yield _launch(path, file, name, job, jobs)


def _collect(path: str, text: str, tree: Tree, jobs: dict[str, tuple[str, Node]], depth: int) -> None:
    """The top-level entries of a file and, before them, of its local includes."""
    for document in read_yaml(text):
        for item in document.each("include"):
            local = join("", (item.string("local") or item.text or "").lstrip("/"))
            inner = tree.text(local) if depth < _INCLUDES_MAX and "://" not in local else None
            if inner is not None and local != path:
                _collect(local, inner, tree, jobs, depth + 1)
        jobs.update({name: (path, node) for name, node in document.pairs()})


def _job(jobs: dict[str, tuple[str, Node]], name: str, depth: int = 0) -> Node:
    """A job with what it extends merged into it."""
    job = jobs[name][1]
    merged: dict[str, Node] = {}
    if depth < _EXTENDS_MAX:
        for parent in job.strings("extends"):
            if parent in jobs:
                merged |= _job(jobs, parent, depth + 1).entries
    return replace(job, entries={**merged, **job.entries})


def _launch(path: str, file: str, name: str, job: Node, jobs: dict[str, tuple[str, Node]]) -> Launch:
    defaults = jobs.get("default", ("", EMPTY))[1]
    shared = jobs.get("variables", ("", EMPTY))[1]
    variables = (*environment(shared), *environment(job.get("variables")), ("CI_PROJECT_DIR", UNKNOWN))
    commands = [
        leaf
        for section in _SECTIONS
        for leaf in _leaves(job.get(section) or defaults.get(section) or _global(jobs, section), jobs, 0)
    ]
    script = replace(script_of(file, commands, ""), variables=variables)
    schedule = SCHEDULE if _is_scheduled(job) else None
    origin = f"GitLab scheduled job {name!r}" if schedule else f"GitLab CI job {name!r}"
    line = 0 if file == path else 1
    return Launch(StartKind.GITLAB_CI, origin, path, script, line, Wait.OFFLINE, schedule)


def _global(jobs: dict[str, tuple[str, Node]], section: str) -> Node:
    """`before_script` and `after_script` may stand at the top of the file."""
    return jobs.get(section, ("", EMPTY))[1]


def _leaves(node: Node, jobs: dict[str, tuple[str, Node]], depth: int) -> Iterator[Node]:
    """The commands of a section; `!reference [job, section]` stands for another job's."""
    if node.tag == "reference" and depth < _EXTENDS_MAX:
        keys = node.strings()
        if keys and keys[0] in jobs:
            yield from _leaves(jobs[keys[0]][1].get(*keys[1:]), jobs, depth + 1)
    elif node.text is not None:
        yield node
    elif depth < _EXTENDS_MAX:
        for item in node.items:
            yield from _leaves(item, jobs, depth + 1)


def _is_scheduled(job: Node) -> bool:
    """Whether only a schedule starts the job."""
    rules = [rule.string("if") for rule in job.each("rules") if rule.string("when") != "never"]
    if rules:
        return all(_SCHEDULED.search(rule) for rule in rules)
    only = job.strings("only") or job.strings("only", "refs")
    return "schedules" in only

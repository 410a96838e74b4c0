"""GitHub Actions: workflows, the reusable workflows and local actions they call.

Everything CI runs is offline: nobody waits for one response. A workflow with `on: schedule` carries its
cron lines, multiplied where a matrix runs the same command several times.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.expressions import matrix_combinations, substitute
from batchlint.starts.files.pieces import environment, schedule_of, script_of
from batchlint.starts.model import ROOT, Launch, Schedule, Script, StartKind, Target
from batchlint.starts.nodes import EMPTY, Node, called_document, read_document
from batchlint.starts.places import Tree, folder_of, join

_CALLS_MAX = 100
_LAUNCHES_MAX = 10_000
# Inputs of third-party actions that hold shell text (retry and remote-shell actions).
_COMMAND_INPUTS = ("command", "run", "cmd", "script")
_EVENT_SCHEDULE = re.compile(r"github\.event\.schedule\s*==\s*'([^']*)'")
_EVENT_NAME = re.compile(r"github\.event_name\s*(==|!=)\s*'([^']*)'")


@dataclass(frozen=True, slots=True)
class _Run:
    """What a step inherits. The start stands in `path` at `line` (0: at the command itself), the command
    in `file`, which is another one inside a called workflow or action."""

    tree: Tree
    path: str
    file: str
    base: str
    line: int = 0
    job: str = ""
    schedule: Schedule | None = None
    directory: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()
    shell: str = ""
    active: tuple[str, ...] = ()
    # Shared by all that inherits it, so that workflows which call each other many times end.
    calls: Iterator[int] = field(default_factory=lambda: iter(range(_CALLS_MAX)))

    def may_call(self, file: str) -> bool:
        """Whether a file may be called: not in a circle, and not for ever."""
        return file not in (self.path, *self.active) and next(self.calls, None) is not None

    @property
    def origin(self) -> str:
        """The subject of the label."""
        if self.schedule:
            return f"GitHub Actions schedule {self.schedule.text!r}"
        return f"GitHub Actions job {self.job!r}" if self.job else "GitHub composite action"


def read_workflow(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per command of every job."""
    document = read_document(tree.required(path))
    base = path.rpartition(".github/")[0].rstrip("/")
    values = {"github.workspace": _root(base)}
    run = _Run(tree, path, path, base, directory=base, schedule=_schedule(document.get("on")), values=values)
    yield from _jobs(document, run)


def read_action(path: str, tree: Tree) -> Iterator[Launch]:
    """The commands of a composite action, with the defaults of its inputs."""
    document = read_document(tree.required(path))
    base = path.rpartition(".github/")[0].rstrip("/")
    run = _Run(tree, path, path, base, directory=base, values={"github.workspace": _root(base)})
    yield from _action(document, EMPTY, run, path)


def _schedule(on: Node) -> Schedule | None:
    items = on.each("schedule")
    zones = [zone for item in items if (zone := item.string("timezone"))]
    return schedule_of((item.string("cron") for item in items), zones[0] if zones else None)


def _jobs(document: Node, run: _Run) -> Iterator[Launch]:
    defaults = document.get("defaults", "run")
    for name, job in document.pairs("jobs"):
        schedule = _narrowed(run.schedule, job.string("if"))
        combinations = matrix_combinations(job.get("strategy", "matrix"))
        inner = replace(run, schedule=schedule, job=run.job or name)
        if job.string("uses"):
            yield from _reusable(job, inner, combinations)
            continue
        own = job.get("defaults", "run")
        directory = own.string("working-directory") or defaults.string("working-directory")
        inner = replace(
            inner,
            directory=join(inner.directory, directory or "."),
            variables=(*inner.variables, *environment(document.get("env")), *environment(job.get("env"))),
            shell=own.string("shell") or defaults.string("shell"),
        )
        most = max(1, _LAUNCHES_MAX // max(1, len(job.each("steps"))))
        kept = combinations[:most]
        yield from _merged([launch for values in kept for launch in _steps(job, _with(inner, values))])


def _with(run: _Run, values: Mapping[str, str]) -> _Run:
    env = {f"env.{name}": value for name, value in run.variables}
    return replace(run, values={**env, **run.values, **values})


def _merged(launches: list[Launch]) -> Iterator[Launch]:
    """Equal commands of several matrix combinations as one, their runs added."""
    counts: dict[tuple[Script | Target, Schedule | None], list[Launch]] = {}
    for launch in launches:
        counts.setdefault((launch.what, launch.schedule), []).append(launch)
    for same in counts.values():
        schedule = same[0].schedule
        if schedule and schedule.runs_per_month is not None:
            schedule = replace(schedule, runs_per_month=schedule.runs_per_month * len(same))
        yield replace(same[0], schedule=schedule)


def _narrowed(schedule: Schedule | None, condition: str) -> Schedule | None:
    """The part of the schedule that an `if:` lets through."""
    if schedule is None or not condition:
        return schedule
    crons = [cron for cron in _EVENT_SCHEDULE.findall(condition) if cron in schedule.text]
    if crons and "!=" not in condition:
        return schedule_of(crons, schedule.timezone)
    events = _EVENT_NAME.findall(condition)
    allowed = [name for operator, name in events if operator == "=="]
    if ("!=", "schedule") in events or (allowed and "schedule" not in allowed and "||" not in condition):
        return None
    return schedule


def _steps(job: Node, run: _Run) -> Iterator[Launch]:
    for step in job.each("steps"):
        yield from _step(step, replace(run, schedule=_narrowed(run.schedule, step.string("if"))))


def _step(step: Node, run: _Run) -> Iterator[Launch]:
    variables = environment(step.get("env"))
    run = _with(replace(run, variables=(*run.variables, *variables)), {})
    directory = substitute(step.string("working-directory"), run.values) or "."
    if step.string("run"):
        shell = step.string("shell") or run.shell
        yield _launch(step.get("run"), replace(run, directory=join(run.directory, directory)), shell)
    uses = step.string("uses")
    if uses.startswith("./"):
        names = (join(run.base, f"{uses}/{name}") for name in ("action.yml", "action.yaml"))
        file = next((name for name in names if run.tree.exists(name)), None)
        text = run.tree.text(file) if file and run.may_call(file) else None
        if file and text is not None:
            action = called_document(text)
            called = replace(run, line=run.line or step.get("uses").place, active=(*run.active, file))
            yield from _action(action, step.get("with"), called, file)
    elif uses and not uses.startswith("actions/"):
        for name in _COMMAND_INPUTS:
            if step.get("with", name).text is not None:
                yield _launch(step.get("with", name), run, "")


def _launch(node: Node, run: _Run, shell: str) -> Launch:
    script = script_of(run.file, (node,), run.directory)
    text = substitute(script.text, run.values)
    if shell in ("pwsh", "powershell", "cmd"):
        text = text.replace("\\", "/").replace("`\n", "\\\n")
    script = replace(
        script, text=text, folder=run.base, variables=run.variables, is_python=shell.startswith("python")
    )
    return Launch(
        StartKind.GITHUB_ACTIONS, run.origin, run.path, script, run.line, Wait.OFFLINE, run.schedule
    )


def _action(action: Node, given: Node, run: _Run, file: str) -> Iterator[Launch]:
    """The steps of a composite action; `given` are the inputs it is called with."""
    inputs = {
        f"inputs.{name}": substitute(given.string(name) or node.string("default"), run.values)
        for name, node in action.pairs("inputs")
    }
    values = {**run.values, **inputs, "github.action_path": _root(folder_of(file))}
    yield from _steps(action.get("runs"), replace(run, file=file, values=values))


def _reusable(job: Node, run: _Run, combinations: tuple[Mapping[str, str], ...]) -> Iterator[Launch]:
    """The jobs of a workflow of this repository that a job calls."""
    file = join(run.base, job.string("uses"))
    is_local = job.string("uses").startswith("./")
    text = run.tree.text(file) if is_local and run.may_call(file) else None
    if text is None:
        return
    document = called_document(text)
    launches: list[Launch] = []
    for values in combinations:
        known = {**run.values, **values}
        inputs = {
            f"inputs.{name}": substitute(job.string("with", name) or node.string("default"), known)
            for name, node in document.pairs("on", "workflow_call", "inputs")
        }
        line = run.line or job.get("uses").place
        values = {**known, **inputs}
        called = replace(run, file=file, line=line, values=values, active=(*run.active, file))
        launches += _jobs(document, called)
        if len(launches) > _LAUNCHES_MAX:
            break
    yield from _merged(launches)


def _root(folder: str) -> str:
    return f"{ROOT}/{folder}".rstrip("/")

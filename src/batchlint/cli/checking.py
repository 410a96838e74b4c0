"""What `batchlint check` does: analyse, find, hold against the baseline, report."""

import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchlint import baseline as baselines
from batchlint.cli import output
from batchlint.cli.errors import UserError
from batchlint.cli.fixing import FixOptions
from batchlint.cli.main import COMMANDS
from batchlint.cli.options import separated, use_color
from batchlint.cli.progress import progress
from batchlint.cli.scope import Scope, missing, scope_of
from batchlint.cli.session import ProjectOptions, Session, open_session
from batchlint.config import Config
from batchlint.discover.kinds import FileKind, kind_of
from batchlint.finding import Confidence, Finding
from batchlint.report import FORMATS, TEXT_FORMATS, render
from batchlint.report.escape import printable
from batchlint.report.results import Results
from batchlint.report.sources import Sources
from batchlint.report.summary import plural
from batchlint.rules import findings
from batchlint.rules.selection import select

if TYPE_CHECKING:
    from batchlint.config.shapes import Value
    from batchlint.engine import Report

STDIN = "-"


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The command line of `check`; `file_outputs` are the formats written to files of their own."""

    paths: tuple[Path, ...]
    project: ProjectOptions
    fixing: FixOptions
    settings: "Mapping[str, Value]"
    baseline: Path | None
    write_baseline: bool
    prune_baseline: bool
    output_file: Path | None
    file_outputs: tuple[tuple[str, Path], ...]
    statistics: bool
    stdin_filename: Path | None
    exit_zero: bool
    show_files: bool
    show_settings: bool
    color: str
    verbose: bool
    quiet: bool
    silent: bool


def options_of(values: Mapping[str, Any]) -> CheckOptions:
    """The options as click parsed them."""
    rest = dict(values)
    project = ProjectOptions(**{field.name: rest.pop(field.name) for field in fields(ProjectOptions)})
    fixing = FixOptions(**{field.name: rest.pop(field.name) for field in fields(FixOptions)})
    files = tuple(
        (name, path)
        for name in FORMATS
        if (path := rest.pop(name.replace("-", "_") + "_output", None)) is not None
    )
    settings: dict[str, Value] = {
        name.replace("_", "-"): separated(rest[name])
        for name in ("select", "extend_select", "ignore")
        if rest[name]
    }
    if rest["per_file_ignores"]:
        settings["per-file-ignores"] = _per_file(rest["per_file_ignores"])
    for name in ("min_confidence", "output_format", "force_exclude"):
        if rest[name] is not None:
            settings[name.replace("_", "-")] = rest[name]
    kept = {field.name: rest[field.name] for field in fields(CheckOptions) if field.name in rest}
    return CheckOptions(project=project, fixing=fixing, settings=settings, file_outputs=files, **kept)


def _per_file(values: Sequence[str]) -> "Value":
    """`GLOB:RULES` pairs as the settings' table."""
    table: dict[str, Value] = {}
    for value in values:
        glob, colon, rules = value.rpartition(":")
        if not colon or not glob or not rules:
            raise UserError(f"--per-file-ignores: {value!r} is no GLOB:RULES pair")
        known = table.setdefault(glob, [])
        assert isinstance(known, list)
        known += separated([rules])
    return table


@dataclass(frozen=True, slots=True)
class _Run:
    """A run: its command line, project, scope, and the source on standard input where there is one."""

    options: CheckOptions
    session: Session
    named: tuple[Path, ...]
    scope: Scope
    stdin: bytes | None

    @property
    def overlay(self) -> dict[str, bytes]:
        """The sources that are not on disk as analysed, by path."""
        return {} if self.stdin is None else {self.scope.files[0]: self.stdin}

    @property
    def baseline(self) -> Path | None:
        """The baseline's file, None where neither command line nor configuration names one."""
        return self.options.baseline or self.session.config.baseline


def check(options: CheckOptions) -> int:
    """Run `check`; returns the exit code. Raises the errors that `cli.main` shows."""
    stdin = _standard_input(options)
    named = options.paths if stdin is None else (options.stdin_filename or Path("stdin.py"),)
    session = open_session(named, options.project, options.settings)
    selected = select(session.config)  # a bad selector is an error before anything is analysed
    scope = scope_of(named, session.root, must_exist=stdin is None)
    run = _Run(options, session, named, scope, stdin)
    if options.show_settings:
        from batchlint.cli.settings import settings_text

        output.write(settings_text(session, selected.codes), is_text=True)
        return 0
    if options.show_files:
        return _show_files(run)
    if options.fixing.is_rewriting:
        return _rewrite(run)
    with progress(options.quiet or options.silent):
        report = _analyse(run)
        found = findings(report, session.config)
    if options.write_baseline or options.prune_baseline:
        return _change_baseline(run, report, found)
    reported, known = _against_baseline(run, scope.of(found))
    if reported and stdin is None:
        with progress(options.quiet or options.silent):
            reported = _with_fixes(run, report, reported)
    _output(options, session.config, _results(run, report, reported, known))
    return 1 if reported and not options.exit_zero else 0


def _with_fixes(run: _Run, report: "Report", found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with what `--fix` can do for each."""
    from batchlint.cli.marking import fixes

    known = fixes(run.session, report, lambda: _analyse(run, afresh=True))
    return tuple(
        replace(finding, fix=known[finding.location][0], replacements=known[finding.location][1])
        if finding.site is not None and finding.location in known
        else finding
        for finding in found
    )


def _rewrite(run: _Run) -> int:
    """`--fix`, `--fix-only` and `--diff`; returns the exit code."""
    from batchlint.cli import fixing
    from batchlint.fix import rewrite

    options, config, root = run.options, run.session.config, run.session.root
    if run.stdin is not None or options.write_baseline or options.prune_baseline:
        raise UserError("--fix and --diff rewrite files; leave out `-` and the baseline's options")

    def analyse_with(files: Mapping[str, bytes]) -> "Report":
        gc.collect()  # the analysis before last
        return _analyse(run, files, afresh=True)

    def reported(report: "Report") -> tuple[tuple[Finding, ...], int]:
        return _against_baseline(run, run.scope.of(findings(report, config)))

    unsafe = config.fix.unsafe if options.fixing.unsafe_fixes is None else options.fixing.unsafe_fixes
    with progress(options.quiet or options.silent):
        result = rewrite(
            root,
            analyse_with,
            lambda r: fixing.wanted_sites(reported(r)[0]),
            unsafe=unsafe,
            helper=config.fix.helper,
        )
    if options.fixing.diff:
        output.write_bytes(fixing.difference(root, result.files))
    else:
        fixing.write(root, result, allow_dirty=options.fixing.allow_dirty)
    if not options.silent and not options.quiet:
        lines = fixing.summary(result, is_diff=options.fixing.diff, show_fixes=options.fixing.show_fixes)
        for line in lines:
            output.note(line)
    if options.fixing.diff:
        return 1 if result.files and not options.exit_zero else 0
    left, known = reported(result.report)
    if not options.fixing.fix_only:
        shown = replace(_results(run, result.report, left, known), fixed=len(result.fixed))
        _output(options, config, shown)
    failed = bool(left) and not options.fixing.fix_only
    if options.fixing.exit_non_zero_on_fix and result.fixed:
        failed = True
    return 1 if failed and not options.exit_zero else 0


def _standard_input(options: CheckOptions) -> bytes | None:
    """The source on standard input, None where the command line does not ask for it."""
    if Path(STDIN) not in options.paths:
        return None
    if len(options.paths) > 1:
        raise UserError("`-` reads one source from standard input and allows no other paths")
    return sys.stdin.buffer.read()


def _analyse(run: _Run, rewritten: Mapping[str, bytes] | None = None, *, afresh: bool = False) -> "Report":
    """The engine's report, on `rewritten` text of some files, with a failure for every path that does not
    exist."""
    overlay = run.overlay if rewritten is None else rewritten
    report = run.session.analyse(_python_paths(run), overlay=overlay, afresh=afresh)
    failures = tuple(missing(path, COMMANDS) for path in run.scope.missing)
    return replace(report, failures=(*report.failures, *failures)) if failures else report


def _python_paths(run: _Run) -> tuple[Path, ...]:
    """The named folders and files that exist. A named file is taken for Python whatever its suffix, so the
    files that start programs, which pre-commit names too, are left out."""
    named = (path for path in run.named if path.exists())
    return tuple(path for path in named if path.is_dir() or kind_of(path.name, "") is not FileKind.STARTER)


def _show_files(run: _Run) -> int:
    """List the Python files of the program, as the walk finds them."""
    from batchlint.discover.walk import DEFAULT_EXCLUDE, DiscoverOptions, discover

    root, config = run.session.root, run.session.config
    options = DiscoverOptions(
        exclude=DEFAULT_EXCLUDE if config.exclude is None else config.exclude,
        extend_exclude=config.extend_exclude,
        respect_gitignore=config.respect_gitignore,
        explicit=() if config.force_exclude else _python_paths(run),
    )
    paths = discover(root, options).files
    output.write("".join(f"{printable(str(root / path))}\n" for path in paths), is_text=True)
    return 0


def _against_baseline(run: _Run, found: Sequence[Finding]) -> tuple[tuple[Finding, ...], int]:
    """The new findings and how many are known."""
    if run.baseline is None:
        return tuple(found), 0
    return baselines.split(found, baselines.read(run.baseline))


def _change_baseline(run: _Run, report: "Report", found: Sequence[Finding]) -> int:
    """Write or prune the baseline and say how it changed; PATHS do not narrow it."""
    path = run.baseline or run.session.root / baselines.DEFAULT_NAME
    must_exist = run.options.prune_baseline and not run.options.write_baseline
    old = baselines.read(path) if path.exists() or must_exist else baselines.Baseline({})
    if run.options.write_baseline:
        new = baselines.of(found)
    else:
        # What another selection or confidence would still find stays known.
        everything = replace(run.session.config, selections=(), min_confidence=Confidence.LOW)
        new = baselines.prune(old, findings(report, everything))
    baselines.write(path, new)
    if not run.options.silent:
        added, removed = baselines.changes(old, new)
        known = plural(new.size, "known finding")
        output.note(f"{printable(str(path))}: {known}, {added} added, {removed} removed")
    return 0


def _results(run: _Run, report: "Report", reported: tuple[Finding, ...], known: int) -> Results:
    """What the reporters get."""
    root = run.session.root
    return Results(
        root=str(root),
        findings=reported,
        sources=Sources(str(root), run.overlay),
        folder=str(Path.cwd()),
        repository=str(_repository(root)),
        files=report.files,
        known=known,
        color=use_color(run.options.color, to_file=run.options.output_file is not None),
        unsafe_fixes=run.session.config.fix.unsafe,
        statistics=report.statistics,
    )


def _repository(root: Path) -> Path:
    """The repository that the root belongs to, the root itself outside of one."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def _output(options: CheckOptions, config: Config, results: Results) -> None:
    """Everything that the command line asks to be written."""
    plain = replace(results, color=False)
    for name, path in options.file_outputs:
        output.write_file(path, render(name, plain))
    if options.silent:
        return
    name = config.output_format or "full"
    is_text = name in TEXT_FORMATS
    if options.statistics:
        from batchlint.report import statistics

        text = statistics.render(results) if is_text else statistics.render_json(results)
    else:
        text = render(name, results)
    if is_text and not options.quiet:
        from batchlint.report import summary

        text += summary.render(results)
    if options.output_file:
        output.write_file(options.output_file, text)
    else:
        output.write(text, is_text=is_text)
    if options.verbose:
        _verbose(results)


def _verbose(results: Results) -> None:
    """Numbers about the run, on standard error."""
    output.note(f"analysed {results.files} files under {results.root}")
    for name, value in sorted(results.statistics.items()):
        output.note(f"  {name}: {value:g}")

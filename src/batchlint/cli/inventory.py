"""What `batchlint sites`, `explain` and `graph` do: analyse and show, without rules."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchlint.cli import output
from batchlint.cli.errors import UserError
from batchlint.cli.options import use_color
from batchlint.cli.progress import progress
from batchlint.cli.session import ProjectOptions, Session, open_session, relative

if TYPE_CHECKING:
    from batchlint.engine import Report


def project_of(values: Mapping[str, Any]) -> ProjectOptions:
    """The project options among the values that click parsed."""
    return ProjectOptions(**{field.name: values[field.name] for field in fields(ProjectOptions)})


def inventory(values: Mapping[str, Any]) -> int:
    """Run `sites`; returns the exit code."""
    from batchlint.cli.marking import with_fixes

    session = _session(values["root_argument"], values)
    with progress(is_quiet=False):
        report = session.analyse([session.root])
        report = with_fixes(session, report, lambda: session.analyse([session.root], afresh=True))
    to_file: Path | None = values["output_file"]
    color = use_color(values["color"], to_file=to_file is not None)
    text = _rendered(values["output_format"], report, color)
    if to_file:
        output.write_file(to_file, text)
    else:
        output.write(text, is_text=values["output_format"] == "text")
    return 0


def _rendered(form: str, report: "Report", color: bool) -> str:
    """The inventory as `json`, `html` or `text`."""
    root = report.root
    if form == "json":
        from batchlint.report import sites_json

        return sites_json.render(root, report.sites, report.failures, report.statistics)
    from batchlint.report.sources import Sources

    if form == "html":
        from batchlint import __version__
        from batchlint.report import html

        return html.render(report.sites, root, Sources(root), __version__, report.failures)
    from batchlint.report import sites_text
    from batchlint.report.results import Results

    shown = Results(root, (), Sources(root), str(Path.cwd()), root, color=color)
    return sites_text.render(report.sites, report.failures, shown)


def explain(position: str, values: Mapping[str, Any]) -> int:
    """Run `explain`; returns the exit code."""
    name, colon, number = position.rpartition(":")
    if not colon or not number.isdecimal() or not name:
        raise UserError(f"{position!r} is no PATH:LINE")
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    session = _session(path, values)
    from batchlint.cli.rewriting import rewriting
    from batchlint.engine import explain as explanation

    with progress(is_quiet=False):
        report = session.analyse([path], afresh=True)
    from batchlint.report.escape import printable

    place = relative(path, session.root)
    with progress(is_quiet=False):
        story = explanation(report, place, int(number)) + rewriting(session, report, place, int(number))
    output.write("".join(f"{printable(line)}\n" for line in story.splitlines()), is_text=True)
    return 0


def graph(path: Path, values: Mapping[str, Any]) -> int:
    """Run `graph`; returns the exit code."""
    import json

    from batchlint.engine import call_graph

    session = _session(path, values)
    with progress(is_quiet=False):
        edges = call_graph(path, session.config)
    shown = {caller: sorted(callees) for caller, callees in sorted(edges.items())}
    output.write(json.dumps(shown, indent=2) + "\n")
    return 0


def _session(path: Path | None, values: Mapping[str, Any]) -> Session:
    return open_session([path] if path else [], project_of(values), {})

"""`batchlint check`: report findings."""

from pathlib import Path

import click

from batchlint.cli.options import F, color_option, project_options
from batchlint.report import FORMATS, TEXT_FORMATS

_TO_FILES = tuple(name for name in FORMATS if name not in TEXT_FORMATS)


def _file_outputs(function: F) -> F:
    """One `--FORMAT-output=FILE` for each machine format, beside what goes to standard output."""
    for name in reversed(_TO_FILES):
        function = click.option(
            f"--{name}-output",
            name.replace("-", "_") + "_output",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help=f"Write {name} to a file too.",
        )(function)
    return function


@click.command("check", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--select", multiple=True, metavar="RULES", help="Rules to report: codes, prefixes, names, ALL."
)
@click.option("--extend-select", multiple=True, metavar="RULES", help="Report these rules too.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Rules not to report.")
@click.option("--per-file-ignores", multiple=True, metavar="GLOB:RULES", help="Rules not to report in files.")
@click.option(
    "--min-confidence", type=click.Choice(["high", "medium", "low"]), help="Report from this confidence on."
)
@click.option(
    "--output-format",
    type=click.Choice(list(FORMATS)),
    envvar="BATCHLINT_OUTPUT_FORMAT",
    help="How findings are printed (default: full).",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BATCHLINT_OUTPUT_FILE",
    help="Write to a file instead of standard output.",
)
@_file_outputs
@click.option("--statistics", is_flag=True, help="Print counts and savings by rule instead of findings.")
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), help="A file of findings not to report."
)
@click.option("--write-baseline", is_flag=True, help="Make all findings of this run the baseline.")
@click.option("--prune-baseline", is_flag=True, help="Drop what is not found any more from the baseline.")
@click.option(
    "--force-exclude/--no-force-exclude",
    default=None,
    help="Apply exclusions to the files named on the command line too.",
)
@click.option(
    "--stdin-filename",
    type=click.Path(path_type=Path),
    help="The file that standard input (`-`) stands for.",
)
@click.option("-e", "--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--show-files", is_flag=True, help="List the files that would be analysed.")
@click.option("--show-settings", is_flag=True, help="Print the settings that would be used.")
@click.option("--fix", is_flag=True, help="Rewrite to the batch API what can be rewritten safely.")
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=None,
    help="Include rewrites whose effects on the program cannot all be seen.",
)
@click.option("--fix-only", is_flag=True, help="Rewrite, and report nothing that is left.")
@click.option("--diff", is_flag=True, help="Print what --fix would change as a patch and write nothing.")
@click.option("--show-fixes", is_flag=True, help="List what was rewritten.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 when something was rewritten.")
@click.option(
    "--allow-dirty", is_flag=True, help="Make unsafe rewrites in a git tree with uncommitted changes too."
)
@project_options
@color_option
@click.option("-v", "--verbose", is_flag=True, help="Say more about the run on standard error.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings and nothing else.")
@click.option("-s", "--silent", is_flag=True, help="Print nothing; the exit code tells.")
def command(**values: object) -> int:
    """Report LLM calls that nobody waits for and that a batch could carry.

    The whole project is analysed; PATHS choose what is reported. A single file is reported on when the
    way to a call leads through it.
    """
    from batchlint.cli.checking import check, options_of

    return check(options_of(values))

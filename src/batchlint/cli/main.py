"""Dispatch to commands, and the one place where errors become a line on stderr and an exit code.

0: nothing to report; 1: findings; 2: usage, configuration or internal error; 130: interrupted.
"""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from batchlint import __version__
from batchlint.cli.errors import UserError, is_user_error

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Command -> what it does, for `--help` without loading any of them.
COMMANDS = {
    "check": "Report findings; the default command.",
    "sites": "List every LLM call site with its verdict.",
    "explain": "Say why the call site at PATH:LINE got its verdict.",
    "rule": "Explain a rule.",
    "graph": "Print the linked call graph.",
    "config": "List and document the configuration keys.",
    "clean": "Remove the cache.",
    "completion": "Print the completion script for a shell.",
}


_OWN_OPTIONS = ("--help", "-h", "--version", "-V")


class Commands(click.Group):
    """The commands, imported by name; without a command's name the arguments are those of `check`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"batchlint.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `check` before arguments that start with an option or a path."""
        # While a shell completes the first word there are no arguments yet.
        is_ours = args[0] in COMMANDS or args[0] in _OWN_OPTIONS if args else ctx.resilient_parsing
        if not is_ours:
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their one-line descriptions, none of them loaded."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Commands, and the options of `check`."""
        from click.shell_completion import CompletionItem

        items = [
            CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)
        ]
        check = self.get_command(ctx, "check")
        return items + (check.shell_complete(ctx, incomplete) if check and incomplete.startswith("-") else [])


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`batchlint [OPTIONS] [PATHS]...` is `batchlint check`; see `batchlint check --help`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="batchlint", message="%(prog)s %(version)s")
def batchlint() -> None:
    """Find real-time LLM calls that nobody waits for, price them, and move them to the batch API."""


def main() -> None:
    """Run the command line and exit.

    A run makes millions of objects and drops few before its end, so searching them for garbage, again and
    again and once more at exit, would double its time.
    """
    gc.disable()
    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    try:
        code = batchlint.main(list(arguments), prog_name="batchlint", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        # Nothing was half written: every file is replaced in one step.
        return 130
    except UserError as error:
        return _fail(str(error))
    except Exception as error:
        if is_user_error(error):
            return _fail(str(error))
        if _is_interrupted(error):
            return 130
        return _internal_error(error)


def _fail(message: str) -> int:
    from batchlint.report.escape import printable

    click.echo(f"error: {printable(message)}", err=True)
    return 2


def _is_interrupted(error: BaseException | None) -> bool:
    """Whether an error only wraps Ctrl-C, as Python does for one in the middle of making a class."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _internal_error(error: Exception) -> int:
    """Our own mistake: one line, and the traceback for those who ask for it."""
    if os.environ.get("BATCHLINT_DEBUG"):
        raise error
    summary = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return _fail(f"internal error ({summary}); set BATCHLINT_DEBUG=1 for the traceback and report it")

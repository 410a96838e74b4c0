"""The command line: `main` is the console script. One file per command, each loaded when it is used."""


def main() -> None:
    """Run the command line and exit; Ctrl-C before everything is imported is as quiet as later on."""
    try:
        from batchlint.cli.main import main as command_line
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    command_line()

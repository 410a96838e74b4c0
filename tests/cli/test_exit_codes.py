"""Every exit code of ruff's table: 0 nothing to report, 1 findings, 2 a command line, configuration or
internal error, which `--exit-zero` never hides."""

import subprocess
import sys
from pathlib import Path

import pytest
from cli_support import BROKEN, CLEAN, FINDING, environment

BAD_CONFIG = "[tool.batchlint]\nslect = []\n"


def test_a_clean_project_is_0(project, batchlint) -> None:
    done = batchlint(cwd=project({"a.py": CLEAN}))
    assert (done.returncode, done.stdout, done.stderr) == (0, "All checks passed!\n", "")


def test_an_empty_project_is_0(project, batchlint) -> None:
    assert batchlint(cwd=project({})).returncode == 0


def test_findings_are_1(project, batchlint) -> None:
    done = batchlint(cwd=project({"a.py": FINDING}))
    assert done.returncode == 1
    assert "BL101" in done.stdout
    assert "Found 1 finding." in done.stdout


def test_exit_zero_hides_findings(project, batchlint) -> None:
    done = batchlint("--exit-zero", cwd=project({"a.py": FINDING}))
    assert done.returncode == 0
    assert "Found 1 finding." in done.stdout


def test_a_file_that_does_not_parse_is_a_finding(project, batchlint) -> None:
    root = project({"a.py": BROKEN})
    done = batchlint("a.py", cwd=root)
    assert done.returncode == 1
    assert "BL901" in done.stdout
    assert batchlint("-e", "a.py", cwd=root).returncode == 0


def test_a_missing_file_is_a_finding_as_with_ruff(project, batchlint) -> None:
    root = project({"a.py": CLEAN})
    done = batchlint("none.py", cwd=root)
    assert done.returncode == 1
    assert "BL901 no such file or directory" in done.stdout
    assert batchlint("-e", "none.py", cwd=root).returncode == 0


def test_a_mistyped_command_is_told_so(project, batchlint) -> None:
    done = batchlint("chekc", cwd=project({}))
    assert done.returncode == 1
    assert 'did you mean "check"?' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "XX1"], "error: --select: unknown rule selector 'XX1'"),
        (["--ignore", "BL999"], "error: --ignore: unknown rule selector 'BL999'"),
        (["--per-file-ignores", "a.py:BL77"], "unknown rule selector 'BL77'"),
        (["--per-file-ignores", "a.py"], "is no GLOB:RULES pair"),
        (["--config", "slect = []"], 'error: --config: slect: unknown key; did you mean "select"?'),
        (["--config", "none.toml"], "there is no file none.toml"),
        (["--baseline", "none.json"], "there is no such baseline; write it with --write-baseline"),
        (["--prune-baseline"], "there is no such baseline"),
        (["--root", "sub", "a.py"], "is outside of the project"),
        (["-", "a.py"], "allows no other paths"),
        (["--output-file", "a.py/x"], "cannot be written"),
        (["--no-such-option"], "No such option"),
        (["--output-format", "xml"], "Invalid value for '--output-format'"),
        (["--min-confidence", "sure"], "Invalid value for '--min-confidence'"),
        (["--isolated", "--config", "c.toml"], "leave out --config PATH"),
        (["explain", "a.py"], "is no PATH:LINE"),
        (["explain", "none.py:3"], "no such file"),
        (["rule", "BL999"], "unknown rule 'BL999'"),
        (["rule"], "say which rule"),
        (["config", "slect"], 'did you mean "select"?'),
    ],
)
def test_errors_are_2_and_one_line(project, batchlint, arguments: list[str], message: str) -> None:
    root = project({"a.py": FINDING, "c.toml": "", "sub/b.py": CLEAN})
    done = batchlint(*arguments, cwd=root)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert len([line for line in done.stderr.splitlines() if line.lower().startswith("error")]) == 1


@pytest.mark.parametrize("arguments", [["--select", "XX1"], ["--output-format", "xml"], []])
def test_exit_zero_does_not_hide_a_2(project, batchlint, arguments: list[str]) -> None:
    root = project({"a.py": FINDING, "pyproject.toml": BAD_CONFIG})
    assert batchlint("--exit-zero", *arguments, cwd=root).returncode == 2


def test_a_bad_configuration_names_file_line_and_nearest_key(project, batchlint) -> None:
    root = project({"a.py": FINDING, "pyproject.toml": BAD_CONFIG})
    done = batchlint(cwd=root)
    assert done.returncode == 2
    path = root / "pyproject.toml"
    assert done.stderr == f'error: {path}:2: slect: unknown key; did you mean "select"?\n'


def test_a_damaged_baseline_is_2(project, batchlint) -> None:
    root = project({"a.py": FINDING, "b.json": "{"})
    done = batchlint("--baseline", "b.json", "--exit-zero", cwd=root)
    assert done.returncode == 2
    assert done.stderr.startswith("error: b.json: damaged baseline")


def test_an_interrupt_is_130_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Ctrl-C while the source is read from standard input."""
    from batchlint.cli.main import run

    class Interrupted:
        @property
        def buffer(self):
            raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", Interrupted())
    assert run(["-"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_interrupt_during_start_up_is_130_without_a_traceback() -> None:
    code = """\
import sys


class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt


sys.meta_path.insert(0, Interrupting())
from batchlint.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")

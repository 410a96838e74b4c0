"""`batchlint --fix` and `--diff` end to end: what is written, what is not, and the exit codes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixing import read_cases

CASES = {case.claim: case for case in [*read_cases("shapes.md"), *read_cases("declined.md")]}
SAFE = CASES["A call in the loop's body"]
UNSAFE = CASES["A call of unknown effect before the request"]
SEVERAL_FILES = CASES["A loop over a function from another module, which others call too"]
DECLINED = CASES["A cache between records"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    SAFE.write(root, "openai")
    return root


def batchlint(root: Path, *options: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "batchlint", *options, "--isolated", "--root", ".", "."]
    return subprocess.run(command, cwd=root, capture_output=True, check=False)


def snapshot(root: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def test_fix_writes_and_a_second_run_changes_nothing(project: Path) -> None:
    done = batchlint(project, "--fix", "--show-fixes")
    assert done.returncode == 0, done.stderr
    assert b"1 x OpenAI chat.completions.create" in done.stderr
    first = snapshot(project)
    assert b"run_requests" in first["main.py"]
    assert "llm_batch/openai_batch.py" in first
    assert "llm_batch/anthropic_batch.py" not in first, "only the provider in use is copied"
    assert batchlint(project, "--fix").returncode == 0
    assert snapshot(project) == first


def test_diff_writes_nothing_and_applies(project: Path, tmp_path: Path) -> None:
    before = snapshot(project)
    done = batchlint(project, "--diff")
    assert done.returncode == 1
    assert snapshot(project) == before
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    subprocess.run(["git", "apply", "-p0"], cwd=copy, input=done.stdout, check=True)
    assert batchlint(project, "--fix").returncode == 0
    assert snapshot(copy) == snapshot(project)
    assert batchlint(project, "--diff").returncode == 0, "nothing is left to show"


def test_exit_non_zero_on_fix(project: Path) -> None:
    assert batchlint(project, "--fix", "--exit-non-zero-on-fix").returncode == 1
    assert batchlint(project, "--fix", "--exit-non-zero-on-fix").returncode == 0


def test_fix_only_reports_nothing_that_is_left(tmp_path: Path) -> None:
    DECLINED.write(tmp_path, "openai")
    before = snapshot(tmp_path)
    assert batchlint(tmp_path, "--fix").returncode == 1
    done = batchlint(tmp_path, "--fix-only")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"shared-state" in done.stderr, "why it was left is said"
    assert snapshot(tmp_path) == before


def test_unsafe_fixes_are_asked_for_and_refuse_a_dirty_tree(tmp_path: Path) -> None:
    UNSAFE.write(tmp_path, "openai")
    before = snapshot(tmp_path)
    assert batchlint(tmp_path, "--fix").returncode == 1
    assert snapshot(tmp_path) == before
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    (tmp_path / "docs.txt").write_text("changed\n", "utf-8")
    before = snapshot(tmp_path)
    done = batchlint(tmp_path, "--fix", "--unsafe-fixes")
    assert done.returncode == 2
    assert b"--allow-dirty" in done.stderr
    assert snapshot(tmp_path) == before
    assert batchlint(tmp_path, "--fix", "--unsafe-fixes", "--allow-dirty").returncode == 0
    assert b"run_requests" in snapshot(tmp_path)["main.py"]


def test_a_helper_that_was_edited_stays(project: Path) -> None:
    assert batchlint(project, "--fix").returncode == 0
    runner = project / "llm_batch" / "runner.py"
    runner.write_text(runner.read_text("utf-8") + "\nEDITED = True\n", "utf-8")
    SAFE.write(project, "anthropic")
    assert batchlint(project, "--fix").returncode == 0
    after = snapshot(project)
    assert after["llm_batch/runner.py"].endswith(b"EDITED = True\n")
    assert b"message_request" in after["llm_batch/__init__.py"]
    assert b"chat_request" in after["llm_batch/__init__.py"]


def test_an_edited_list_of_exports_declines(project: Path) -> None:
    assert batchlint(project, "--fix").returncode == 0
    exports = project / "llm_batch" / "__init__.py"
    exports.write_text(exports.read_text("utf-8") + "\nEDITED = True\n", "utf-8")
    SAFE.write(project, "anthropic")
    before = snapshot(project)
    done = batchlint(project, "--fix")
    assert done.returncode == 1
    assert b"helper-edited" in done.stderr
    assert snapshot(project) == before


@pytest.mark.parametrize("lines", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_bytes_outside_of_the_rewrite_stay(project: Path, lines: str, mark: str) -> None:
    main = project / "main.py"
    text = main.read_text("utf-8").replace("\n", lines)
    main.write_bytes((mark + f"# ünï{lines}" + text).encode())
    os.chmod(main, 0o755)
    assert batchlint(project, "--fix").returncode == 0
    data = main.read_bytes().decode()
    assert data.startswith(f"{mark}# ünï{lines}from openai import OpenAI{lines}")
    assert data.count("\n") == data.count(lines)
    assert data.endswith(f"print(answers, total){lines}")
    assert main.stat().st_mode & 0o777 == 0o755


def test_all_files_or_none(tmp_path: Path) -> None:
    SEVERAL_FILES.write(tmp_path, "openai")
    (tmp_path / "llm.py").write_bytes((tmp_path / "llm.py").read_bytes() + b"# \xff\n")
    before = snapshot(tmp_path)
    batchlint(tmp_path, "--fix", "--unsafe-fixes")
    assert snapshot(tmp_path) == before


def test_the_helpers_go_where_the_user_wants_them(project: Path) -> None:
    done = batchlint(project, "--fix", "--config", 'fix.helper = "lib/vendor"')
    assert done.returncode == 0, done.stderr
    written = snapshot(project)
    assert "lib/vendor/llm_batch/runner.py" in written
    assert b"from lib.vendor.llm_batch import" in written["main.py"]

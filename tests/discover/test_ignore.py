"""Ignore files, compared with git itself."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import plant, write

from batchlint.discover import DiscoverOptions, discover
from batchlint.discover.ignore import IgnoreRules

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")


def walked(root: Path, *, respect_gitignore: bool = True) -> list[str]:
    options = DiscoverOptions(exclude=(".git",), respect_gitignore=respect_gitignore)
    return list(discover(root, options).files)


def git(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def not_ignored(root: Path) -> list[str]:
    """What git would add."""
    listed = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    return sorted(path for path in listed if path.endswith(".py"))


TREE = (
    "a.py",
    "b.py",
    "x/a.py",
    "x/y/a.py",
    "x/y/b.py",
    "x/y/z/a.py",
    "y/x/b.py",
    "y/a.py",
    "ab/b.py",
    "z/a.py",
)
PARTS = st.sampled_from(
    ["a.py", "b.py", "x", "y", "z", "ab", "*", "**", "?", "a*", "*.py", "[xz]", "[!x]", "*b*"]
)
PATTERNS = st.builds(
    lambda negate, lead, parts, end: negate + lead + "/".join(parts) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/**", " ", "\r"]),
)
LINES = st.lists(PATTERNS | st.sampled_from(["", "# a.py", "\\#x", "\\!x", "a\\*", "!"]), max_size=5)


@needs_git
@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from(["", "x/", "x/y/", "y/"]), LINES, min_size=1, max_size=3))
def test_ignores_what_git_ignores(ignores: dict[str, list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = plant(Path(folder), *TREE)
        write(root, {f"{where}.gitignore": "\n".join(lines) for where, lines in ignores.items()})
        git(root, "init", "-q")
        assert walked(root) == not_ignored(root)


@needs_git
def test_info_exclude_and_the_files_above_the_root(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    root = plant(tmp_path / "sub" / "app", "a.py", "b.py", "c.py", "d.py", "e/f.py", "e/g.py")
    write(
        tmp_path,
        {
            ".git/info/exclude": "a.py\nb.py\nc.py\n",
            ".gitignore": "d.py\n/sub/app/e/f.py\n/e\n",
            "sub/.gitignore": "!b.py\n",
            "sub/app/.gitignore": "!c.py\n",
        },
    )
    assert walked(root) == not_ignored(root) == ["b.py", "c.py", "e/g.py"]
    assert walked(root, respect_gitignore=False) == ["a.py", "b.py", "c.py", "d.py", "e/f.py", "e/g.py"]


@needs_git
def test_the_exclude_file_of_a_worktree(tmp_path: Path) -> None:
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"))
    write(main, {".git/info/exclude": "a.py\n"})
    plant(tmp_path / "tree", "a.py", "b.py")
    assert walked(tmp_path / "tree") == not_ignored(tmp_path / "tree") == ["b.py"]


@needs_git
def test_a_repository_inside_the_repository_starts_afresh(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, {".gitignore": "a.py\n", ".ignore": "c.py\n"})
    plant(tmp_path, "a.py", "inner/a.py", "inner/b.py", "inner/c.py")
    git(tmp_path / "inner", "init", "-q")
    write(tmp_path, {"inner/.git/info/exclude": "b.py\n"})
    assert walked(tmp_path) == ["inner/a.py"]


def test_dot_ignore_wins_over_gitignore(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "x/b.py", "x/c.py")
    write(tmp_path, {".gitignore": "a.py\n", ".ignore": "!a.py\nb.py\n", "x/.gitignore": "!b.py\nc.py\n"})
    assert walked(tmp_path) == ["a.py"]


def test_a_gitignore_counts_without_a_repository(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "data/x.py")
    write(tmp_path, {".gitignore": "\ufeffdata/\n"})
    assert walked(tmp_path) == ["a.py"]


def test_ignore_files_that_are_none(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "x/.gitignore/", "x/b.py")
    (tmp_path / ".gitignore").write_bytes(b"\xff\0[\n*.p[\n[z-a].py\n/x[\n**\\\n")
    assert walked(tmp_path) == ["a.py", "x/b.py"]


@pytest.mark.parametrize("pattern", ["*a" * 30 + "*b", "x/" + "*a" * 30 + "*b", "**/*/" * 30 + "b"])
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    rules = IgnoreRules([pattern])
    name = "a" * 250
    assert rules.decide(f"x/{name}", name, is_folder=False) is None


@settings(max_examples=200)
@given(st.lists(st.text(max_size=12), max_size=4), st.text(min_size=1, max_size=6), st.booleans())
def test_arbitrary_patterns_never_raise(lines: list[str], name: str, is_folder: bool) -> None:
    rules = IgnoreRules(lines, "base")
    assert rules.decide(f"base/{name}", name, is_folder) in (True, False, None)

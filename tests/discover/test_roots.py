"""The root of the program."""

from pathlib import Path

import pytest
from planted import plant, write

from batchlint.config import ConfigError
from batchlint.discover import find_root


def test_the_nearest_configuration_wins(tmp_path: Path) -> None:
    plant(tmp_path, ".git/", "services/a/src/x.py", "services/b/")
    write(
        tmp_path,
        {
            "pyproject.toml": "[tool.batchlint]\n",
            "services/a/pyproject.toml": "[project]\n",
            "services/b/.batchlint.toml": "",
            "services/b/y.py": "",
        },
    )
    assert find_root([tmp_path / "services" / "a" / "src" / "x.py"], None) == tmp_path
    assert find_root([tmp_path / "services" / "b" / "y.py"], None) == tmp_path / "services" / "b"
    assert find_root([tmp_path / "services" / "b", tmp_path / "services" / "a"], None) == tmp_path


@pytest.mark.parametrize("git", [".git/", ".git"])
def test_then_the_repository(tmp_path: Path, git: str) -> None:
    plant(tmp_path, git, "a/b/c.py")
    assert find_root([tmp_path / "a" / "b" / "c.py"], None) == tmp_path


def test_then_the_common_parent(tmp_path: Path) -> None:
    plant(tmp_path, "a/b/c.py", "a/d.py")
    assert find_root([tmp_path / "a" / "b" / "c.py", tmp_path / "a" / "d.py"], None) == tmp_path / "a"
    assert find_root([tmp_path / "a" / "none.py"], None) == tmp_path / "a"


def test_an_override_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, ".git/", "a/b.py")
    monkeypatch.chdir(tmp_path)
    assert find_root([Path("a/b.py")], Path("a")) == tmp_path / "a"
    assert find_root([], None) == tmp_path


def test_a_broken_configuration_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.batchlint\n"})
    with pytest.raises(ConfigError):
        find_root([tmp_path], None)

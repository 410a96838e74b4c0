"""Where the cache is kept."""

import sys
from pathlib import Path

import pytest

from batchlint.config import Config, cache_folder

linux = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for other systems")


def test_the_configured_folder(tmp_path: Path) -> None:
    assert cache_folder(Config(cache_dir=tmp_path)) == tmp_path


@linux
def test_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder(Config()) == tmp_path / "batchlint"


@linux
@pytest.mark.parametrize("value", ["", "relative/cache"])
def test_what_the_specification_has_ignored(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert cache_folder(Config()) == Path.home() / ".cache" / "batchlint"

"""Entries on disk: whole or not there, the user's own, and not too many."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from batchlint.cache import TAG, Store, open_store, store

posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")
superuser = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives files away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def opened(folder: Path) -> Store:
    found = open_store(folder)
    assert found is not None
    return found


def entry(folder: Path) -> Path:
    (found,) = folder.glob("*.entry")
    return found


def test_what_is_put_is_got(folder: Path) -> None:
    opened(folder).put("kind", "key", "part", value={"a": (1, b"2")})
    assert opened(folder).get("kind", "key", "part") == {"a": (1, b"2")}
    assert opened(folder).get("kind", "key") is None
    assert opened(folder).get("other", "key", "part") is None


def test_the_last_value_counts(folder: Path) -> None:
    for value in (1, 2):
        opened(folder).put("kind", "key", value=value)
    assert opened(folder).get("kind", "key") == 2
    assert len(list(folder.glob("*.entry"))) == 1


def test_the_folder_says_what_it_is(folder: Path) -> None:
    opened(folder)
    assert (folder / TAG).read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (folder / ".gitignore").read_text() == "*\n"


@posix
def test_nobody_else_can_write_what_is_read(folder: Path) -> None:
    opened(folder).put("kind", "key", value=1)
    assert not stat.S_IMODE(folder.stat().st_mode) & 0o077
    assert not stat.S_IMODE(entry(folder).stat().st_mode) & 0o077


@pytest.mark.parametrize("damage", ["cut", "longer", "flipped", "empty", "other"])
def test_a_damaged_entry_is_a_miss(folder: Path, damage: str) -> None:
    cache = opened(folder)
    cache.put("kind", "key", value=["value"] * 50)
    path = entry(folder)
    data = path.read_bytes()
    flipped = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
    path.write_bytes(
        {"cut": data[:-1], "longer": data + b"x", "flipped": flipped, "empty": b"", "other": b"{}"}[damage]
    )
    assert cache.get("kind", "key") is None
    cache.put("kind", "key", value=2)
    assert cache.get("kind", "key") == 2


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_an_entry_that_others_may_write_is_a_miss(folder: Path, mode: int) -> None:
    cache = opened(folder)
    cache.put("kind", "key", value=1)
    entry(folder).chmod(mode)
    assert cache.get("kind", "key") is None


@posix
@pytest.mark.parametrize("mode", [0o770, 0o777, 0o1777])
def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    assert open_store(tmp_path) is None
    assert not list(tmp_path.iterdir())


@superuser
def test_what_belongs_to_somebody_else_is_a_miss(folder: Path) -> None:
    cache = opened(folder)
    cache.put("kind", "key", value=1)
    os.chown(entry(folder), 12345, -1)
    assert cache.get("kind", "key") is None
    os.chown(folder, 12345, -1)
    assert open_store(folder) is None


@posix
def test_links_and_pipes_are_misses(folder: Path, tmp_path: Path) -> None:
    cache = opened(folder)
    cache.put("kind", "key", value=1)
    path = entry(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.get("kind", "key") is None
    path.unlink()
    os.mkfifo(path)
    assert cache.get("kind", "key") is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert open_store(tmp_path / "file") is None
    assert open_store(tmp_path / "file" / "below") is None


def test_what_was_not_used_for_longest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "TOTAL_BYTES_MAX", 3_000)
    cache = opened(folder)
    for number in range(4):
        if number == 3:
            assert cache.get("kind", "0") == bytes(900)
        cache.put("kind", str(number), value=bytes(900))
        for age, path in enumerate(sorted(folder.glob("*.entry"), key=os.path.getmtime, reverse=True)):
            used = 1_000_000_000 - age
            os.utime(path, (used, used))
    kept = [number for number in range(4) if cache.get("kind", str(number)) is not None]
    assert kept == [0, 2, 3]


def test_what_a_killed_run_left_is_removed(folder: Path) -> None:
    cache = opened(folder)
    left = folder / "abandoned.tmp"
    left.write_bytes(b"x")
    cache.put("kind", "key", value=1)
    assert left.exists()  # it may be another run's that is still writing
    os.utime(left, (1, 1))
    cache.put("kind", "key", value=2)
    assert not left.exists()


def test_readers_and_writers_at_once_see_whole_values(folder: Path) -> None:
    opened(folder)

    def work(number: int) -> bool:
        cache = opened(folder)
        for _ in range(25):
            cache.put("kind", "key", value=[number] * 2_000)
            found = cache.get("kind", "key")
            if not isinstance(found, list) or len(found) != 2_000 or len(set(found)) != 1:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert not list(folder.glob("*.tmp"))


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from batchlint.cache import open_store
cache = open_store(Path(sys.argv[1]))
cache.put("kind", "key", value=b"small")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
cache.put("kind", "key", value=bytes(1_000_000))
assert cache.get("kind", "key") == b"small"
"""


@posix
def test_a_full_disk_keeps_what_was_there(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL_DISK, str(folder)], check=True, timeout=60)
    assert not list(folder.glob("*.tmp"))

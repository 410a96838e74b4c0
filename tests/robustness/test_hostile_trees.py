"""Trees that fight back: links, odd names, files that change, disks that are full, runs that are stopped."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from running import CLIENT, FORMATS, JOB, environment, run, write

posix = pytest.mark.skipif(os.name != "posix", reason="names and signals are POSIX's")

SCRIPT = f"{CLIENT}\n\nfor row in open('rows.txt'):\n    ask(row)\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "project", {"client.py": CLIENT, "job.py": JOB})


@posix
def test_what_lies_outside_of_the_root_is_not_read(root: Path, tmp_path: Path) -> None:
    outside = write(
        tmp_path / "outside", {"secret.py": SCRIPT, "pack/inner.py": SCRIPT, "rows.txt": "a\n" * 7}
    )
    (root / "link.py").symlink_to(outside / "secret.py")
    (root / "folder").symlink_to(outside / "pack")
    (root / "rows.txt").symlink_to(outside / "rows.txt")
    (root / "loop").symlink_to(root)
    (root / "crontab").symlink_to(outside / "secret.py")
    done = run(root, "sites", "--output-format", "json")
    assert {site["path"] for site in json.loads(done.stdout)["sites"]} == {"client.py"}
    assert "7 rows" not in done.stdout
    done = run(root, "check", "link.py")
    assert "outside" in done.stdout + done.stderr


EVIL = (
    "x\n::error::owned.py",
    "x\r\n##vso[task.complete].py",
    "\x1b]0;owned\x07\x1b[31m.py",
    "%0A::stop-commands::x.py",
    "a,line=1::b.py",
    "##vso[task.complete]x.py",
    "##[add-matcher]x.py",
    "\u202eyp.exe.py",
    os.fsdecode(b"\xff\xfe.py"),
    "<img src=x onerror=alert(1)>.py",
    "[x](javascript:alert(1)).py",
    "'; rm -rf ~ #.py",
    "-rf.py",
)


@posix
@pytest.mark.parametrize("form", FORMATS)
def test_no_name_gives_a_command(root: Path, form: str) -> None:
    folder = "d\n::warning::folder"
    write(root, dict.fromkeys(EVIL, SCRIPT) | {f"{folder}/{EVIL[0]}": SCRIPT, f"{folder}/b\n.py": "x = (\n"})
    done = run(root, "check", "--output-format", form, GITHUB_ACTIONS="true")
    assert done.returncode == 1, done.stderr
    shown = done.stdout + done.stderr
    assert not set(shown) & {chr(code) for code in range(32) if chr(code) not in "\n"}
    assert "\u202e" not in shown
    for line in shown.splitlines():
        assert not line.lstrip().startswith(("##vso", "##[")) or form == "azure"
        assert not line.lstrip().startswith("::") or form == "github"
        if form == "github":
            assert line.startswith(
                ("::error title=batchlint", "::warning title=batchlint", "::notice title=batchlint")
            )
        if form == "azure":
            assert line.startswith("##vso[task.logissue type=")
        # Runners look for these anywhere in a line; JSON is for files.
        line = line.removeprefix("##vso[task.logissue type=") if form == "azure" else line
        assert form in ("json", "json-lines", "rdjson", "sarif", "gitlab") or not {"##[", "##vso["} & {
            part for part in ("##[", "##vso[") if part in line
        }


@posix
def test_patches_and_explanations_survive_odd_names(root: Path) -> None:
    write(root, dict.fromkeys(EVIL, SCRIPT))
    for arguments in (["--diff", "--unsafe-fixes"], ["sites"], ["explain", f"./{EVIL[1]}:7"], ["graph", "."]):
        done = run(root, *arguments)
        assert done.returncode in (0, 1), done.stderr
        assert "\x1b" not in done.stdout + done.stderr or arguments[0] == "--diff"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
STARTERS = {
    ".github/workflows/bomb.yml": BOMB,
    "compose.yaml": BOMB,
    "k8s.yaml": "---\n" * 50_000,
    "deep.yml": "[" * 20_000,
    "deeper.yml": "a:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 900)),
    "pyproject.toml": "[project.scripts]\n" + "".join(f"a{n} = 'job:main'\n" for n in range(3_000)),
    "fly.toml": "x = " + "[" * 5_000 + "]" * 5_000,
    "netlify.toml": "a" + ".a" * 5_000 + " = 1\n",
    "package.json": "[" * 100_000,
    "main.tf": "a {\n" * 5_000,
    "Makefile": "all: all\n\t$(MAKE) all\n" * 2_000 + "$(" * 5_000,
    "run.sh": "$(" * 5_000 + "\n" + "if x; then\n" * 3_000,
    "crontab": "* * * * * ./run.sh\n" * 5_000,
    "Dockerfile": "RUN \\\n" * 20_000,
    "rows.json": "[" * 100_000,
    ".gitignore": "y" + "*" * 5_000 + "z\n" + "[a" * 3_000 + "\n" + "**/" * 2_000 + "x\n",
}


@pytest.mark.parametrize("name", sorted(STARTERS))
def test_bombs_beside_the_program(root: Path, name: str) -> None:
    write(root, {name: STARTERS[name]})
    done = run(root, "sites", "--output-format", "json", "--isolated", "--root", ".")
    assert done.returncode == 0, done.stderr
    assert {site["path"] for site in json.loads(done.stdout)["sites"]} == {"client.py"}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.batchlint]\nexclude = " + "[" * 3_000 + "]" * 3_000,
        "[tool.batchlint]\nselect = [" + "'BL1', " * 50_000 + "]",
        "[tool.batchlint.contexts]\n"
        + "".join(f"'{'*' * 30}{'n*' * 30}{n}' = 'offline'\n" for n in range(500)),
        "[tool.batchlint]\n" + "\n".join(f"k{n} = {n}" for n in range(10_000)),
    ],
    ids=["deep", "many", "globs", "unknown"],
)
def test_bombs_in_the_configuration(root: Path, text: str) -> None:
    write(root, {"pyproject.toml": text})
    done = run(root, "check")
    assert done.returncode in (0, 1, 2)
    assert "internal error" not in done.stderr
    assert len(done.stderr) < 2_000


def test_files_that_change_and_vanish_meanwhile(root: Path, tmp_path: Path) -> None:
    for number in range(40):
        write(root, {f"job_{number}.py": JOB})
    stop = threading.Event()

    def meddle() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = root / f"job_{number % 40}.py"
            path.write_text(JOB[: number % len(JOB)])
            (root / f"job_{(number + 20) % 40}.py").unlink(missing_ok=True)
            (root / f"new_{number % 7}.py").write_text(CLIENT)

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        for _ in range(3):
            done = run(root, "check", "--output-format", "json", BATCHLINT_CACHE_DIR=str(tmp_path / "cache"))
            assert done.returncode in (0, 1), done.stderr
            json.loads(done.stdout)
    finally:
        stop.set()
        thread.join()
    # What was kept of a moving tree is not taken for the tree at rest.
    kept = run(root, "sites", "--output-format", "json", BATCHLINT_CACHE_DIR=str(tmp_path / "cache"))
    alone = run(root, "sites", "--output-format", "json")
    assert json.loads(kept.stdout)["sites"] == json.loads(alone.stdout)["sites"]


def limited() -> None:
    """No file may grow beyond a few bytes, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@posix
def test_a_full_disk_is_one_line_or_nothing(root: Path, tmp_path: Path) -> None:
    def checked(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "batchlint", "check", *arguments],
            cwd=root,
            env=environment(BATCHLINT_CACHE_DIR=str(tmp_path / "cache")),
            preexec_fn=limited,
            capture_output=True,
            timeout=60,
            check=False,
        )

    assert checked().returncode == 1
    before = {path: path.read_bytes() for path in root.rglob("*.py")}
    for arguments in (["-o", "out.txt"], ["--write-baseline"], ["--fix", "--unsafe-fixes"]):
        done = checked(*arguments)
        assert done.returncode == 2
        assert len(done.stderr.decode().strip().splitlines()) == 1
        assert b"cannot be written" in done.stderr
    assert {path: path.read_bytes() for path in root.rglob("*.py")} == before
    assert not [path for path in root.iterdir() if path.name.startswith("tmp") or path.suffix == ".tmp"]


@posix
def test_a_tree_that_may_only_be_read(root: Path, tmp_path: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(root.rglob("*"))
    assert run(root, "check", BATCHLINT_CACHE_DIR=str(tmp_path / "cache")).returncode == 1
    assert sorted(root.rglob("*")) == before


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_reported(root: Path) -> None:
    (root / "job.py").chmod(0)
    done = run(root, "check")
    assert "permission denied" in done.stdout


@posix
@pytest.mark.parametrize("milliseconds", range(20, 900, 80))
def test_an_interrupt_at_any_point(root: Path, tmp_path: Path, milliseconds: int) -> None:
    for number in range(30):
        write(root, {f"job_{number}.py": JOB})
    process = subprocess.Popen(
        [sys.executable, "-m", "batchlint", "check", "--jobs", "2", "--output-format", "json"],
        cwd=root,
        env=environment(BATCHLINT_CACHE_DIR=str(tmp_path / "cache")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with suppress(subprocess.TimeoutExpired):
        process.wait(milliseconds / 1000)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode not in (-signal.SIGINT, 1):  # before Python could listen; after the end
        assert process.returncode == 130, err
        assert b"Traceback" not in err
    assert not list((tmp_path / "cache").glob("*.tmp"))
    done = run(root, "check", "--output-format", "json", BATCHLINT_CACHE_DIR=str(tmp_path / "cache"))
    assert len({finding["filename"] for finding in json.loads(done.stdout)}) == 1

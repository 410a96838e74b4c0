"""Starter files of strangers: nothing crashes, hangs, unfolds, leaves the root, or repeats a secret."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starts_cases import read_cases

from batchlint.finding import Failure
from batchlint.starts import Start, StartKind, is_starter, parse_command, read_starts
from batchlint.starts.files import FAMILIES, family_of
from batchlint.starts.shell import parse_shell

CASES = Path(__file__).parents[2] / "testdata" / "starts"
# One path per family of files, in the order of the table.
PATHS = (
    ".github/workflows/a.yml", ".circleci/config.yml", "etc/cron.d/a", "etc/crontabs/a", "supervisor/a.conf",
    "supervisor/conf.d/a.conf", "action.yml", "compose.yaml", "Dockerfile", "Procfile", "Makefile",
    "justfile", "Taskfile.yml", "a.sh", "crontab", "a.timer", "a.service", "pyproject.toml", "setup.cfg",
    "setup.py", "package.json", ".gitlab-ci.yml", "azure-pipelines.yml", "cloudbuild.yaml", "dvc.yaml",
    "prefect.yaml",
    "vercel.json", "netlify.toml", "render.yaml", "railway.json", "fly.toml", "serverless.yml",
    "zappa_settings.json", "f/function.json", "main.tf", "supervisord.conf", "any.yaml",
)  # fmt: skip
SOURCES = [
    text
    for file in sorted(CASES.glob("*.md"))
    for case in read_cases(file)
    for text in case.files.values()
    if text
]


def read(files: dict[str, bytes], failures: list[Failure] | None = None) -> tuple[Start, ...]:
    sink = None if failures is None else failures.append
    return read_starts(Path("/nonexistent"), files, files.get, sink)


def test_every_family_has_a_path_here() -> None:
    assert [family_of(path) for path in PATHS] == list(FAMILIES)


@pytest.mark.parametrize(
    "path", ["README.md", "src/app.py", "data.json", "conf.toml", "Makefile.py", "notes.txt"]
)
def test_other_files_are_no_starters(path: str) -> None:
    assert not is_starter(path)


def test_every_kind_of_start_has_a_case(tmp_path: Path) -> None:
    kinds = set()
    for file in CASES.glob("*.md"):
        for number, case in enumerate(read_cases(file)):
            root = tmp_path / f"{file.stem}{number}"
            for name, text in case.files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, "utf-8")
            kinds |= {start.kind for start in read_starts(root, case.files)}
    assert kinds == set(StartKind)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_crash_a_reader(data: bytes) -> None:
    read(dict.fromkeys(PATHS, data), [])


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_damaged_files_never_crash_a_reader(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SOURCES))
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 20))
    junk = data.draw(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(["{{", "}}", "$(", "${", "\n", "`", '"', "'", "<<", "&a", "*a", "- "]),
        )
    )
    damaged = (text[:at] + junk + text[at + length :]).encode("utf-8", "replace")
    read(dict.fromkeys(PATHS, damaged), [])


@settings(max_examples=300, deadline=None)
@given(st.text("abc .;&|<>(){}[]'\"\\$`#!=\n\tdoneiffor", max_size=80))
def test_any_shell_text_is_parsed(text: str) -> None:
    parse_shell(text)
    parse_command(text, "", lambda path: True)


def test_a_broken_file_is_reported_as_itself_not_as_its_caller() -> None:
    files = {
        ".github/workflows/a.yml": b"on: push\njobs:\n"
        b"  a: {uses: ./.github/workflows/b.yml}\n"
        b"  b: {steps: [{run: python x.py}]}\n",
        ".github/workflows/b.yml": b"on: [",
    }
    failures: list[Failure] = []
    assert [start.label for start in read(files, failures)] == ["GitHub Actions job 'b' runs x.py"]
    assert [failure.location.path for failure in failures] == [".github/workflows/b.yml"]


def test_importing_the_package_loads_no_parser() -> None:
    heavy = ("yaml", "cronsim", "batchlint.starts.follow")
    code = f"import sys, batchlint.starts; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_large_files_are_skipped() -> None:
    failures: list[Failure] = []
    assert read({"run.sh": b"python x.py\n" + b"#" * 2_000_000}, failures) == ()
    assert [failure.location.path for failure in failures] == ["run.sh"]


def test_failures_name_file_line_and_consequence() -> None:
    failures: list[Failure] = []
    read({"pyproject.toml": b"a = 1\nb = = 2\n"}, failures)
    (failure,) = failures
    assert (failure.location.path, failure.location.line) == ("pyproject.toml", 2)
    assert failure.message == "is not valid TOML; what it starts is not known"


def test_labels_name_programs_and_never_repeat_arguments() -> None:
    files = {
        ".github/workflows/a.yml": b"on: {schedule: [{cron: '0 6 * * *'}]}\n"
        b"jobs: {a: {steps: [{run: KEY=s3cret python x.py --key s3cret}]}}",
        "Procfile": b"web: OPENAI_API_KEY=s3cret uvicorn app:app --ssl s3cret\n",
        "crontab": b"0 5 * * * TOKEN=s3cret python -m jobs.x s3cret9\n@daily curl http://web/run?key=s3cret\n",
        "Makefile": b"x:\n\tpytest -k s3cret tests\n",
    }
    starts = read(files)
    assert sorted(start.label for start in starts) == [
        "GitHub Actions schedule '0 6 * * *' runs x.py",
        "Makefile target 'x' runs pytest",
        "Procfile process 'web' runs app:app",
        "cron '0 5 * * *' runs module jobs.x",
        "cron '@daily' runs route /run",
    ]
    assert "s3cret" not in repr(starts)


def test_places_are_inside_their_file() -> None:
    text = "on: push\njobs:\n  a:\n    steps:\n      - run: |\n          echo é\n            python x.py  \n"
    (start,) = read({".github/workflows/a.yml": text.encode()})
    place = start.location
    assert (place.line, text.split("\n")[place.line - 1][place.column - 1 : place.end_column - 1]) == (
        7,
        "python x.py",
    )


def test_nothing_outside_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "outside.sh").write_text("python secret.py\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "run.sh").write_text(f"bash ../outside.sh\nbash {tmp_path}/outside.sh\nsource ../outside.sh\n")
    assert read_starts(root, ["run.sh", "../outside.sh"]) == ()

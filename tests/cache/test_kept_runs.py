"""A run with what earlier runs left says what a run without says."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchlint.cache import Store, open_store
from batchlint.catalog.model import Wait
from batchlint.config import Config, ContextRule, Wrapper
from batchlint.engine import Report, analyse

CLIENT = """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])
"""
CLIENT_2 = CLIENT.replace("gpt-4o", "gpt-4p")  # the same size
JOB = """\
from client import ask


def main():
    for row in open("rows.txt"):
        print(ask(row))


if __name__ == "__main__":
    main()
"""
ROUTE = """\
import fastapi
from client import ask

app = fastapi.FastAPI()


@app.get("/")
def route(text):
    return ask(text)
"""
CRON = "0 3 * * * python job.py\n"
WORKFLOW = "on:\n  schedule:\n    - cron: '0 5 * * *'\njobs:\n  a:\n    steps:\n      - run: python job.py\n"

CONTENTS = {
    "client.py": [CLIENT, CLIENT_2, CLIENT + "\nask('x')\n", "def ask(text): return text\n", "def ask(:\n"],
    "job.py": [JOB, JOB + "  # batchlint: ignore[BL101]\n", JOB.replace("from client", "from pack.client")],
    "web.py": [ROUTE, "import os\n", ROUTE + "# batchlint: file-ignore[BL101] no\n"],
    "other.py": ["x = 1\n", "x = 2\n", "import job\njob.main()\n", "import openai\n", b"\xff\xfe"],
    "pack/client.py": [CLIENT, "from client import ask\n"],
    "pack/__init__.py": [""],
    "rows.txt": ["a\n" * 3, "b\n" * 3, "a\n" * 4],
    "crontab": [CRON, CRON.replace("3", "4"), "# nothing\n"],
    ".github/workflows/nightly.yml": [WORKFLOW, "on: [push]\n", "{"],
    ".gitignore": ["web.py\n", "job.py\n", "\n"],
}
# Each example is several whole runs; more of them where somebody has the time.
EXAMPLES = int(os.environ.get("BATCHLINT_TEST_EXAMPLES", "6"))
CHANGES = st.one_of(
    *(st.tuples(st.just(path), st.sampled_from([*texts, None])) for path, texts in CONTENTS.items()),
    st.tuples(st.just("touch"), st.sampled_from(sorted(CONTENTS))),
)


def plain(report: Report) -> Report:
    """A report without the times it took."""
    counts = {name: n for name, n in report.statistics.items() if not name.startswith("seconds_")}
    return replace(report, statistics=counts)


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is never asked for anything but the catalog, so that runs without one are quick."""
    return tmp_path_factory.mktemp("catalogs")


class CatalogOnly(Store):
    """A store that knows the catalog and nothing of projects."""

    def get(self, kind: str, *key: str) -> object:
        return super().get(kind, *key) if kind == "catalog" else None

    def put(self, kind: str, *key: str, value: object) -> None:
        if kind == "catalog":
            super().put(kind, *key, value=value)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = open_store(tmp_path / "cache")
    assert found is not None
    return found


def write(root: Path, path: str, text: str | bytes | None) -> None:
    target = root / path
    if text is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    before = target.stat() if target.exists() else None
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    if before is not None:  # as tools do that keep the times of what they copy
        os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.lists(CHANGES, min_size=3, max_size=8),
    rounds=st.lists(st.lists(CHANGES, min_size=1, max_size=2), max_size=4),
)
def test_whatever_changes_between_runs(
    catalogs: Path, start: list[tuple[str, str]], rounds: list[list[tuple[str, str]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "project", open_store(Path(folder) / "cache")
        (root / ".git").mkdir(parents=True)
        (root / "client.py").write_text(CLIENT)
        (root / "job.py").write_text(JOB)
        for changes in [start, *rounds]:
            for path, text in changes:
                if path == "touch":
                    if (root / text).exists():
                        os.utime(root / text)
                else:
                    write(root, path, text)
            kept = analyse([], Config(), root, store=cache)
            assert plain(kept) == plain(analyse([], Config(), root, store=CatalogOnly(catalogs)))


@pytest.fixture
def project(root: Path) -> Path:
    for path, texts in CONTENTS.items():
        if path not in (".gitignore", "pack/client.py", "pack/__init__.py"):
            write(root, path, texts[0])
    return root


CONFIGS = [
    Config(),
    Config(contexts=(ContextRule("job.main", Wait.LIVE),)),
    Config(wrappers=(Wrapper("other.send"),)),
    Config(extend_exclude=("web.py",)),
    Config(volumes={"client.ask": {"requests-per-month": 5000}}),
    Config(assumptions={"response": 7}),
]


def test_settings_tell_runs_apart(project: Path, store: Store) -> None:
    first = [plain(analyse([], config, project, store=store)) for config in CONFIGS]
    again = [plain(analyse([], config, project, store=store)) for config in CONFIGS]
    alone = [plain(analyse([], config, project)) for config in CONFIGS]
    assert first == again == alone
    assert first[0].sites != first[1].sites


def test_a_price_file_is_part_of_what_a_report_rests_on(project: Path, store: Store) -> None:
    prices = project / "prices.toml"
    for rate in (1.0, 2.0):
        text = f'["openai:gpt-4o"]\ninput = {rate}\noutput = 4.0\nbatch-input = 0.5\nbatch-output = 2.0\n'
        write(project, "prices.toml", text)
        config = Config(prices=prices)
        kept = [plain(analyse([], config, project, store=store)) for _ in range(2)]
        assert kept[0] == kept[1] == plain(analyse([], config, project))


def test_a_kept_report_has_no_analysis(project: Path, store: Store) -> None:
    assert analyse([], Config(), project, store=store).analysis is not None
    assert analyse([], Config(), project, store=store).analysis is None
    assert analyse([], Config(), project, store=store, afresh=True).analysis is not None


def test_a_file_that_reaches_no_model_changes_no_report(project: Path, store: Store) -> None:
    first = analyse([], Config(), project, store=store)
    write(project, "other.py", "x = 'another text of another size'\n")
    second = analyse([], Config(), project, store=store)
    assert second.analysis is None
    assert second.sites == first.sites
    assert second.key != first.key  # what can be fixed depends on all files


def test_a_fresh_checkout_of_the_same_text_changes_nothing(project: Path, store: Store) -> None:
    first = analyse([], Config(), project, store=store)
    shutil.copytree(project, project.with_name("copy"))
    shutil.rmtree(project)
    project.with_name("copy").rename(project)
    second = analyse([], Config(), project, store=store)
    assert second.analysis is None
    assert second.sites == first.sites


def test_a_named_file_is_parsed_whatever_is_known(project: Path, store: Store) -> None:
    write(project, "other.py", "x = (\n")
    for _ in range(2):
        (failure,) = analyse([project / "other.py"], Config(), project, store=store).failures
        assert failure.location.path == "other.py"
    assert analyse([], Config(), project, store=store).failures == ()


def test_what_stands_in_for_files_is_not_kept(project: Path, store: Store) -> None:
    analyse([], Config(), project, store=store, overlay={"client.py": b"def ask(text): return text\n"})
    assert len(analyse([], Config(), project, store=store).sites) == 1


def test_only_changed_files_are_parsed_again(
    project: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse([], Config(), project, store=store)
    parsed: list[str] = []
    from batchlint.facts import many

    real = many.extract
    monkeypatch.setattr(many, "extract", lambda source: (parsed.append(source.path), real(source))[1])
    write(project, "job.py", JOB + "\nmain()\n")
    analyse([], Config(), project, store=store)
    assert parsed == ["job.py"]


def test_processes_find_what_one_finds(project: Path, store: Store) -> None:
    alone = plain(analyse([], Config(), project))
    assert plain(analyse([], Config(), project, jobs=2)) == alone
    assert plain(analyse([], Config(), project, jobs=3, store=store)) == alone


LOADED = """
import sys
from batchlint.cli.main import run
code = run(["check", "--output-format", "concise", *sys.argv[1:]])
sys.stderr.write(" ".join(sys.modules))
sys.exit(code)
"""


def loaded(root: Path, cache: Path, *arguments: str) -> tuple[int, set[str]]:
    """The exit code of a check in a process of its own, and the modules that it has imported."""
    environment = {**os.environ, "BATCHLINT_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, set(done.stderr.split())


# Libraries and stages that a run has no use for when nothing is to be judged or rewritten.
HEAVY = {"libcst", "yaml", "rich", "pydantic", "genai_prices", "cronsim", "multiprocessing"}
STAGES = {
    f"batchlint.{name}" for name in ("analysis", "costing", "estimate", "fix", "index", "program", "starts")
}


def test_a_clean_project_loads_neither_parser_nor_linker(root: Path, tmp_path: Path) -> None:
    write(root, "a.py", "import os\n")
    for _ in range(2):
        code, modules = loaded(root, tmp_path / "cache")
        assert code == 0
        assert not modules & (HEAVY | STAGES)


def test_a_known_project_loads_neither_even_with_findings(project: Path, tmp_path: Path) -> None:
    code, modules = loaded(project, tmp_path / "cache")
    assert code == 1
    assert "batchlint.program" in modules
    code, modules = loaded(project, tmp_path / "cache")
    assert code == 1
    assert not modules & (HEAVY | STAGES | {"ahocorasick_rs", "tomli"})


@pytest.fixture
def busy(project: Path) -> Path:
    """A project with enough files that two runs overlap."""
    for number in range(60):
        write(project, f"job_{number}.py", JOB)
    return project


def test_two_runs_at_once_agree(busy: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "BATCHLINT_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "batchlint", "check", "--output-format", "concise"]
    running = [subprocess.Popen(command, cwd=busy, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    outputs = {process.communicate(timeout=120)[0] for process in running}
    assert len(outputs) == 1
    assert {process.returncode for process in running} == {1}

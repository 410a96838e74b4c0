"""Which files matter: seeds, everything that imports them, and what is needed to link those."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from batchlint.discover import ModuleIndex
from batchlint.scan import TEXT_MAX, Needles, Relevant, ScanResult, relevant, scan
from batchlint.scan.relevance import _ImportGraph


def scanned(files: dict[str, str]) -> ScanResult:
    return scan(tuple(files), lambda path: files[path].encode(), Needles(("openai",), ()))


def relevance(files: dict[str, str], **options: object) -> list[str]:
    index = ModuleIndex(tuple(files), external=("openai",))
    return sorted(relevant(scanned(files), index, **options).chosen)  # type: ignore[arg-type]


APP = {
    "app/__init__.py": "",
    "app/llm.py": "from openai import OpenAI\nfrom app.config import MODEL",
    "app/config.py": "from app.env import load",
    "app/env.py": "from app.deep import x",
    "app/deep.py": "from app.deepest import y",
    "app/deepest.py": "",
    "app/service.py": "from . import llm",
    "app/web.py": "import app.service\nfrom app import pages",
    "app/pages.py": "",
    "app/unrelated.py": "import os, json\nfrom app.env import load",
    "main.py": "from app.web import serve",
    "other/tool.py": "import requests",
}


def test_a_project_without_providers_has_no_relevant_files() -> None:
    assert relevance({"a.py": "import b", "b.py": "import requests"}) == []


def test_seeds_importers_and_their_support() -> None:
    assert relevance(APP) == [
        "app/__init__.py",
        "app/config.py",
        "app/env.py",
        "app/llm.py",
        "app/pages.py",
        "app/service.py",
        "app/web.py",
        "main.py",
    ]


def test_everything_on_request() -> None:
    assert relevance(APP, everything=True) == sorted(APP)


def test_further_seeds() -> None:
    assert relevance({"a.py": "import b", "b.py": "", "c.py": ""}, seeds=("b.py", "gone.py")) == [
        "a.py",
        "b.py",
    ]


def test_re_exports_are_no_step() -> None:
    files = {
        "a.py": "import openai\nfrom one import f",
        "one/__init__.py": "from .two import f",
        "one/two/__init__.py": "from .three import f",
        "one/two/three/__init__.py": "from .four import f",
        "one/two/three/four.py": "import five",
        "five.py": "import six",
        "six.py": "",
    }
    assert set(files) - set(relevance(files)) == {"six.py"}


def test_an_import_of_a_submodule_is_none_of_its_package() -> None:
    files = {
        "pkg/__init__.py": "import openai",
        "pkg/plain.py": "",
        "a.py": "from pkg import plain",
        "b.py": "from pkg.plain import x",
        "c.py": "from pkg import plain, ask",
        "d.py": "import pkg.plain",
        "pkg/e.py": "from . import ask",
    }
    assert relevance(files) == ["c.py", "d.py", "pkg/__init__.py", "pkg/e.py", "pkg/plain.py"]


def test_names_in_the_strings_of_schedules_count_as_imports() -> None:
    files = {
        "app/tasks.py": "import openai",
        "settings.py": "CELERY_BEAT_SCHEDULE = {'x': {'task': 'app.tasks.nightly'}}",
        "jobs.py": "queue.enqueue('app.tasks.nightly')",
        "labels.py": "title = 'app.tasks.nightly'",
    }
    assert relevance(files) == ["app/tasks.py", "jobs.py", "settings.py"]


def test_import_cycles_end() -> None:
    assert relevance({"a.py": "import b", "b.py": "import c, openai", "c.py": "import a, c"}) == [
        "a.py",
        "b.py",
        "c.py",
    ]


FOLDERS = st.sampled_from(["", "a/", "b/", "a/b/", "src/a/"])
PATHS = st.builds(
    lambda folder, name: f"{folder}{name}.py", FOLDERS, st.sampled_from(["a", "b", "c", "__init__"])
)
IMPORTS = st.sampled_from(
    [
        *(
            "import openai",
            "import a",
            "import a.b",
            "import b.c",
            "import c",
            "from a import b, c",
            "from b import *",
        ),
        *(
            "from . import a",
            "from . import b as x, c",
            "from .. import b",
            "from .b import a",
            "from ..a import c",
        ),
        *("from a.b import c", "from src.a import b", "import_module('a.c')", "import os"),
    ]
)


def sized(files: dict[str, tuple[str, int]]) -> ScanResult:
    """The scan of files as if they had more text than they have."""
    scans = {scan.path: scan for scan in scanned({path: text for path, (text, _) in files.items()}).files}
    return ScanResult(tuple(replace(scans[path], size=size) for path, (_, size) in files.items()), ())


def test_a_program_that_is_too_large_is_taken_in_part_and_the_rest_counted() -> None:
    files = {
        "a.py": ("import openai", TEXT_MAX // 2),
        "b.py": ("import a", TEXT_MAX // 4),
        "c.py": ("import b", TEXT_MAX // 2),
        "d.py": ("import b", 1),
        "e.py": ("import c", 1),
    }
    found = relevant(sized(files), ModuleIndex(tuple(files), external=("openai",)))
    assert found == Relevant(frozenset({"a.py", "b.py", "d.py"}), 1)


def test_of_too_many_seeds_those_that_say_most_for_their_size_are_taken() -> None:
    files = {name: ("import openai", size) for name, size in (("a.py", TEXT_MAX), ("b.py", 9), ("c.py", 8))}
    found = relevant(sized(files), ModuleIndex(tuple(files), external=("openai",)))
    assert found == Relevant(frozenset({"b.py", "c.py"}), 1)


def test_unit_tests_take_no_room() -> None:
    files = {"a.py": ("import openai", TEXT_MAX), "test_a.py": ("import a", TEXT_MAX)}
    found = relevant(sized(files), ModuleIndex(tuple(files), external=("openai",)))
    assert found == Relevant(frozenset({"a.py"}), 0)


@given(st.dictionaries(PATHS, st.lists(IMPORTS, max_size=3).map("\n".join), max_size=9))
def test_all_importers_are_found(files: dict[str, str]) -> None:
    """The closure that looks only at files that mention a name finds what looking at all files finds."""
    result = scanned(files)
    graph = _ImportGraph(result.files, ModuleIndex(tuple(files), external=("openai",)))
    importers = {scan.path for scan in result.files if scan.named}
    grown = True
    while grown:
        more = {path for path in files if graph.imports(path) & importers} - importers
        importers |= more
        grown = bool(more)
    assert importers <= set(relevance(files))

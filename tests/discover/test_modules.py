"""Names of modules, and which file an import means."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.discover import ModuleIndex, module_name


def names(*files: str, projects: Iterable[str] = ()) -> dict[str, str]:
    index = ModuleIndex(files, projects)
    return {path: index.name_of(path) for path in files}


def test_flat_layout() -> None:
    assert names("pkg/__init__.py", "pkg/a.py", "main.py") == {
        "pkg/__init__.py": "pkg",
        "pkg/a.py": "pkg.a",
        "main.py": "main",
    }


def test_src_layout() -> None:
    files = ("src/pkg/__init__.py", "src/pkg/sub/a.py", "tests/test_a.py")
    assert list(names(*files).values()) == ["pkg", "pkg.sub.a", "tests.test_a"]


def test_a_src_folder_that_is_a_package() -> None:
    assert list(names("src/__init__.py", "src/a.py").values()) == ["src", "src.a"]


def test_namespace_packages() -> None:
    files = ("src/acme/core/a.py", "src/acme/web/__init__.py", "src/acme/web/b.py")
    assert list(names(*files).values()) == ["acme.core.a", "acme.web", "acme.web.b"]


def test_several_projects_in_one_tree() -> None:
    files = ("services/a/one/x.py", "services/b/src/two/x.py", "services/c/x.py")
    assert list(names(*files, projects=("services/a", "services/b")).values()) == [
        "one.x",
        "two.x",
        "services.c.x",
    ]


def test_modules_that_would_share_a_name_are_called_by_their_path() -> None:
    files = ("a/app/main.py", "b/app/main.py", "b/app/db.py")
    assert list(names(*files, projects=("a", "b")).values()) == ["a.app.main", "b.app.main", "app.db"]


def test_names_that_the_same_path_would_give() -> None:
    files = ("a.ipynb", "a.py", "a/__init__.py", "b.c/x.py", "b_c/x.py", "__init__.py", "my-script.py")
    assert names(*files) == {
        "a/__init__.py": "a",
        "a.py": "a~2",
        "a.ipynb": "a~3",
        "b.c/x.py": "b_c.x",
        "b_c/x.py": "b_c.x~2",
        "__init__.py": "__init__",
        "my-script.py": "my-script",
    }


PARTS = st.text(st.sampled_from("ab.\n-\udcffé~ "), min_size=1, max_size=4).filter(
    lambda p: p not in (".", "..")
)
PATHS = st.builds(
    lambda folders, stem, suffix: "/".join([*folders, f"{stem}{suffix}"]),
    st.lists(st.sampled_from(["a", "b", "src"]) | PARTS, max_size=3),
    st.sampled_from(["a", "b", "__init__"]) | PARTS,
    st.sampled_from([".py", ".pyw", ".ipynb"]),
)


@given(st.sets(PATHS, max_size=12), st.sets(st.sampled_from(["", "a", "b", "a/b"]), max_size=3))
def test_every_file_has_a_name_of_its_own_whatever_it_is_called(files: set[str], projects: set[str]) -> None:
    named = names(*sorted(files), projects=projects)
    assert named.keys() == files
    assert len(set(named.values())) == len(files)
    assert all(named.values())


@given(PATHS, st.sets(st.sampled_from(["a", "b", "a/b", "src"])), st.sets(st.sampled_from(["a", "b", "src"])))
def test_a_name_is_the_end_of_its_path(path: str, packages: set[str], roots: set[str]) -> None:
    name = module_name(path, packages, roots)
    assert name
    whole = module_name(path, (), ())
    assert whole == name or whole.endswith(f".{name}") or name == "__init__"


FILES = (
    "pkg/__init__.py",
    "pkg/util.py",
    "pkg/sub/__init__.py",
    "pkg/sub/a.py",
    "pkg/sub/b.py",
    "ns/c.py",
    "ns/deep/d.py",
    "src/core/__init__.py",
    "src/core/e.py",
    "scripts/run.py",
    "scripts/helper.py",
    "scripts/openai.py",
    "services/one/app/__init__.py",
    "services/one/app/main.py",
    "services/one/app/db.py",
    "services/two/app/__init__.py",
    "services/two/app/main.py",
    "services/two/lib.pyw",
    "tools/special/thing.py",
    "pkg/json.py",
    "pkg/adapters/redis.py",
    "pkg/adapters/__init__.py",
)
INDEX = ModuleIndex(FILES, ("services/two",), external=("openai", "google.genai"))


@pytest.mark.parametrize(
    ("importer", "name", "level", "target"),
    [
        ("pkg/sub/a.py", "b", 1, "pkg/sub/b.py"),
        ("pkg/sub/a.py", "util", 2, "pkg/util.py"),
        ("pkg/sub/a.py", "", 1, "pkg/sub/__init__.py"),
        ("pkg/sub/__init__.py", "a", 1, "pkg/sub/a.py"),
        ("pkg/sub/a.py", "", 2, "pkg/__init__.py"),
        ("ns/c.py", "deep.d", 1, "ns/deep/d.py"),
        ("ns/c.py", "", 1, None),
        ("pkg/util.py", "x", 9, None),
        ("pkg/sub/a.py", "pkg.util", 0, "pkg/util.py"),
        ("scripts/run.py", "helper", 0, "scripts/helper.py"),
        ("scripts/run.py", "pkg.sub", 0, "pkg/sub/__init__.py"),
        ("scripts/run.py", "core.e", 0, "src/core/e.py"),
        ("pkg/util.py", "ns.deep.d", 0, "ns/deep/d.py"),
        ("pkg/util.py", "src.core.e", 0, "src/core/e.py"),
        # The nearest of two.
        ("services/one/app/main.py", "app.db", 0, "services/one/app/db.py"),
        ("services/two/app/main.py", "app", 0, "services/two/app/__init__.py"),
        ("services/two/app/main.py", "lib", 0, "services/two/lib.pyw"),
        # A project root elsewhere, and the end of any path.
        ("scripts/run.py", "lib", 0, "services/two/lib.pyw"),
        ("scripts/run.py", "special.thing", 0, "tools/special/thing.py"),
        ("scripts/run.py", "thing", 0, "tools/special/thing.py"),
        # As Python 2 imports, and scripts inside packages.
        ("pkg/sub/a.py", "b", 0, "pkg/sub/b.py"),
        ("pkg/sub/a.py", "util", 0, "pkg/util.py"),
        # Single names that are somebody else's.
        ("scripts/run.py", "redis", 0, None),
        ("pkg/util.py", "json", 0, None),
        ("scripts/run.py", "openai", 0, None),
        ("scripts/openai.py", "openai", 0, None),
        ("scripts/helper.py", "helper", 0, None),
        ("scripts/run.py", "google.genai", 0, None),
        ("scripts/run.py", "nothing", 0, None),
        ("scripts/run.py", "pkg.nothing", 0, None),
    ],
)
def test_what_an_import_means(importer: str, name: str, level: int, target: str | None) -> None:
    assert INDEX.resolve(importer, name, level) == target


def test_a_package_wins_over_a_module() -> None:
    index = ModuleIndex(("a.py", "a/__init__.py", "a.pyw", "b.py", "b.pyw", "c.ipynb"))
    assert [index.resolve("b.py", name) for name in "abc"] == ["a/__init__.py", None, None]
    assert index.resolve("x.py", "b") == "b.py"


def test_external_packages_that_are_the_project() -> None:
    index = ModuleIndex(("openai/__init__.py", "openai/types.py", "examples/run.py"), external=("openai",))
    assert index.resolve("openai/types.py", "openai") == "openai/__init__.py"
    assert index.resolve("examples/run.py", "openai.types") == "openai/types.py"


def test_imports_through_symbolic_links() -> None:
    index = ModuleIndex(
        ("shared/a.py", "shared/sub/b.py", "app/__init__.py", "app/main.py"),
        links=(("app/shared", "shared"), ("app/renamed.py", "shared/a.py"), ("loop", "nowhere")),
    )
    assert index.resolve("app/main.py", "shared.sub.b", 1) == "shared/sub/b.py"
    assert index.resolve("app/main.py", "app.shared.a") == "shared/a.py"
    assert index.resolve("app/main.py", "renamed", 1) == "shared/a.py"
    assert index.resolve("app/main.py", "loop.x") is None


def test_submodules_and_namespaces() -> None:
    assert INDEX.submodules("pkg/__init__.py") == (
        "pkg/adapters/__init__.py",
        "pkg/json.py",
        "pkg/sub/__init__.py",
        "pkg/util.py",
    )
    assert INDEX.submodules("ns") == ("ns/c.py",)
    assert INDEX.is_namespace("scripts/run.py", "ns.deep")
    assert not INDEX.is_namespace("scripts/run.py", "pkg")
    assert not INDEX.is_namespace("scripts/run.py", "ns.none")


@given(st.sets(PATHS, max_size=10), st.text("ab.é\n", max_size=6), st.integers(0, 4))
def test_resolving_anything_gives_a_file_or_nothing(files: set[str], name: str, level: int) -> None:
    index = ModuleIndex(sorted(files), ("a",), (("b", "a"),))
    for importer in files:
        target = index.resolve(importer, name, level)
        assert target is None or target in files

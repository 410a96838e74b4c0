"""The walk: what belongs to a program, what is left out, and that nothing stops it."""

import os
import socket
from pathlib import Path

import pytest
from planted import plant, write

from batchlint.discover import DiscoverOptions, Tree, discover


def walk(root: Path, **options: object) -> Tree:
    return discover(root, DiscoverOptions(**options))  # type: ignore[arg-type]


def test_python_files_of_all_kinds(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "b.pyw", "nb/c.ipynb", "types.pyi", "d.pyx", ".hidden/e.py", "x.py/f.py")
    assert walk(tmp_path).files == (".hidden/e.py", "a.py", "b.pyw", "nb/c.ipynb", "x.py/f.py")


STARTERS = (
    ".circleci/config.yml",
    ".github/workflows/nightly.yml",
    ".gitlab-ci.yml",
    "Dockerfile.worker",
    "Makefile",
    "Procfile",
    "build/Dockerfile.ci",
    "crontab",
    "deploy/cron.d/nightly",
    "deploy/job.timer",
    "infra/main.tf",
    "justfile",
    "package.json",
    "pyproject.toml",
    "run.sh",
    "supervisord.conf",
    "tox.ini",
)


def test_files_that_start_programs(tmp_path: Path) -> None:
    plant(tmp_path, *STARTERS, "setup.py", "notes.md", "data.json", "sh", "x.makefile")
    with (tmp_path / "dump.yaml").open("wb") as dump:
        dump.truncate(1_000_001)
    tree = walk(tmp_path, exclude=())
    assert tree.starters == (*sorted((*STARTERS, "setup.py")),)
    assert tree.files == ("setup.py",)


def test_executables_without_a_suffix(tmp_path: Path) -> None:
    for name, line in {"py": "#!/usr/bin/env python3", "shell": "#!/bin/sh", "data": "x"}.items():
        write(tmp_path, {f"bin/{name}": f"{line}\n"})
        (tmp_path / "bin" / name).chmod(0o755)
    write(tmp_path, {"bin/readme": "#!/usr/bin/python\n"})
    tree = walk(tmp_path)
    assert (tree.files, tree.starters) == (("bin/py",), ("bin/shell",))


def test_projects(tmp_path: Path) -> None:
    plant(tmp_path, "pyproject.toml", "services/a/setup.cfg", "services/b/setup.py", "services/c/x.py")
    assert walk(tmp_path).projects == ("", "services/a", "services/b")


@pytest.mark.parametrize(
    "path",
    [
        ".venv/lib/x.py",
        "node_modules/gyp/x.py",
        "app/node_modules/gyp/x.py",
        "build/lib/x.py",
        "third_party/x.py",
        "pkg/_vendor/x.py",
        "vendor/pkg/__init__.py",
        "__pycache__/x.py",
        ".git/hooks/x.py",
        "env/x.py",
    ],
)
def test_folders_left_out_by_default(tmp_path: Path, path: str) -> None:
    plant(tmp_path, path, "kept.py")
    tree = walk(tmp_path)
    assert (tree.files, tree.excluded) == (("kept.py",), 1)


@pytest.mark.parametrize("name", ["build", "dist", "env"])
def test_a_package_with_a_build_folders_name_is_kept(tmp_path: Path, name: str) -> None:
    plant(tmp_path, f"{name}/__init__.py", f"{name}/x.py")
    assert walk(tmp_path).files == (f"{name}/__init__.py", f"{name}/x.py")
    assert walk(tmp_path, extend_exclude=(f"{name}/",)).files == ()


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/"])
def test_environments_are_left_out_whatever_their_name(tmp_path: Path, mark: str) -> None:
    plant(tmp_path, f"my-env/{mark}", "my-env/lib/x.py", "a.py")
    assert walk(tmp_path).files == ("a.py",)
    assert walk(tmp_path / "my-env").files == ("lib/x.py",)


def test_excludes_are_names_and_globs(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "b_pb2.py", "gen/x.py", "app/gen/x.py", "app/old/y.py", "app/new/y.py")
    tree = walk(tmp_path, extend_exclude=("*_pb2.py", "/gen", "app/o*"))
    assert tree.files == ("a.py", "app/gen/x.py", "app/new/y.py")
    assert tree.excluded == 3


def test_named_files_and_folders_are_part_of_the_program(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "ignored.py\n"})
    plant(tmp_path, "vendor/sdk/x.py", "vendor/sdk/build/y.py", "vendor/other/z.py", "ignored.py", "script")
    named = (tmp_path / "vendor" / "sdk", tmp_path / "ignored.py", tmp_path / "script")
    tree = walk(tmp_path, explicit=named)
    assert tree.files == ("ignored.py", "script", "vendor/sdk/x.py")


def test_named_paths_that_cannot_be_part_of_it(tmp_path: Path) -> None:
    plant(tmp_path, "root/a.py", "other/b.py")
    tree = walk(tmp_path / "root", explicit=(tmp_path / "other" / "b.py", tmp_path / "root" / "none.py"))
    assert [failure.message for failure in tree.failures] == [
        f"is outside of the root {tmp_path / 'root'}: pass a --root that holds it",
        "no such file or folder",
    ]


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plant(tmp_path, "outside/x.py", "root/pkg/a.py")
    (root / "loop").symlink_to(root)
    (root / "pkg" / "self").symlink_to(".")
    (root / "pkg" / "knot").symlink_to("knot")
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "away.py").symlink_to(tmp_path / "outside" / "x.py")
    (root / "lib").symlink_to("pkg")
    (root / "b.py").symlink_to("pkg/a.py")
    tree = walk(root)
    assert tree.files == ("pkg/a.py",)
    assert tree.links == (("b.py", "pkg/a.py"), ("lib", "pkg"), ("pkg/self", "pkg"))
    assert tree.failures == ()


def test_pipes_and_sockets_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    monkeypatch.chdir(tmp_path)  # a socket's path may only be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        assert walk(tmp_path).files == ()


def test_odd_names(tmp_path: Path) -> None:
    names = ("new\nline.py", "\udcff.py", "a b.py", "tab\t/x.py", "[x]/*.py")
    plant(tmp_path, *names)
    assert walk(tmp_path).files == tuple(sorted(names))


def test_a_tree_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 200, dir_fd=here)
        here, above = os.open("d" * 200, os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)
    plant(tmp_path, "a.py")
    tree = walk(tmp_path)
    assert tree.files == ("a.py",)
    assert [failure.message for failure in tree.failures] == ["cannot be listed: File name too long"]


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    tree = walk(tmp_path / "none")
    assert [failure.message for failure in tree.failures] == ["cannot be listed: No such file or directory"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    plant(tmp_path, "shut/x.py", "a.py")
    (tmp_path / "shut").chmod(0)
    try:
        tree = walk(tmp_path)
    finally:
        (tmp_path / "shut").chmod(0o700)
    assert tree.files == ("a.py",)
    assert [(f.location.path, f.message) for f in tree.failures] == [
        ("shut", "cannot be listed: Permission denied")
    ]

"""Hostile starter files take bounded time: nesting, aliases, long lines, files that call each other."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from batchlint.starts import parse_command, read_starts

SECONDS_MAX = 10


def read(files: dict[str, str]) -> float:
    """Reads the files; the processor time it took."""
    contents = {path: text.encode() for path, text in files.items()}
    start = time.process_time()
    read_starts(Path("/nonexistent"), contents, contents.get, lambda failure: None)
    return time.process_time() - start


@pytest.mark.parametrize(
    "text",
    [
        "$(" * 5000, "(" * 5000, "`" * 5000, "{ " * 5000, "if " * 5000, "! " * 5000, "a() " * 5000,
        '"${a:-' * 3000, "A=x; " + "A=$A$A; " * 200 + "python $A", "\\\n" * 50_000,
        "for i in 1 2 3 4 5 6 7 8 9; do " * 12 + "python x.py", "<<A " * 20_000,
        "f() { f; f; }; f", "f() { g; g; }; g() { f a; f b; }; f", "eval " * 3000 + "x", "sh -c " * 200,
        "case x in " * 2000, "cat <<A\n" * 5000, "a | " * 5000 + "python x.py",
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_hostile_shell_text_takes_bounded_time(text: str) -> None:
    start = time.process_time()
    parse_command(text, "", lambda path: False)
    assert time.process_time() - start < SECONDS_MAX


HOSTILE = {
    "nested": ("any.yaml", "kind: CronJob\na: " + "[" * 50_000),
    "aliases": (
        "compose.yaml",
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{b}: &{b} [{','.join(['*' + a] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        ),
    ),
    "toml": ("pyproject.toml", "a = " + "[" * 50_000),
    "json": ("package.json", '{"scripts": ' * 20_000),
    "hcl": ("main.tf", "a {\n" * 20_000),
    "hcl quotes": ("main.tf", 'a = "${' * 5_000),
    "make": (
        "Makefile",
        "A = $(B)$(B)\nB = $(A)$(A)\nx:\n\t$(A)\n"
        + "".join(f"V{n} = $(V{n + 1})$(V{n + 1})\n" for n in range(300))
        + "y:\n\t$(V0)\n",
    ),
    "matrix": (
        ".github/workflows/a.yml",
        "on: push\njobs:\n a:\n  strategy:\n   matrix:\n"
        + "".join(f"    k{n}: [1,2,3,4,5,6,7,8,9]\n" for n in range(30))
        + "  steps: [{run: python x.py}]\n",
    ),
}


LONG = {
    "Makefile": (
        "a" + " " * 400_000 + "b\n",
        "x:\n\t" + "$(" * 2_000 + "\n" + "x:\n\t" + "$(a(" * 100_000 + "\n",
    ),
    "justfile": ("a" + " b" * 200_000 + "\n", "x:\n    " + "{{" * 200_000 + "\n"),
    "Taskfile.yml": ("tasks: {a: '" + "{{" * 200_000 + "'}\n",),
    "a.sh": (
        "${a[" * 60_000,
        "case x in " * 20_000,
        "<(" * 100_000,
        "((" * 100_000,
        "x=" * 100_000,
        "a|" * 100_000,
    ),
    "crontab": ("0 " * 300_000, "* * * * * " + "a=" * 300_000),
    "Dockerfile": (
        "FROM x\n" + "COPY a b\n" * 80_000,
        "FROM x\n" + "ENV A=b\n" * 80_000,
        "FROM x\nENV A=" + "${" * 200_000,
    ),
    "main.tf": (
        "/*" * 400_000,
        'a = "' + "${" * 400_000 + '"',
        "a = [" + '"' * 400_001,
        'resource "a" "b" {}\n' * 40_000,
    ),
    "compose.yaml": ("services: {a: {command: '" + "${a" * 200_000 + "'}}",),
    "serverless.yml": ("functions: {a: {handler: '" + "${self:" * 100_000 + "'}}",),
    ".github/workflows/a.yml": ("on: push\njobs: {a: {steps: [{run: '" + "${{" * 250_000 + "'}]}}",),
    "any.yaml": ("kind: CronJob\n" + "{{}}" * 200 + "x\n" + "{{" * 400_000,),
    "pyproject.toml": ("a = 1\n" * 2 + "b" * 500_000, "a-" * 300_000 + "=\n"),
    "setup.cfg": ("[a]\n" + "b\n" * 200_000, "[a]\nb=\n" + " c\n" * 300_000),
    "a.service": ("A=b\\\n" * 100_000,),
}


@pytest.mark.parametrize("path", LONG)
def test_long_files_take_bounded_time(path: str) -> None:
    for text in LONG[path]:
        assert read({path: text}) < SECONDS_MAX, text[:30]


def chain(line: str, names: str = "abcdefghijkl") -> str:
    """A line per name that names the next one many times."""
    return "".join(line.format(this=this, next=after) for this, after in pairwise(names))


CALLING = {
    "workflows": {
        f".github/workflows/{name}.yml": "on: workflow_call\njobs:\n"
        + "".join(
            f" j{n}: {{uses: ./.github/workflows/{after}.yml}}\n" for after in "abcd" for n in range(20)
        )
        for name in "abcd"
    },
    "actions": {
        ".github/workflows/x.yml": "on: push\njobs: {a: {steps: [{uses: ./a}]}}",
        **{
            f"{name}/action.yml": "runs:\n steps:\n" + f"  - uses: ./{after}\n" * 50
            for name, after in zip("abcdefg", "bcdefga", strict=True)
        },
    },
    "references": {
        ".gitlab-ci.yml": chain(".{this}:\n script:\n" + "  - !reference [.{next}, script]\n" * 20)
        + "job: {extends: .a}\n"
    },
    "extends": {
        ".gitlab-ci.yml": chain(".{this}: {{extends: [" + ".{next}, " * 20 + "]}}\n") + "job: {extends: .a}\n"
    },
    "includes": {
        f"{name}.gitlab-ci.yml": "include: ["
        + ", ".join(f"{{local: {after}.gitlab-ci.yml}}" for after in "abcdefg" for _ in range(20))
        + "]\n"
        for name in "abcdefg"
    },
    "long extends": {
        ".gitlab-ci.yml": "".join(f".j{n}: {{extends: .j{n + 1}}}\n" for n in range(3_000))
        + "j: {extends: .j0}\n"
    },
    "long references": {
        ".gitlab-ci.yml": "".join(
            f".j{n}: {{script: [!reference [.j{n + 1}, script]]}}\n" for n in range(3_000)
        )
        + "j: {script: [!reference [.j0, script]]}\n"
    },
    "deep lists": {
        path: text + "[" * 900 + "python x.py" + "]" * 900 + "\n"
        for path, text in {
            ".gitlab-ci.yml": "a:\n script: ",
            "pyproject.toml": "[tool.poe.tasks]\na = ",
            ".circleci/config.yml": "jobs: ",
            "dvc.yaml": "stages: {a: {cmd: ",
            "compose.yaml": "services: ",
        }.items()
    },
    "tasks": {
        "pyproject.toml": "[tool.poe.tasks]\n"
        + chain("{this} = [" + "'{next}', " * 20 + "]\n")
        + "l = 'python x.py'\n"
    },
    "make": {
        "Makefile": chain("{this}: " + "{next} " * 20 + "\n" + "\tmake {next}\n" * 20) + "l:\n\tpython x.py\n"
    },
    "npm": {
        "package.json": '{"scripts": {'
        + chain('"{this}": "' + "npm run {next}; " * 20 + '",')
        + '"l": "python x.py"}}'
    },
    "scripts": {
        f"{name}.sh": f"bash {after}.sh\n" * 30
        for name, after in zip("abcdefghijkl", "bcdefghijkla", strict=True)
    },
}


@pytest.mark.parametrize("name", CALLING)
def test_files_that_call_each_other_without_end(name: str) -> None:
    assert read(CALLING[name]) < SECONDS_MAX


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_bounded_time(name: str) -> None:
    path, text = HOSTILE[name]
    assert read({path: text}) < SECONDS_MAX

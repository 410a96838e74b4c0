"""Programs that are legal and that nobody would write: every run ends, soon, with an answer."""

import json
from pathlib import Path

import pytest
from running import CLIENT, JOB, run, write

SECONDS = 60  # many times what any of them takes

CALL = 'client.chat.completions.create(model="gpt-4o", messages=[])'
HEAD = "from openai import OpenAI\nclient = OpenAI()\n"

PARTIALS = f"""\
from functools import partial
{HEAD}

def ask(*args, **more):
    return {CALL}


def wrap(steps, other):
    f = ask
    for step in steps:
        f = partial(f, step, k=step)
        g = partial(other, f)
        other = partial(g, other=other)
        register(f, g, other)
    f()
    g(f)
    other(g)
    return f


wrap([1, 2], wrap)
"""

RECURSION = f"""\
{HEAD}

def a(n, f):
    f(n, f)
    b(n, a)
    return {CALL}


def b(n, f):
    return c(n - 1, b, lambda *x: a(*x, *x))


def c(*args, **more):
    self = lambda g: g(g)
    self(self)
    for x in args:
        x(*args, **more)
    return a(c, b) or {CALL}


class Loop(list):
    def __getattr__(self, name):
        return getattr(self, name)(self)

    def __call__(self):
        return self()

    def __iter__(self):
        return iter(self)

    def __enter__(self):
        return self.__enter__()

    @property
    def me(self):
        return self.me.me


l = Loop()
l.me.x.y()
l.append(l)
l[0] = l
for l in l:
    for l in l:
        l(l)
a(c, a)
"""

GENERATORS = f"""\
{HEAD}

def one(x):
    y = yield from two(x)
    yield one(y)


def two(x):
    y = yield from one(two(x))
    yield {CALL}
    return [z for z in two(z for z in one(x))]


class Meta(type(Meta) if False else type):
    pass


class A(B if False else object):
    a = property(lambda self: self.a)


class B(A):
    b = A.a


A.b = B
B.a = A
next(one(two(one)))
"""


def sites(root: Path) -> list[dict[str, object]]:
    done = run(root, "sites", "--output-format", "json", "--no-cache", seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["sites"]
    return found


@pytest.mark.parametrize(
    "text", [PARTIALS, RECURSION, GENERATORS], ids=["partials", "recursion", "generators"]
)
def test_programs_that_lead_back_to_themselves(tmp_path: Path, text: str) -> None:
    assert sites(write(tmp_path, {"a.py": text}))


def test_modules_that_import_each_other_with_stars(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(30)]
    stars = "".join(f"from {name} import *\n" for name in names)
    files = {
        f"{name}.py": f"{stars}import m0, m1\n\n\ndef {name}():\n    return m0() or ask(m1)\n"
        for name in names
    }
    files["m7.py"] += CLIENT
    assert len(sites(write(tmp_path, files))) == 1


def test_packages_that_export_each_other(tmp_path: Path) -> None:
    files = {}
    for number in range(20):
        others = "\n".join(f"from pack{(number + step) % 20} import *" for step in range(1, 20))
        files[f"pack{number}/__init__.py"] = f"{others}\nfrom .inner import *\n__all__ = [*globals()]\n"
        files[f"pack{number}/inner.py"] = f"from pack{number} import *\nfrom . import *\n"
    files["pack3/inner.py"] += CLIENT
    assert len(sites(write(tmp_path, files))) == 1


def test_a_long_line_of_ancestors_over_modules(tmp_path: Path) -> None:
    files = {
        f"m{n}.py": f"from m{n + 1} import C{n + 1}\n\n\nclass C{n}(C{n + 1}):\n    pass\n"
        for n in range(600)
    }
    files["m600.py"] = f"{CLIENT}\n\nclass C600:\n    def send(self, text):\n        return ask(text)\n"
    files["m0.py"] += "\n\nfor row in open('rows.txt'):\n    C0().send(row)\n"
    assert len(sites(write(tmp_path, files))) == 1


def test_a_long_line_of_callers(tmp_path: Path) -> None:
    lines = [f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(3_000)]
    text = f"{CLIENT}\n" + "\n".join(lines) + "\n\nf3000 = ask\nfor row in open('rows.txt'):\n    f0(row)\n"
    (site,) = sites(write(tmp_path, {"a.py": text}))
    assert site["verdict"] in ("eligible", "unclear")


def test_a_long_line_of_importers(tmp_path: Path) -> None:
    files = {f"m{n}.py": f"from m{n + 1} import ask\nimport m{n + 1}\n" for n in range(1_200)}
    files["m1200.py"] = CLIENT
    files["m0.py"] += "for row in open('rows.txt'):\n    ask(row)\n"
    assert len(sites(write(tmp_path, files))) == 1


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 80 + "1" + ")" * 80,
        "[" * 2000 + "]" * 2000,
        "-" * 5000 + "1",
        "not " * 5000 + "x",
        " + ".join(["x"] * 20_000),
        ".".join(["x"] * 5_000),
        "x" + "()" * 5_000,
        "x" + "[0]" * 5_000,
        " if x else ".join(["y"] * 1_000),
        "lambda: " * 500 + "1",
        " and ".join(["x"] * 20_000),
        " < ".join(["x"] * 20_000),
        "{" + ", ".join(f"'k{n}': {n}" for n in range(50_000)) + "}",
        "[" + ", ".join(["'text'"] * 100_000) + "]",
        "'" + "x" * 3_000_000 + "'",
        "9" * 4_000,
        "f(" + ", ".join(f"a{n}=x" for n in range(5_000)) + ")",
        "f(" + ", ".join(["*x"] * 5_000) + ")",
    ],
    ids=lambda text: text[:12],
)
def test_expressions_without_measure(tmp_path: Path, expression: str) -> None:
    root = write(
        tmp_path,
        {"client.py": CLIENT, "job.py": JOB, "odd.py": f"{CLIENT}\nx = y = f = 1\nz = {expression}\n"},
    )
    done = run(root, "sites", "--output-format", "json", seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert any(site["path"] == "client.py" for site in report["sites"])
    in_odd = [site for site in report["sites"] if site["path"] == "odd.py"]
    assert in_odd or [error for error in report["errors"] if error["path"] == "odd.py"]


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{'    ' * depth}if x:\n" for depth in range(95)) + "    " * 95 + "pass\n",
        "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(95)) + " " * 95 + "pass\n",
        "if x:\n    pass\n" + "elif x:\n    pass\n" * 3_000,
        "try:\n    pass\n" + "except E:\n    pass\n" * 3_000,
        "x = 1\n" * 100_000,
        "def f(x):\n    return f(f(x))\n\n\n" * 500,
        "from openai import *\n" * 2_000,
        "x = ask(x)\n" * 5_000,
        "while x:\n    x = ask(x)\n" * 1_000,
        "x.y = x.z = x\n" * 3_000,
        "@ask\n" * 2_000 + "def f(): pass\n",
        "class C(" + ", ".join(["object"] * 2_000) + "): pass\n",
        "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, 3_000)),
        "match x:\n" + "".join(f"    case {n}: ask({n})\n" for n in range(3_000)),
        "#" * 5_000_000 + "\n",
        "\n" * 1_000_000,
        "import os;" * 20_000 + "\n",
        "\\\n" * 5_000 + "x = 1\n",
    ],
    ids=range(18),
)
def test_files_without_measure(tmp_path: Path, text: str) -> None:
    root = write(
        tmp_path, {"client.py": CLIENT, "odd.py": f"from client import ask\nx = C0 = 1\n{text}\nask(x)\n"}
    )
    done = run(root, "sites", "--output-format", "json", seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sites"]


@pytest.mark.parametrize("broken", [40, 41, 5_000])
def test_a_file_with_many_broken_lines(tmp_path: Path, broken: int) -> None:
    lines = "x = (\n)\ny = ]\n" * broken
    done = run(write(tmp_path, {"a.py": CLIENT + lines}), "check", seconds=SECONDS)
    assert done.returncode == 1
    assert "BL901" in done.stdout

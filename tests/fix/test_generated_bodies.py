"""Generated loop bodies of any shape: a rewrite that is called safe changes nothing that a loop shows.

A program holds several loops; where one of them ends by itself, before and after, it shows the same.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from drive import run
from fixing import FakeProvider, write_all
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from batchlint.config import Config
from batchlint.engine import Report, analyse
from batchlint.finding import Verdict
from batchlint.fix import rewrite
from batchlint.text import Location

PROGRAMS = 8
LOOPS = 10
"""Loops of a program; most of the time of a program does not depend on how many it holds."""

HEAD = """
import contextlib
import io
import json
import time

import openai
from openai import OpenAI

client = OpenAI()
done = []


def note(store, text):
    store.append(text)

"""
ASKING = """

def ask(text, style="brief"):
    messages = [{"role": "user", "content": f"{style} {text}"}]
    reply = client.chat.completions.create(model="m", messages=messages)
    return reply.choices[0].message.content


def ask_loudly(text):
    print("asking", text)
    for attempt in range(2):
        try:
            return ask(f"{text} {attempt}")
        except openai.OpenAIError as error:
            print("again", type(error).__name__)
    return "nothing"


def ask_and_note(text):
    answer = ask(text)
    done.append(text)
    return answer
"""
"""Functions that each loop has for itself: one that cannot be rewritten would keep the others from it."""
MAIN = """

def main():
    shown = []
    for loop in loops:
        heard, ended = io.StringIO(), True
        with contextlib.redirect_stdout(heard):
            try:
                loop()
            except Exception as error:
                ended = False
        shown.append([ended, heard.getvalue()])
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
"""
CALLS = (
    "answer = ask(a)",
    "answer = ask(a, style=b)",
    "answer = ask_loudly(a)",
    "answer = ask_and_note(a)",
    'answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": a}])'
    ".choices[0].message.content",
    "out.append(ask(a))",
    "labels[a] = ask(a)",
    "print(ask(a))",
    "count += len(ask(a))",
    "many.append(ask(a))",
    "if ask(a) > a:\n    count += 1",
    "a = ask(a)",
)
SIMPLE = (
    "a = a.strip()",
    "a = row['text']",
    "a = f'{a} {len(out)}'",
    "a = a + str(count)",
    "a = last",
    "b = answer",
    "b = a.upper()",
    "b = row['style']",
    "b = json.loads(a)",
    "last = a",
    "last = answer",
    "out.append(a)",
    "out.append(answer)",
    "out.append(row['mark'])",
    "labels[a] = answer",
    "labels[row['mark']] = a",
    "count += 1",
    "count += len(answer)",
    "seen.add(a)",
    "print(a)",
    "print(answer, len(out))",
    "note(out, answer)",
    "row['mark'] = answer",
    "many = []",
    "many.append(a)",
    "a = str(many)",
    "time.sleep(0)",
    "done.append(a)",
    "del b",
    "mine = lambda: a",
    "pass",
)
TESTS = (
    "a",
    "len(a) > 3",
    "a in seen",
    "count > 2",
    "'1' in answer",
    "not out",
    "row.get('style')",
    "answer is None",
    "number % 2",
)


def indented(text: str, by: str = "    ") -> str:
    return "".join(f"{by}{line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


class Palette(NamedTuple):
    """What one loop is made of: with few kinds of statements, more loops can be rewritten."""

    simple: list[str]
    calls: list[str]
    tests: list[str]


PALETTES = st.builds(
    Palette,
    st.lists(st.sampled_from(SIMPLE), min_size=2, max_size=4),
    st.lists(st.sampled_from(CALLS), min_size=1, max_size=2),
    st.lists(st.sampled_from(TESTS), min_size=1, max_size=2),
)


@st.composite
def blocks(draw: st.DrawFn, palette: Palette, depth: int, in_loop: bool) -> str:
    text = ""
    for _ in range(draw(st.integers(1, 2))):
        text += draw(statements(palette, depth, in_loop))
    return text


@st.composite
def statements(draw: st.DrawFn, palette: Palette, depth: int, in_loop: bool) -> str:
    kinds = ["simple"] * 5 + ["call"] * 2
    if depth:
        kinds += ["if", "if", "try", "retry", "retry", "while", "parts", "match", "with"]
    kinds += ["continue"] + (["break"] if in_loop else [])
    inner = blocks(palette, depth - 1, in_loop)
    kind = draw(st.sampled_from(kinds))
    if kind == "simple":
        return draw(st.sampled_from(palette.simple)) + "\n"
    if kind == "call":
        return draw(st.sampled_from(palette.calls)) + "\n"
    if kind in ("continue", "break"):
        return f"if {draw(st.sampled_from(palette.tests))}:\n    {kind}\n"
    if kind == "if":
        text = f"if {draw(st.sampled_from(palette.tests))}:\n{indented(draw(inner))}"
        return text + (f"else:\n{indented(draw(inner))}" if draw(st.booleans()) else "")
    if kind == "try":
        error = draw(st.sampled_from(["openai.OpenAIError", "KeyError", "Exception"]))
        text = f"try:\n{indented(draw(inner))}except {error} as error:\n"
        text += indented(f"print(type(error).__name__)\n{draw(inner)}")
        if draw(st.integers(0, 3)) == 0:
            text += f"else:\n{indented(draw(inner))}"
        return text + (f"finally:\n{indented(draw(inner))}" if draw(st.integers(0, 3)) == 0 else "")
    if kind == "retry":
        tries = indented(
            f"{draw(st.sampled_from(palette.calls))}\n{draw(blocks(palette, depth - 1, True))}break\n"
        )
        body = f"try:\n{tries}except openai.OpenAIError:\n" + indented(draw(blocks(palette, depth - 1, True)))
        text = f"for attempt in range(2):\n{indented(body)}"
        return text + (f"else:\n{indented(draw(inner))}" if draw(st.booleans()) else "")
    if kind == "while":
        body = f"turns += 1\n{draw(blocks(palette, depth - 1, True))}if turns > 2:\n    break\n"
        return f"turns = 0\nwhile turns < 4:\n{indented(body)}"
    if kind == "parts":
        return f"for part in row['text'].split('o'):\n{indented(draw(blocks(palette, depth - 1, True)))}"
    if kind == "with":
        return f"with contextlib.suppress(KeyError):\n{indented(draw(inner))}"
    text = f"match row:\n    case {{'style': b}}:\n{indented(draw(inner), ' ' * 8)}"
    return text + (f"    case _:\n{indented(draw(inner), ' ' * 8)}" if draw(st.booleans()) else "")


@st.composite
def loops(draw: st.DrawFn, number: int) -> str:
    palette = draw(PALETTES)
    start = "a = row['text']\n" if draw(st.integers(0, 6)) else ""
    start += draw(st.sampled_from(["answer, b = '', 'plain'\n"] * 4 + ["answer = None\n", ""]))
    before = draw(blocks(palette, 0, False)) if draw(st.booleans()) else ""
    after = draw(blocks(palette, 1, False)) if draw(st.booleans()) else ""
    body = start + before + draw(statements(palette, 2, False)) + after
    if not any(call in body for call in ("ask", "client")):
        body += f"{palette.calls[0]}\n"
    head = "done.clear()\nrows = json.load(open('many.json'))\n"
    head += "out, seen, labels, count, last, many = [], set(), {}, 0, 'first', []\n"
    head += draw(st.sampled_from(["", "", "answer, a, b = 'none', 'a', 'b'\n"]))
    tail = "print(out, sorted(seen), labels, count, last, many, rows, len(done))\n"
    tail += draw(st.sampled_from(["", "", "", "", "print(answer)\n", "print(a)\n"]))
    loop = f"for number, row in enumerate(rows):\n{indented(body)}"
    text = f"\n\ndef loop():\n{indented(head + loop + tail)}"
    if "ask_" in text or "ask(" in text:
        text = ASKING.rstrip() + text
    return re.sub(r"\b(loop|ask|ask_loudly|ask_and_note)\(", rf"\1_{number}(", text)


@st.composite
def programs(draw: st.DrawFn) -> str:
    functions = "".join(draw(loops(number)) for number in range(LOOPS))
    listed = ", ".join(f"loop_{number}" for number in range(LOOPS))
    return f"{HEAD}{functions}\n\nloops = [{listed}]\n{MAIN}"


@settings(
    max_examples=PROGRAMS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(program=programs())
def test_safe_rewrites_change_nothing(program: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    check(program, tmp_path_factory.mktemp("program"))


def wanted(report: Report) -> set[Location]:
    return {site.location for site in report.sites if site.verdict in (Verdict.ELIGIBLE, Verdict.MIXED)}


def check(program: str, folder: Path) -> int:
    """Rewrite a program and compare both; gives how many of its call sites were rewritten."""
    note(program)
    before, after = folder / "before", folder / "after"
    rows = [{"text": t} for t in ("one", "", "two", "bad [400]", "one", "four")]
    rows[2]["style"] = rows[5]["mark"] = "odd"
    for root in (before, after):
        root.mkdir()
        (root / "many.json").write_text(json.dumps(rows), "utf-8")
        (root / "main.py").write_text(program, "utf-8")

    def again(overlay: Mapping[str, bytes]) -> Report:
        return analyse((), Config(cache=False), after, jobs=1, overlay=overlay)

    done = rewrite(after, again, wanted, unsafe=False)
    if not done.fixed:
        return 0
    write_all(after, done.files)
    note((after / "main.py").read_text("utf-8"))
    with FakeProvider() as fake:
        first = json.loads(run(before, fake.url, folder / "first")[0])
        live = sum(fake.paid_live.values())
    with FakeProvider() as fake:
        second = json.loads(run(after, fake.url, folder / "second")[0])
        paid = sum(fake.paid_live.values()) + sum(fake.paid_batch.values())
    for number, (old, new) in enumerate(zip(first, second, strict=True)):
        if old[0]:
            assert new == old, f"loop_{number}"
    if all(ended for ended, _ in first):
        assert paid == live
    return len(done.fixed)

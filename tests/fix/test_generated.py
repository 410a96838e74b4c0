"""Generated loop bodies: a rewrite that is called safe changes nothing that a program shows."""

import shutil
from pathlib import Path

from fixing import fix_safely, same_behaviour
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

EXAMPLES = 25

HEAD = """
import json

import openai
from openai import OpenAI

client = OpenAI()
ticks = 0
shared = {"style": "brief"}


class State:
    def __init__(self):
        self.n = 0
        self.items = []

    def note(self, text):
        self.items.append(text)


state = State()


def tick():
    global ticks
    ticks += 1
    return ticks


def clean(row):
    return row.get("text", "").strip().lower()


def remember(text, store):
    store.append(text)


def known():
    return len(state.items)


def ask(text, style="brief"):
    messages = [{"role": "user", "content": f"{style} {text}"}]
    reply = client.chat.completions.create(model="m", messages=messages)
    return reply.choices[0].message.content


def ask_known(text):
    return ask(f"{text} {known()}")


def ask_often(text):
    for attempt in range(3):
        try:
            return ask(text)
        except openai.OpenAIError:
            text = text + " again"
    return "nothing"


def ask_shared(text):
    return ask(text, shared["style"])
"""
BEFORE = (
    'a = row["text"].strip()',
    "a = clean(row)",
    "a = f\"{row['text']} {len(seen)}\"",
    "a = a + str(count)",
    "a = last",
    "a = str(tick())",
    "seen.add(a)",
    "if a in seen:\n    continue",
    'if not row["text"]:\n    continue',
    'if row["text"] == "four":\n    break',
    "count += 1",
    "out.append(a)",
    'print("before", a)',
    "last = a",
    'row["mark"] = a',
    "state.n += 1",
    "state.note(a)",
    'shared["style"] = a',
    "messages[0] = {'role': 'user', 'content': a}",
    "many = [a, a]",
    "many.append(a)",
    "b = state.items",
    "b.append(a)",
    'if count > 1:\n    a = "much"',
    "remember(a, out)",
    "a = cache.get(a, a)",
)
CALLS = (
    "answer = ask(a)",
    "answer = ask(a + str(count))",
    'answer = ask(row["text"], style=last)',
    "answer = ask_known(a)",
    "answer = ask_often(a)",
    "answer = ask_shared(a)",
    'answer = ask(f"{a} {state.n}")',
    "answer = ask(str(many))",
    "answer = ask(str(row))",
    "answer = ask(str(len(out)) + a).upper()",
    'answer = client.chat.completions.create(model="m", messages=messages).choices[0].message.content',
    'answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": a}]'
    ").choices[0].message.content",
    "out.append(ask(a))",
    "if ask(a) > a:\n    count += 1",
)
AFTER = (
    "out.append(answer)",
    "cache[a] = answer",
    "count += len(answer)",
    "seen.add(answer)",
    "last = answer",
    "last = a",
    "a = answer",
    "state.n += 1",
    "state.note(answer)",
    "print(a, answer)",
    'row["label"] = answer',
    'row["text"] = answer',
    'if "1" in answer:\n    continue',
    "tick()",
    'shared["style"] = answer',
    "messages.append({'role': 'user', 'content': answer})",
    "many.append(answer)",
    "b = state.items",
    "b.append(answer)",
    "remember(answer, out)",
    "del answer",
    "mine = lambda: row",
)
LOOPS = ("for row in rows:", "for number, row in enumerate(rows):", "for row in list(rows):")


def indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.split("\n"))


@st.composite
def programs(draw: st.DrawFn) -> str:
    before = draw(st.lists(st.sampled_from(BEFORE), min_size=draw(st.integers(0, 2)), max_size=4))
    call = draw(st.sampled_from(CALLS))
    after = draw(st.lists(st.sampled_from(AFTER), min_size=1, max_size=4))
    in_function, in_try, starts = draw(st.booleans()), draw(st.integers(0, 2)), draw(st.integers(0, 3)) > 0
    first = ['a = row["text"]', "answer = ''", *before] if starts else before
    inside = first[len(first) - 1 :] if in_try == 2 else []
    outside = first[: len(first) - len(inside)]
    step = 8 if in_function else 4
    loop = draw(st.sampled_from(LOOPS))
    text = indented(loop, step - 4) + "".join(indented(s, step) for s in outside)
    if in_try:
        text += indented("try:", step) + "".join(indented(s, step + 4) for s in [*inside, call, *after])
        text += indented("except (openai.OpenAIError, KeyError) as error:", step)
        text += indented("print(type(error).__name__)", step + 4)
    else:
        text += "".join(indented(s, step) for s in [call, *after])
    setup = 'rows = json.load(open("many.json"))\nout, seen, cache, count, last = [], set(), {}, 0, "first"\n'
    setup += 'many, messages, a = [], [{"role": "user", "content": "hello"}], "a"\n'
    show = (
        "print(out, sorted(seen), cache, count, last, many, messages, a, rows, state.n, state.items, ticks)\n"
    )
    if not in_function:
        return f"{HEAD}\n\n{setup}{text}{show}"
    body = indented(setup.strip(), 4) + text + indented(show.strip(), 4)
    return f"{HEAD}\n\ndef main():\n{body}\n\nmain()\n"


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(program=programs())
def test_safe_rewrites_change_nothing(program: str, tmp_path: Path) -> None:
    check(program, tmp_path)


def check(program: str, tmp_path: Path) -> None:
    note(program)
    before, after, state = (tmp_path / name for name in ("before", "after", "state"))
    for folder in (before, after, state):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    rows = '[{"text": "one"}, {"text": ""}, {"text": "two"}, {"text": "one"}, {"text": "four"}]'
    (before / "many.json").write_text(rows, "utf-8")
    (after / "many.json").write_text(rows, "utf-8")
    (before / "main.py").write_text(program, "utf-8")
    (after / "main.py").write_text(program, "utf-8")
    if fix_safely(after):
        note((after / "main.py").read_text("utf-8"))
        same_behaviour(before, after, state, must_end=False)

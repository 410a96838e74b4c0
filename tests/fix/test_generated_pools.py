"""Generated functions that a pool runs: a rewrite that is called safe gives the same values and lines.

The pool has one worker, which the program does not say, so that what the program does is known. In which
order records append to a list or print is open in a pool, so lines and lists are sorted.
"""

import shutil
from pathlib import Path

from drive import run
from fake_provider import FakeProvider
from fixing import fix_safely
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

EXAMPLES = 20

HEAD = """
import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed, wait

import openai
from openai import OpenAI

client = OpenAI()
lock = threading.Lock()
shared = {"style": "brief", "count": 0}
known, found, cache = [], [], {}
total = 0


class Asker:
    def __init__(self):
        self.client = OpenAI()
        self.n = 0
        self.items = []
        self.last = "nothing"

    def work(self, row, style="plain"):
        global total
BODY
        return answer


def note(text, store):
    store.append(text)


def send(text):
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


asker = Asker()
"""
BEFORE = (
    'a = f"{a} {len(known)}"',
    'a = f"{a} {self.n}"',
    'a = f"{a} {self.last}"',
    "a = f\"{a} {shared['style']}\"",
    'a = f"{a} {total}"',
    "if a in cache:\n    return cache[a]",
    'if not row["text"]:\n    return "empty"',
    'if row["text"] == "four":\n    raise ValueError("four")',
    "with lock:\n    self.n += 1",
    "total += 1",
    'print("asking", len(a) < 0)',
    'row["mark"] = a',
    "known.append(a)",
    "note(a, self.items)",
    'shared["style"] = style',
    "many = [a, style]\nmany.append(a)\na = str(many)",
    "b = self.items\nb.append(a)",
)
CALLS = (
    "answer = send(a)",
    "answer = send(send(a))",
    "answer = send(a) + str(self.n)",
    'answer = send(f"{a} {style}").upper()',
    "self.n += len(send(a))\nanswer = a",
    "found.append(send(a))\nanswer = a",
    "if send(a) > a:\n    answer = a\nelse:\n    answer = style",
    "for attempt in range(2):\n    try:\n        answer = send(a)\n        break\n"
    "    except openai.OpenAIError:\n        a = a.replace('[400]', 'mended')\n        known.append('x')",
)
AFTER = (
    "found.append(answer)",
    "with lock:\n    total += 1",
    "self.n += 1",
    "self.last = answer",
    "cache[a] = answer",
    'print("got", answer)',
    'row["label"] = answer',
    'shared["style"] = "long"',
    'shared["count"] += 1',
    "note(answer, self.items)",
    "b = known\nb.append(answer)",
    'answer = f"{answer} {len(found) < 0}"',
    'if "bad" in answer:\n    return "bad"',
)
MAPS = (
    "results = list(pool.map(asker.work, rows))",
    "results = list(pool.map(functools.partial(asker.work, style='kind'), rows))",
    "results = list(pool.map(lambda row: asker.work(row, 'short'), rows))",
    "results = list(pool.map(asker.work, rows, [str(n) for n in range(len(rows))]))",
    "results = sorted(pool.map(asker.work, rows))",
    "results = []\nfor answer in pool.map(asker.work, rows):\n    results.append(answer)",
    "results = []\nfor one in pool.map(asker.work, rows):\n    results.append(one)\n    cache[one] = one",
    "pool.map(asker.work, rows)\nresults = None",
)
FUTURES = (
    "futures = [pool.submit(asker.work, row, style='kind') for row in rows]\n",
    "futures = []\nfor row in rows:\n    if row['text']:\n"
    "        futures.append(pool.submit(asker.work, row))\n",
    "futures = {}\nfor n, row in enumerate(rows):\n    futures[pool.submit(asker.work, row, str(n))] = n\n",
    "futures = {pool.submit(asker.work, row): n for n, row in enumerate(rows)}\n",
)
TAKING = (
    "results = []\nfor future in as_completed(futures):\n    try:\n        results.append(future.result())\n"
    "    except (openai.OpenAIError, ValueError) as error:\n        results.append(type(error).__name__)\n"
    "results.sort()",
    "wait(futures)\nresults = sorted(str(future.exception()) for future in futures)",
    "results = [future.result() for future in futures]",
)


def indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.split("\n"))


@st.composite
def programs(draw: st.DrawFn) -> str:
    before = draw(st.lists(st.sampled_from(BEFORE), min_size=draw(st.integers(0, 2)), max_size=3))
    after = draw(st.lists(st.sampled_from(AFTER), min_size=draw(st.integers(0, 2)), max_size=3))
    body = ['a = row["text"]', 'answer = ""', *before, draw(st.sampled_from(CALLS)), *after]
    fan_out = draw(st.sampled_from(MAPS))
    if draw(st.booleans()):
        fan_out = draw(st.sampled_from(FUTURES)) + draw(st.sampled_from(TAKING))
    bad = "bad [400]" if draw(st.booleans()) else "fine"
    main = f'rows = [{{"text": text}} for text in ("one", "", "two", "{bad}", "one", "four")]\n'
    main += 'with ThreadPoolExecutor(max_workers=int(os.getenv("NOBODY_SETS_THIS", "1"))) as pool:\n'
    main += indented(fan_out, 4)
    main += "print(results, rows, sorted(known), sorted(found), sorted(cache.items()), total)\n"
    main += "print(asker.n, sorted(asker.items), asker.last, shared)"
    text = HEAD.replace("BODY\n", indented("\n".join(body), 8))
    return f"{text}\n\ndef main():\n{indented(main, 4)}\n\nmain()\n"


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
        (folder / "main.py").write_text(program, "utf-8")
    if not fix_safely(after):
        return
    note((after / "main.py").read_text("utf-8"))
    with FakeProvider() as fake:
        printed, ended = run(before, fake.url, state / "before")
    if ended != "ended":
        return
    with FakeProvider() as fake:
        now, end = run(after, fake.url, state / "after")
        assert (sorted(now.splitlines()), end) == (sorted(printed.splitlines()), ended)
        assert not +fake.paid_live, "a real-time call is left"

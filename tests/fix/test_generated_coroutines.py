"""Generated coroutines: a rewrite that is called safe changes nothing that a program shows."""

import shutil
from pathlib import Path

from drive import run
from fake_provider import FakeProvider
from fixing import fix_safely
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

EXAMPLES = 20

HEAD = """
import asyncio
import json

import openai
from openai import AsyncOpenAI

client = AsyncOpenAI()
slots = asyncio.Semaphore(2)
one = asyncio.Semaphore(1)
lock = asyncio.Lock()
started, done, cache, messages = [], [], {}, []
counts = {"n": 0}


class State:
    def __init__(self):
        self.n = 0
        self.items = []


state = State()


def known():
    return len(done)


def remember(text, store):
    store.append(text)


async def ask(text):
    reply = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


async def ask_often(text):
    for attempt in range(3):
        try:
            return await ask(text)
        except openai.OpenAIError:
            await asyncio.sleep(0)
            text = text + " again"
    return "nothing"


async def ask_known(text):
    return await ask(f"{text} {known()}")


async def bounded(work):
    async with slots:
        return await work
"""
EARLY = (
    "a = text.strip()",
    'a = f"{text} {len(done)}"',
    'a = f"{a} {known()}"',
    'a = a + str(counts["n"])',
    'a = f"{a} {state.n}"',
    "a = cache.get(a, a)",
    "started.append(a)",
    'counts["n"] += 1',
    "state.n += 1",
    "state.items.append(a)",
    'print("before", a)',
    "await asyncio.sleep(0)",
    'if not text:\n    return ""',
    "if a in cache:\n    return cache[a]",
    'messages.append({"role": "user", "content": a})',
    "remember(a, started)",
    'mine = {"text": a}',
)
CALLS = (
    "answer = await ask(a)",
    "answer = await ask_often(a)",
    "answer = await ask_known(a)",
    "answer = (await ask(a)).upper()",
    'answer = await ask(a)\nanswer = await ask(answer + "?")',
    'reply = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": a}])\n'
    "answer = reply.choices[0].message.content",
    'reply = await client.chat.completions.create(model="m", messages=messages or [{"role": "user", '
    '"content": a}])\nanswer = reply.choices[0].message.content',
    "answer = await asyncio.wait_for(ask(a), 60)",
    "answer = await asyncio.create_task(ask(a))",
    'answer = " ".join(await asyncio.gather(ask(a), ask(a + "!")))',
)
LATE = (
    "done.append(answer)",
    "cache[a] = answer",
    'counts["n"] += len(answer)',
    "state.n += 1",
    "state.items.append(answer)",
    'print("after", a, answer)',
    "remember(answer, done)",
    "pass",
)
LIMITS = ("", "", "async with slots:", "async with one:", "async with lock:")
TOGETHER = (
    "results = await asyncio.gather(*[work(text) for text in texts])",
    "results = await asyncio.gather(*(work(t) for t in texts if t), return_exceptions=True)",
    "results = await asyncio.gather(*map(work, texts))",
    "results = await asyncio.gather(*[bounded(work(text)) for text in texts])",
    "tasks = [asyncio.create_task(work(text)) for text in texts]\nresults = await asyncio.gather(*tasks)",
    "tasks = []\nfor text in texts:\n    tasks.append(work(text))\nresults = await asyncio.gather(*tasks)",
    "tasks = {}\nfor number, text in enumerate(texts):\n    tasks[number] = asyncio.create_task(work(text))\n"
    "results = await asyncio.gather(*tasks.values())",
    "tasks = [asyncio.create_task(work(text)) for text in texts]\nprint(len(started))\n"
    "results = await asyncio.gather(*tasks)",
    "tasks = [asyncio.create_task(work(text)) for text in texts]\nawait asyncio.sleep(0)\n"
    "print(len(started))\nresults = await asyncio.gather(*tasks)",
    "results = []\nfor task in asyncio.as_completed([work(text) for text in texts]):\n"
    "    results.append(await task)\nresults.sort()",
    "tasks = [asyncio.create_task(work(text)) for text in texts]\nresults = []\nfor task in tasks:\n"
    "    results.append(await task)\n    started.append('taken')",
    "tasks = [work(text) for text in texts]\nresults = [await task for task in tasks]",
    "async with asyncio.TaskGroup() as group:\n"
    "    tasks = [group.create_task(work(text)) for text in texts]\nresults = [t.result() for t in tasks]",
    "results = []\nasync with asyncio.TaskGroup() as group:\n    for text in texts:\n        if text:\n"
    "            group.create_task(work(text))",
)
ONE_BY_ONE = (
    "results = []\nfor text in texts:\n    results.append(await work(text))",
    "results = []\nfor text in texts:\n    if not text:\n        continue\n    result = await work(text)\n"
    "    print(text, result)\n    results.append(result)",
    "results = [await work(text) for text in texts]",
    "results = {text: await work(text) for text in texts}",
    "results = []\nfor text in texts:\n    try:\n        results.append(await work(text))\n"
    "    except openai.OpenAIError as error:\n        results.append(type(error).__name__)",
    "results = []\nfor text in texts:\n    prompt = f'{text} {len(results)}'\n"
    "    results.append(await work(prompt))",
    "results = []\nfor text in texts:\n    reply = await client.chat.completions.create(\n"
    '        model="m", messages=[{"role": "user", "content": text}]\n    )\n'
    "    results.append(reply.choices[0].message.content)\n    results.append(await work(text))",
)


def indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.split("\n"))


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, bool]:
    """A program, and whether the order of its output depends on the order of the answers."""
    is_ordered = draw(st.booleans())
    form = draw(st.sampled_from(ONE_BY_ONE if is_ordered else TOGETHER))
    early = draw(st.lists(st.sampled_from(EARLY), max_size=3))
    late = draw(st.lists(st.sampled_from(LATE), max_size=2))
    call, limit = draw(st.sampled_from(CALLS)), draw(st.sampled_from(LIMITS))
    body = indented("a = text", 4)
    inside = draw(st.integers(0, 2)) if limit else 0
    statements = [*early, call, *late]
    if limit:
        first = len(early) if inside == 0 else 0
        last = len(early) + 1 if inside < 2 else len(statements)
        body += "".join(indented(s, 4) for s in statements[:first]) + indented(limit, 4)
        body += "".join(indented(s, 8) for s in statements[first:last])
        body += "".join(indented(s, 4) for s in statements[last:])
    else:
        body += "".join(indented(s, 4) for s in statements)
    work = f"async def work(text):\n{body}    return answer\n"
    texts = draw(st.sampled_from(('["one", "two", "", "one", "four"]', '["one", "bad [400]", "two"]')))
    show = (
        "print(results, sorted(started), sorted(done), sorted(cache.items()), counts, len(messages))\n"
        "print(state.n, sorted(state.items))"
    )
    main = f"async def main():\n    texts = json.loads('{texts}')\n{indented(form, 4)}{indented(show, 4)}"
    return f"{HEAD}\n\n{work}\n\n{main}\n\nasyncio.run(main())\n", is_ordered


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=programs())
def test_safe_rewrites_of_coroutines_change_nothing(made: tuple[str, bool], tmp_path: Path) -> None:
    check(*made, tmp_path)


def check(program: str, is_ordered: bool, tmp_path: Path) -> bool:
    """Run a program before and after its rewrite; gives whether there was one."""
    note(program)
    before, after, state = (tmp_path / name for name in ("before", "after", "state"))
    for folder in (before, after, state):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    (before / "main.py").write_text(program, "utf-8")
    (after / "main.py").write_text(program, "utf-8")
    if not fix_safely(after):
        return False
    note((after / "main.py").read_text("utf-8"))
    with FakeProvider() as fake:
        printed, ended = run(before, fake.url, state / "before")
        live = +fake.paid_live
    if ended != "ended":
        return True
    with FakeProvider() as fake:
        again = run(after, fake.url, state / "after")
        fake.run_out()
        assert again[1] == ended
        assert _lines(again[0], is_ordered) == _lines(printed, is_ordered)
        assert fake.paid_batch.total()
        assert fake.paid_live + fake.paid_batch == live
    return True


def _lines(text: str, is_ordered: bool) -> list[str]:
    """The lines of an output; without their order where that is open in the program itself."""
    return text.splitlines() if is_ordered else sorted(text.splitlines())

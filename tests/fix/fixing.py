"""Cases of rewrites, and a program before and after one."""

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from drive import run
from fake_provider import FakeProvider

from batchlint import engine
from batchlint.catalog.world import World
from batchlint.config import Config
from batchlint.engine import analyse
from batchlint.finding import FixKind
from batchlint.fix import Plan, apply, plans, write_all

# The packaged catalog is the same for all programs, and reading it takes longer than all the rest.
_WORLD = World()
engine.World = lambda *_, **__: _WORLD  # type: ignore[assignment,misc]

TESTDATA = Path(__file__).parents[2] / "testdata" / "fix"
PROVIDERS = ("openai", "anthropic")
DATA = {
    "docs.txt": "one\n\ntwo\nthree\nfour\none\n",
    "bad.txt": "one\n\ntwo\nbad [400]\nfour\none\n",
    "many.txt": "".join(f"text {number}\n" for number in range(120)),
    "rows.json": '[{"text": "one"}, {}, {"text": "bad [400]"}, {"text": "four"}]',
}
"""What the programs read: texts, one of them empty and one that the provider refuses."""
_FENCE = re.compile(r"^```py ([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANTHROPIC = (
    ("AsyncOpenAI", "AsyncAnthropic"),
    ("from openai import OpenAI", "from anthropic import Anthropic"),
    ("OpenAI()", "Anthropic()"),
    (": OpenAI", ": Anthropic"),
    ("chat.completions.create(", "messages.create(max_tokens=9, "),
    (".choices[0].message.content", ".content[0].text"),
    ("openai.OpenAIError", "anthropic.AnthropicError"),
    ("openai", "anthropic"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, the files that show it, and what becomes of it: a kind of fix or a reason to decline."""

    claim: str
    files: dict[str, str]
    expected: str

    def write(self, root: Path, provider: str) -> None:
        """Write the program as one of a provider's."""
        root.mkdir(parents=True, exist_ok=True)
        for name, text in DATA.items():
            (root / name).write_text(text, "utf-8")
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(translated(text) if provider == "anthropic" else text, "utf-8")


def translated(text: str) -> str:
    """A program of the OpenAI SDK as one of Anthropic's."""
    for old, new in _ANTHROPIC:
        text = text.replace(old, new)
    return text


def read_cases(name: str) -> list[Case]:
    """The cases of a Markdown file: a heading, `Fix: kind` or `Declined: reason`, and files."""
    found = []
    for section in re.split(r"^## ", (TESTDATA / name).read_text("utf-8"), flags=re.MULTILINE)[1:]:
        claim, _, body = section.partition("\n")
        expected = re.findall(r"^(?:Fix|Declined): (\S+)$", body, re.MULTILINE)
        files = dict(_FENCE.findall(body))
        if len(expected) != 1 or "main.py" not in files:
            raise ValueError(f"{name}: {claim}: a case names one outcome and has a main.py")
        found.append(Case(claim, files, expected[0]))
    return found


def plan(root: Path) -> list[Plan]:
    """The plans for a program."""
    report = analyse((), Config(), root, jobs=1)
    return plans(root, report.analysis, {}) if report.analysis is not None else []


def fix(root: Path, kinds: tuple[FixKind, ...] = (FixKind.SAFE, FixKind.UNSAFE)) -> list[Plan]:
    """Write every plan of a program, again and again until none is left; gives the plans written."""
    done: list[Plan] = []
    while len(done) < 9:
        ready = [p for p in plan(root) if p.kind in kinds]
        if not ready:
            return done
        files = {path: apply((root / path).read_bytes(), edits) for path, edits in ready[0].edits.items()}
        write_all(root, {**files, **ready[0].added})
        done.append(ready[0])
    pytest.fail("the fixes do not come to an end")


def fix_safely(root: Path) -> list[Plan]:
    """As `fix`, with safe plans only."""
    return fix(root, (FixKind.SAFE,))


def check_shape(case: Case, provider: str, folder: Path, *, storage_url: str = "") -> None:
    """A program that is rewritten as its case says, and does the same as before."""
    before, after, state = folder / "before", folder / "after", folder / "state"
    state.mkdir()
    case.write(before, provider)
    shutil.copytree(before, after)
    done = fix(after)
    assert done, [(o.reason.value, o.message) for p in plan(before) for o in p.obstacles]
    kinds = {p.kind.value for p in done}
    assert kinds == {case.expected}, [(o.reason.value, o.message) for p in done for o in p.obstacles]
    assert not [p for p in plan(after) if p.kind is not FixKind.NONE]
    same_behaviour(before, after, state, same_items=provider in PROVIDERS, storage_url=storage_url)


def check_declined(case: Case, folder: Path) -> None:
    """A program that is left as it is, for the reason that its case names."""
    case.write(folder, "openai")
    found = plan(folder)
    assert found
    assert {p.kind for p in found} == {FixKind.NONE}
    assert case.expected in {obstacle.reason.value for p in found for obstacle in p.obstacles}


@contextmanager
def storage() -> Iterator[str]:
    """An S3 service on the loopback interface with the bucket that the programs use: its URL."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        bucket_client(f"http://{host}:{port}").create_bucket(Bucket="prompts")
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def bucket_client(url: str) -> Any:
    """A client of an S3 service at a URL."""
    import boto3

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client("s3", region_name="us-east-1", endpoint_url=url, **keys)


def same_behaviour(
    before: Path,
    after: Path,
    state: Path,
    *,
    must_end: bool = True,
    same_items: bool = True,
    storage_url: str = "",
) -> None:
    """Run both programs: same output, no real-time call left, as many batch items as there were calls.

    A program that fails by itself shows nothing, unless it `must_end`. The items are those of the calls,
    unless the provider's items leave out (`same_items`) what its jobs hold, such as the model.
    """
    with FakeProvider() as fake:
        expected = run(before, fake.url, state / "before")
        live = +fake.paid_live
        assert not +fake.paid_batch
    if expected[1] != "ended":
        assert not must_end, expected[1]
        return
    with FakeProvider() as fake:
        fake.storage = bucket_client(storage_url) if storage_url else None
        assert run(after, fake.url, state / "after", storage_url) == expected
        fake.run_out()
        assert not +fake.paid_live, "a real-time call is left"
        assert fake.paid_batch.total() == live.total()
        if same_items:
            assert +fake.paid_batch == live
    assert live or not must_end, "the program calls the model"

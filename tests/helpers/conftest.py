"""Fixtures: a fake provider, an own state folder, and clients of the official SDKs that talk to the fake."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fake_provider import FakeProvider


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with FakeProvider() as server:
        yield server


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own, and no waiting."""
    folder = tmp_path / "state"
    monkeypatch.setenv("LLM_BATCH_DIR", str(folder))
    monkeypatch.setenv("LLM_BATCH_POLL_SECONDS", "0")
    return folder


@pytest.fixture
def clients(fake: FakeProvider) -> SimpleNamespace:
    import anthropic
    import openai

    return SimpleNamespace(
        openai=openai.OpenAI(api_key="sk-secret", base_url=f"{fake.url}/v1", max_retries=0),
        async_openai=openai.AsyncOpenAI(api_key="sk-secret", base_url=f"{fake.url}/v1", max_retries=0),
        anthropic=anthropic.Anthropic(api_key="sk-secret", base_url=fake.url, max_retries=0),
        async_anthropic=anthropic.AsyncAnthropic(api_key="sk-secret", base_url=fake.url, max_retries=0),
    )

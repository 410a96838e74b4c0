"""The scan of bytes: which files name a provider, and that reading failures are kept."""

import json
from functools import partial
from pathlib import Path

import pytest
from planted import write

from batchlint.catalog.load import load_catalog
from batchlint.discover import read_bytes
from batchlint.scan import Needles, needles_of, scan

NEEDLES = Needles(
    ("openai", "google.genai", "ell", "langfuse.openai"), (".chat.completions", "api.openai.com")
)


def named(text: str | bytes, path: str = "a.py") -> tuple[str, ...]:
    data = text.encode() if isinstance(text, str) else text
    (only,) = scan((path,), lambda _: data, NEEDLES).files
    return only.named


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ("import openai", ("openai",)),
        ("import os, openai as o", ("openai",)),
        ("def f():\r\n    from openai.types import X\r\n", ("openai",)),
        ("x = 1\rfrom openai import OpenAI\r", ("openai",)),
        ("from google import genai", ("google.genai",)),
        ("from google.genai import types", ("google.genai",)),
        ("from google import (\n    auth,\n    genai,\n)", ("google.genai",)),
        ("from langfuse import openai", ("langfuse.openai",)),
        ("import_module('openai')", ("openai",)),
        ("try: import ell\nexcept ImportError: pass", ("ell",)),
        ("r = client.chat.completions.create()", (".chat.completions",)),
        ("URL = 'https://api.openai.com/v1'\nimport openai", ("api.openai.com", "openai")),
        ("import google.auth", ()),
        ("from .openai import X\nfrom . import openai\nimport my.openai, shell, ell_x", ()),
        ("# openai is great\nprint('openai, ell')", ()),
    ],
)
def test_what_names_a_provider(text: str, needles: tuple[str, ...]) -> None:
    assert named(text) == needles


def test_notebooks_are_scanned_as_they_are_stored() -> None:
    cells = [{"cell_type": "code", "source": ["x = 1\n", "from google import genai\n"]}]
    assert named(json.dumps({"cells": cells}, indent=1), "a.ipynb") == ("google.genai",)
    cells = [{"cell_type": "code", "source": 'x = 1\nimport_module("openai")\nfrom ell import y'}]
    assert named(json.dumps({"cells": cells}), "a.ipynb") == ("ell", "openai")


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_results_keep_the_order_and_failures_are_kept(tmp_path: Path, jobs: int) -> None:
    files = {f"m{number:03}.py": f"import m{number - 1:03}\n" for number in range(200)}
    write(tmp_path, files)
    result = scan((*files, "gone.py"), partial(read_bytes, tmp_path), NEEDLES, jobs)
    assert [scanned.path for scanned in result.files] == list(files)
    assert result.files[7].imports == b"import m006"
    assert [failure.message for failure in result.failures] == ["vanished while batchlint was running"]


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("from langchain_openai import ChatOpenAI", True),
        ("from langchain_core.documents import Document", False),
        ("from langchain_core.documents import Document\nfrom langchain_openai import ChatOpenAI", True),
        ("import langchain_core.documents", True),  # binds the root, from which everything can be taken
        ("from huggingface_hub import hf_hub_download", False),
        ("from huggingface_hub import *", True),
        ("from openai.types.chat import ChatCompletion\ndef f(c): return c.count(1)", False),
        (
            "from openai.types.chat import ChatCompletion\ndef f(c): return c.chat.completions\\\n.create()",
            True,
        ),
    ],
)
def test_an_import_counts_when_a_call_can_come_of_it(text: str, is_named: bool) -> None:
    (only,) = scan(("a.py",), lambda _: text.encode(), needles_of(load_catalog())).files
    assert bool(only.named) is is_named


def test_needles_of_the_catalog() -> None:
    needles = needles_of(load_catalog())
    assert {"openai", "anthropic", "google.genai"} <= set(needles.roots)
    assert ".chat.completions" in needles.texts
    # Most files that import boto3 have nothing to do with Bedrock.
    assert "boto3" not in needles.roots
    assert "bedrock" in needles.texts
    (bedrock,) = scan(("a.py",), lambda _: b"boto3.client('bedrock-runtime')", needles).files
    assert bedrock.named == ("bedrock",)

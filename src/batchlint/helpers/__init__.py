"""The batch helpers: the package ``llm_batch`` that ``--fix`` copies into a user's tree.

The modules in ``llm_batch/`` are what the user gets, byte for byte; only ``__init__.py`` is written for the
providers in use. They need Python 3.9 and the provider's SDK, nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from typing import NamedTuple


class Part(NamedTuple):
    """A provider's share of the package: its module, the modules that one needs, and its public names."""

    module: str
    needs: tuple[str, ...]
    names: tuple[str, ...]


CORE_NAMES: Mapping[str, tuple[str, ...]] = {
    "lockstep": ("in_order", "pause"),
    "model": ("Outcome", "Request"),
    "runner": ("DeadlineExceededError", "NotReadyError"),
    "steps": (
        "collect",
        "run_batch",
        "run_now",
        "run_outcomes",
        "run_requests",
        "submit",
    ),
    "store": ("AlreadyRunningError", "RunError", "finish"),
}
"""The modules that every copy holds, beside ``__main__``, and their public names."""
EXTRA_NAMES: Mapping[str, tuple[str, ...]] = {
    "limits": ("unless_batched", "wait_unless_batched"),
    "retries": ("retried_steps",),
    "steps_async": (
        "batch_call",
        "collect_async",
        "run_batch_async",
        "run_now_async",
        "run_outcomes_async",
        "run_requests_async",
        "submit_async",
    ),
}
"""The modules that are copied for those who use one of their public names."""
_OPENAI = Part(
    "openai_batch",
    ("sdk",),
    (
        "chat_request",
        "completion_request",
        "embedding_request",
        "image_request",
        "moderation_request",
        "parse_request",
        "responses_parse_request",
        "responses_request",
    ),
)
_GEMINI = Part(
    "gemini_batch",
    ("vertex_batch",),  # an environment variable turns a client into one of Vertex AI
    ("embed_content_request", "generate_content_request"),
)
PARTS: Mapping[str, Part] = {
    "openai": _OPENAI,
    "azure_openai": _OPENAI,
    "anthropic": Part(
        "anthropic_batch",
        ("sdk",),
        (
            "beta_message_parse_request",
            "beta_message_request",
            "message_parse_request",
            "message_request",
        ),
    ),
    "bedrock": Part("bedrock_batch", (), ("converse_request", "invoke_model_request")),
    "gemini": _GEMINI,
    "groq": Part("groq_batch", ("openai_batch", "sdk"), ("groq_chat_request",)),
    "mistral": Part(
        "mistral_batch",
        (),
        (
            "mistral_chat_request",
            "mistral_chat_request_async",
            "mistral_embedding_request",
            "mistral_embedding_request_async",
            "mistral_parse_request",
            "mistral_parse_request_async",
        ),
    ),
    "vertex": _GEMINI,
}
"""What each provider adds, by the catalog's name of the provider."""
DOCSTRING = '''"""LLM calls through the providers' batch APIs, at half the price of real-time calls.

Copied into this project by batchlint; it is yours now, and needs nothing from batchlint.
``steps.py`` says how to use it, ``runner.py`` what is guaranteed when a run is interrupted.
"""
'''


def supported(provider: str) -> bool:
    """Whether there is a helper for a provider, named as in the catalog."""
    return provider in PARTS


def files_for(providers: Iterable[str], extras: Collection[str] = tuple(EXTRA_NAMES)) -> Mapping[str, str]:
    """Return the files of the package for some providers, with some of the extra modules: file name to text.

    Raises KeyError for a provider without a helper; see ``supported``.
    """
    parts = [PARTS[provider] for provider in providers]
    modules = {"__main__", *CORE_NAMES, *extras, *(["steps_async"] if "limits" in extras else ())}
    for part in parts:
        modules.update((part.module, *part.needs))
    source = files(__package__).joinpath("llm_batch")
    texts = {
        f"{name}.py": source.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in sorted(modules)
    }
    return {"__init__.py": init_for(modules), **texts}


def init_for(modules: Collection[str]) -> str:
    """Return the text of the ``__init__.py`` of a package that holds some modules."""
    exported = {**CORE_NAMES, **EXTRA_NAMES, **{part.module: part.names for part in PARTS.values()}}
    lines = [
        f"from .{module} import {name} as {name}\n"
        for module, names in sorted(exported.items())
        for name in names
        if module in modules
    ]
    return f"{DOCSTRING}\n{''.join(lines)}"

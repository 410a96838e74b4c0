"""The batch helpers: the package ``llm_batch`` that ``--fix`` copies into a user's tree.

The modules in ``llm_batch/`` are what the user gets, byte for byte; only ``__init__.py`` is written for the
providers in use. They need Python 3.9 and the provider's SDK, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import NamedTuple


class Part(NamedTuple):
    """A provider's share of the package: its module, the modules that one needs, and its public names."""

    module: str
    needs: tuple[str, ...]
    names: tuple[str, ...]


CORE = ("__main__", "limits", "model", "process", "runner", "steps", "store")
"""Modules that every copy holds."""
CORE_NAMES: Mapping[str, tuple[str, ...]] = {
    "limits": ("unless_batched", "wait_unless_batched"),
    "model": ("Outcome", "Request"),
    "process": ("finish",),
    "runner": ("DeadlineExceededError", "NotReadyError"),
    "steps": (
        "batch_call",
        "collect",
        "collect_async",
        "pause",
        "run_batch",
        "run_batch_async",
        "run_now",
        "run_now_async",
        "run_outcomes",
        "run_outcomes_async",
        "run_requests",
        "run_requests_async",
        "submit",
        "submit_async",
    ),
    "store": ("AlreadyRunningError", "RunError"),
}
"""Public names of the core modules."""
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
    "gemini": Part("gemini_batch", (), ("embed_content_request", "generate_content_request")),
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


def files_for(providers: Iterable[str]) -> Mapping[str, str]:
    """Return the files of the package for some providers: file name to text.

    Raises KeyError for a provider without a helper; see ``supported``.
    """
    parts = {PARTS[provider].module: PARTS[provider] for provider in providers}
    needed = {module for part in parts.values() for module in part.needs}
    source = files(__package__).joinpath("llm_batch")
    modules = sorted({*CORE, *needed, *parts})
    texts = {f"{name}.py": source.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in modules}
    return {"__init__.py": init_for(parts.values()), **texts}


def init_for(parts: Iterable[Part]) -> str:
    """Return the text of the package's ``__init__.py`` for some providers' parts."""
    exported = {**CORE_NAMES, **{part.module: part.names for part in parts}}
    imports = []
    for module, names in sorted(exported.items()):
        line = f"from .{module} import {', '.join(names)}"
        if len(line) > 88:
            line = f"from .{module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        imports.append(line)
    listed = "".join(
        f'    "{name}",\n' for name in sorted(name for names in exported.values() for name in names)
    )
    return f"{DOCSTRING}\n" + "\n".join(imports) + f"\n\n__all__ = [\n{listed}]\n"

"""Catalog paths against the installed SDKs: every step of every path is there."""

import importlib.util
from collections.abc import Iterator

import pytest
from sdk_paths import MissingStepError, UnknownStepError, follow

from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import AccessPath, Provider

PROVIDERS = {provider.name: provider for provider in load_catalog().providers if provider.operations}
# SDKs of the test environment, each with how many of its paths must be walked to the end: of a wrapper
# library some integrations are not installed, and some annotations name a type variable.
WALKED = {
    "anthropic": 150,
    "bedrock": 40,
    "cohere": 100,
    "fireworks": 10,
    "gemini": 100,
    "groq": 20,
    "huggingface": 80,
    "langchain": 200,
    "litellm": 40,
    "mistral": 80,
    "ollama": 10,
    "openai": 500,
    "replicate": 20,
    "together": 30,
    "xai": 10,
}


def current_paths(provider: Provider) -> Iterator[tuple[AccessPath, dict[str, object]]]:
    """The paths of current SDK versions, each with what the conditions of its client ask for."""
    operations = [row for row in provider.operations if not row.legacy]
    for group in provider.clients:
        if group.legacy:
            continue
        options: dict[str, object] = {
            str(argument.keyword): glob == "True" or glob for argument, glob in group.where if glob != "*"
        }
        for row in operations:
            if group.name in row.clients:
                starts = tuple(path for path in row.paths if any(path[: len(p)] == p for p in group.paths))
                yield from ((path, options) for path in starts)
    for row in operations:
        if not row.clients:
            yield from ((path, {}) for path in (*row.paths, *row.decorators))
    yield from ((path, {}) for path in provider.wraps)


def is_installed(provider: Provider, path: AccessPath) -> bool:
    """Whether the module is there that a path starts with, as the provider's imports name it."""
    names = [name for name in provider.imports if path[: name.count(".") + 1] == tuple(name.split("."))]
    module = max(names, key=len, default=path[0])
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("name", PROVIDERS)
def test_paths_exist_in_the_installed_sdk(name):
    walked, missing = 0, []
    for path, options in current_paths(PROVIDERS[name]):
        if not is_installed(PROVIDERS[name], path):
            continue
        try:
            follow(path, options)
        except MissingStepError as error:
            missing.append(str(error))
        except UnknownStepError:
            continue
        else:
            walked += 1
    if not walked and not missing:
        pytest.skip(f"{PROVIDERS[name].distribution} is not installed")
    assert missing == []
    assert walked >= WALKED.get(name, 1)

"""The packaged provider files: complete, consistent, and each row shown by an example."""

import ast
import re
from collections import defaultdict
from fnmatch import fnmatchcase

import pytest

from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import Kind

CATALOG = load_catalog()
PROVIDERS = {provider.name: provider for provider in CATALOG.providers}
EXPECTATION = re.compile(r"# (site|batch): (.+)$", re.MULTILINE)
WITH_CALLS = [name for name, provider in PROVIDERS.items() if provider.operations]


def expectations(name: str) -> set[tuple[str, str]]:
    return {found for example in PROVIDERS[name].examples for found in EXPECTATION.findall(example.code)}


@pytest.mark.parametrize("name", PROVIDERS)
def test_says_where_its_facts_come_from(name):
    provider = PROVIDERS[name]
    assert provider.source.startswith("https://") or provider.source == "hosts.toml"
    assert provider.checked != "unchecked" or not provider.operations


@pytest.mark.parametrize("name", WITH_CALLS)
def test_every_operation_has_an_example(name):
    shown = {operation for _, operation in expectations(name)}
    listed = {row.name for row in PROVIDERS[name].operations if row.kind is not Kind.NONE}
    assert listed <= shown


@pytest.mark.parametrize("name", WITH_CALLS)
def test_examples_expect_what_is_listed(name):
    rows = defaultdict(set)
    for row in PROVIDERS[name].operations:
        rows["batch" if row.kind is Kind.BATCH else "site"].add(row.name)
    for word, operation in expectations(name):
        assert operation in rows[word]


@pytest.mark.parametrize("name", WITH_CALLS)
def test_examples_are_python_and_expect_only_on_calls(name):
    for example in PROVIDERS[name].examples:
        called = {node.lineno for node in ast.walk(ast.parse(example.code)) if isinstance(node, ast.Call)}
        for number, line in enumerate(example.code.splitlines(), 1):
            assert number in called or not EXPECTATION.search(line)


@pytest.mark.parametrize("name", WITH_CALLS)
def test_client_groups_are_used(name):
    provider = PROVIDERS[name]
    used = {group for row in provider.operations for group in row.clients}
    assert {group.name for group in provider.clients} == used


def test_a_path_belongs_to_one_provider():
    owners = defaultdict(set)
    for provider in CATALOG.providers:
        for row in provider.operations:
            for path in (*row.paths, *row.decorators):
                owners[path].add(provider.name)
    assert {path: names for path, names in owners.items() if len(names) > 1} == {}


def test_a_path_is_one_operation_of_its_provider():
    for provider in CATALOG.providers:
        seen = defaultdict(set)
        for row in provider.operations:
            for path in row.paths:
                seen[path].add(row.name)
        twice = {path: names for path, names in seen.items() if len(names) > 1}
        assert all(len(group_conditions(provider, path)) > 1 for path in twice), twice


def group_conditions(provider, path):
    """The conditions on which groups of one provider share a path."""
    groups = [g for g in provider.clients if any(path[: len(p)] == p for p in g.paths)]
    return {group.where for group in groups}


def test_groups_share_a_path_only_under_conditions():
    for provider in CATALOG.providers:
        seen = defaultdict(list)
        for group in provider.clients:
            for path in group.paths:
                seen[path].append(group.where)
        for path, conditions in seen.items():
            assert len(conditions) == len(set(conditions)), (provider.name, path)


def test_paths_start_with_what_the_file_says_is_imported():
    for provider in CATALOG.providers:
        roots = {name.partition(".")[0] for name in provider.imports}
        for row in provider.operations:
            assert {path[0] for path in (*row.paths, *row.decorators)} <= roots, (provider.name, row.name)


def test_both_ways_of_calling_are_told_apart():
    for provider in CATALOG.providers:
        ways = defaultdict(set)
        for row in provider.operations:
            for path in row.paths:
                ways[path].add(row.is_async)
        assert [path for path, found in ways.items() if len(found) > 1] == [], provider.name


def test_only_local_providers_and_wrappers_lack_terms():
    for provider in CATALOG.providers:
        if provider.batch_api is None and provider.no_batch is None:
            assert provider.routes or provider.name == "gateway", provider.name


def test_what_the_batch_apis_take():
    def takes(name):
        api = PROVIDERS[name].batch_api
        return {str(kind) for kind in api.kinds} if api else set()

    assert takes("openai") == {"chat", "completion", "embedding", "moderation", "image"}
    assert takes("azure") == takes("anthropic") == takes("bedrock") == takes("fireworks") == {"chat"}
    assert takes("gemini") == takes("vertex") == takes("cohere") == {"chat", "embedding"}
    assert takes("groq") == takes("together") == {"chat", "audio"}
    assert takes("deepseek") == takes("ollama") == takes("vllm") == set()


URLS = [
    ("https://api.openai.com/v1/chat/completions", "openai", "chat/completions"),
    ("https://api.openai.com/v1/responses", "openai", "responses"),
    ("https://api.openai.com/v1/embeddings", "openai", "embeddings"),
    ("https://api.openai.com/v1/moderations", "openai", "moderations"),
    ("https://api.openai.com/v1/images/generations", "openai", "images/generations"),
    ("https://api.openai.com/v1/audio/transcriptions", "openai", "audio"),
    ("https://api.openai.com/v1/batches", "openai", "batches"),
    ("https://api.openai.com/v1/threads/t/runs", "openai", "threads/runs"),
    ("https://api.openai.com/v1/threads/t/messages", "openai", None),
    ("https://api.openai.com/v1/files", "openai", None),
    ("https://api.openai.com/v1/models", "openai", None),
    ("https://acme.openai.azure.com/openai/deployments/d/chat/completions", "azure", "chat/completions"),
    ("https://api.anthropic.com/v1/messages", "anthropic", "messages"),
    ("https://api.anthropic.com/v1/messages/batches", "anthropic", "batches"),
    ("https://api.anthropic.com/v1/complete", "anthropic", "complete"),
    (
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
        "gemini",
        "generateContent",
    ),
    (
        "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
        "vertex",
        "generateContent",
    ),
    (
        "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/text-bison:predict",
        "vertex",
        "predict",
    ),
    ("https://us-central1-aiplatform.googleapis.com/v1/projects/p/endpoints/7:predict", "vertex", None),
    ("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse", "bedrock", "converse"),
    ("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke", "bedrock", "converse"),
    ("https://api.cohere.com/v2/chat", "cohere", "chat"),
    ("https://models.inference.ai.azure.com/chat/completions", "github", "chat/completions"),
    ("https://openrouter.ai/api/v1/chat/completions", "openrouter", "chat/completions"),
    ("https://api.chat.jina.ai/v1/chat/completions", "jina", "chat/completions"),
    (
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
        "dashscope",
        "chat/completions",
    ),
    ("https://api-inference.huggingface.co/models/gpt2", "huggingface", "models"),
    ("https://api.replicate.com/v1/predictions", "replicate", "predictions"),
    ("http://localhost:11434/api/generate", "ollama", "api/generate"),
    ("http://192.168.1.7:8000/v1/chat/completions", "local", "chat/completions"),
    ("http://localhost:8000/api/chat", "local", None),
    ("http://localhost:8000/api/videos", "local", None),
    ("http://localhost:8000/messages", "local", None),
    ("https://acme.openai.azure.com/openai/deployments/d/embeddings", "azure", "embeddings"),
    ("https://open.bigmodel.cn/api/paas/v4/embeddings", "zhipu", "embeddings"),
    ("https://llm.acme.com/v1/chat/completions", None, "chat/completions"),
    ("https://slack.com/api/chat.postMessage", None, None),
    ("https://api.twilio.com/2010-04-01/Accounts/a/messages", None, None),
]


def host_of(url):
    place = url.partition("://")[2].lower()
    name = place.partition("/")[0].partition(":")[0]
    rows = CATALOG.hosts
    for row in rows:
        if fnmatchcase(place, row.pattern) or fnmatchcase(place, f"{row.pattern}/*"):
            return row.vendor
    return next((row.vendor for row in rows if fnmatchcase(name, row.pattern)), None)


@pytest.mark.parametrize(("url", "vendor", "endpoint"), URLS)
def test_urls(url, vendor, endpoint):
    assert host_of(url) == vendor
    path = "/" + url.partition("://")[2].partition("/")[2]
    rows = [
        row
        for row in CATALOG.endpoints
        if re.search(row.path, path) and (row.vendor in (None, vendor) if vendor else row.any_host)
    ]
    assert (rows[0].name if rows else None) == endpoint


@pytest.mark.parametrize(
    ("model", "vendor"),
    [
        ("gpt-5-mini", "openai"),
        ("openai/gpt-5-mini", "openai"),
        ("openai:gpt-5-mini", "openai"),
        ("azure/my-deployment", "azure"),
        ("claude-haiku-4-5", "anthropic"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
        ("gemini/gemini-2.5-flash", "gemini"),
        ("vertex_ai/gemini-2.5-flash", "vertex"),
        ("models/gemini-2.5-flash", "gemini"),
        ("openrouter/anthropic/claude-sonnet-4-6", "openrouter"),
        ("ollama/llama3", "ollama"),
        ("meta-llama/Llama-3.1-8B-Instruct", None),
    ],
)
def test_models_name_their_vendor(model, vendor):
    found = next((row.vendor for row in CATALOG.models if fnmatchcase(model.lower(), row.pattern)), None)
    assert found == vendor


def test_http_calls_know_where_the_url_is():
    for call in CATALOG.http_calls:
        assert call.paths
        assert call.url or call.request, call.paths

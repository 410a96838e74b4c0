"""Groq, Azure, Gemini, Mistral and Bedrock: real time and batch agree, and unanswered creations are found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_provider import FakeProvider, Fault
from mixed import DIRECTIVES, Label

from batchlint.helpers.llm_batch import Request, RunError, batch_call, run_requests, run_requests_async

pytest.importorskip("google.genai")
pytest.importorskip("mistralai")
pytest.importorskip("groq")
pytest.importorskip("boto3")

from batchlint.helpers.llm_batch import (
    chat_request,
    converse_request,
    embed_content_request,
    generate_content_request,
    groq_chat_request,
    invoke_model_request,
    mistral_chat_request,
    mistral_chat_request_async,
    mistral_embedding_request,
    mistral_embedding_request_async,
    mistral_parse_request,
    mistral_parse_request_async,
    responses_request,
)

Maker = Callable[[str], Request]


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def chat(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def seen(value: Any) -> Any:
    """What a program can see of a response or an exception of these SDKs."""
    if isinstance(value, Exception):
        text = str(value).replace(" (reached max retries: 0)", "")
        return type(value).__name__, getattr(value, "status_code", getattr(value, "code", None)), text
    if isinstance(value, dict):
        body = value.get("body")
        return {name: item for name, item in value.items() if name not in ("ResponseMetadata", "body")}, (
            json.loads(body.read()) if body else None
        )
    skipped = {"exclude": {"sdk_http_response"}} if hasattr(value, "sdk_http_response") else {}
    parsed = getattr(value, "parsed", None)
    return type(value), value.model_dump(mode="json", warnings=False, **skipped), parsed


def call_all(requests: list[Request]) -> list[Any]:
    answers = []
    for request in requests:
        try:
            answers.append(seen(request.call()))
        except Exception as error:
            answers.append(seen(error))
    return answers


def texts(count: int, *, skip: str = "") -> list[str]:
    chosen = [directive for directive in DIRECTIVES if directive not in skip]
    return [f"text {number} {chosen[number % len(chosen)]}" for number in range(count)]


def agree(makers: list[Maker], count: int, **settings: Any) -> None:
    """Real-time result == batch result."""

    def requests() -> list[Request]:
        return [makers[number % len(makers)](text) for number, text in enumerate(texts(count))]

    outcomes = run_requests(requests(), **settings)
    assert [seen(outcome.exception() or outcome.result()) for outcome in outcomes] == call_all(requests())


def agree_async(makers: list[Maker], count: int, **settings: Any) -> None:
    """Real-time result == batch result, with an async client."""

    def requests() -> list[Request]:
        return [makers[number % len(makers)](text) for number, text in enumerate(texts(count))]

    async def main() -> None:
        turn = asyncio.Semaphore(20)

        async def in_turn(request: Request) -> Any:
            async with turn:
                return await batch_call(request)

        outcomes = await run_requests_async(requests(), **settings)
        answers = await asyncio.gather(*map(in_turn, requests()), return_exceptions=True)
        found = [seen(outcome.exception() or outcome.result()) for outcome in outcomes]
        assert found == list(map(seen, answers))

    asyncio.run(main())


def test_groq(fake: FakeProvider, state: Path) -> None:
    import groq

    client = groq.Groq(api_key="sk-secret", base_url=fake.url, max_retries=0)
    fake.faults = [Fault("POST", "/batches$", "drop")]
    agree([lambda text: groq_chat_request(client, model="g", messages=chat(text))], 500)
    assert set(fake.paid_batch.values()) <= {0, 1}


def test_groq_async(fake: FakeProvider, state: Path) -> None:
    import groq

    client = groq.AsyncGroq(api_key="sk-secret", base_url=fake.url, max_retries=0)
    agree_async([lambda text: groq_chat_request(client, model="g", messages=chat(text))], 500)


def azure_makers(client: Any) -> list[Maker]:
    return [
        lambda text: chat_request(client, model="same", messages=chat(text)),
        lambda text: responses_request(client, model="same", input=text),
    ]


def test_azure(fake: FakeProvider, state: Path) -> None:
    import openai

    options = {"api_key": "sk-secret", "azure_endpoint": fake.url, "api_version": "v1", "max_retries": 0}
    agree(azure_makers(openai.AzureOpenAI(**options)), 500, azure_openai_batch_deployment="same")
    assert set(fake.paid_batch.values()) <= {0, 1}
    asynchronous = azure_makers(openai.AsyncAzureOpenAI(**options))
    agree_async(asynchronous, 500, azure_openai_batch_deployment="same")


def test_azure_batches_have_a_deployment_of_their_own(
    fake: FakeProvider, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openai

    client = openai.AzureOpenAI(
        api_key="sk-secret", azure_endpoint=fake.url, azure_deployment="live", api_version="v1", max_retries=0
    )
    request = chat_request(client, model="live", messages=chat("x"))
    with pytest.raises(RunError, match="AZURE_OPENAI_BATCH_DEPLOYMENT"):
        run_requests([request])
    monkeypatch.setenv("AZURE_OPENAI_BATCH_DEPLOYMENT", "global-batch")
    assert run_requests([request])[0].result().model == "global-batch"
    [other] = run_requests([request], azure_openai_batch_deployment="other")
    assert other.result().model == "other", "an argument goes before the environment"
    assert fake.count("POST /openai/batches$") == 2
    [late] = run_requests([chat_request(client, model="live", messages=chat("[missing]"))], fallback=True)
    assert late.result().model == "live"


@pytest.fixture
def gemini(fake: FakeProvider) -> Any:
    from google import genai
    from google.genai import types

    once = types.HttpRetryOptions(attempts=1)
    options = types.HttpOptions(base_url=f"{fake.url}/gemini", retry_options=once)
    return genai.Client(api_key="sk-secret", http_options=options, vertexai=False)


def gemini_makers(client: Any) -> list[Maker]:
    config = {"system_instruction": "be brief", "temperature": 0, "max_output_tokens": 9}
    schema = {"response_mime_type": "application/json", "response_schema": Label}
    return [
        lambda text: generate_content_request(client, model="gemini-x", contents=text),
        lambda text: generate_content_request(
            client, model="gemini-x", contents=[text, "more"], config=config
        ),
        lambda text: generate_content_request(client, model="gemini-x", contents=text, config=schema),
    ]


def embedding_makers(client: Any) -> list[Maker]:
    return [lambda text: embed_content_request(client, model="embed-x", contents=text)]


def test_gemini(fake: FakeProvider, state: Path, gemini: Any) -> None:
    fake.faults = [Fault("POST", "batchGenerateContent$", "drop"), Fault("GET", "/batches/", 503)]
    agree([*gemini_makers(gemini), *embedding_makers(gemini)], 500)
    assert set(fake.paid_batch.values()) <= {0, 1}
    assert fake.count("batchGenerateContent$") == 3, "one batch, and two for what answered 429 and 500"


def test_gemini_async(fake: FakeProvider, state: Path, gemini: Any) -> None:
    agree_async([*gemini_makers(gemini.aio), *embedding_makers(gemini.aio)], 500)


@pytest.fixture
def vertex(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> Any:
    from google import genai
    from google.genai import types
    from google.oauth2.credentials import Credentials

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", fake.url)
    once = types.HttpRetryOptions(attempts=1)
    options = types.HttpOptions(base_url=f"{fake.url}/vertex", retry_options=once)
    secret = Credentials("sk-secret")
    return genai.Client(vertexai=True, project="p", location="l", credentials=secret, http_options=options)


def test_vertex(fake: FakeProvider, state: Path, vertex: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match="VERTEX_BATCH_BUCKET"):
        run_requests([generate_content_request(vertex, model="gemini-x", contents="x")])
    monkeypatch.setenv("VERTEX_BATCH_BUCKET", "gs://prompts")
    fake.faults = [Fault("POST", "batchPredictionJobs$", "drop"), Fault("GET", "/batchPredictionJobs/", 503)]
    agree(gemini_makers(vertex), 500)
    assert set(fake.paid_batch.values()) <= {0, 1}
    assert fake.count("POST .*batchPredictionJobs$") == 3, "one, and two for what answered 429 and 500"
    assert all(name.startswith("gs://prompts/llm_batch/") for name in fake.files)
    [outcome] = run_requests(
        [generate_content_request(vertex, model="gemini-x", contents="x [missing x1]")],
        vertex_batch_bucket="other",
    )
    assert outcome.result().text
    assert any(name.startswith("gs://other/") for name in fake.files)
    [embedding] = run_requests([embed_content_request(vertex, model="embed-x", contents="x")])
    assert "generate_content only" in str(embedding.exception())


def test_vertex_async(fake: FakeProvider, state: Path, vertex: Any) -> None:
    agree_async(gemini_makers(vertex.aio), 500, vertex_batch_bucket="prompts")


def test_gemini_jobs_that_expire_or_end_half_done(fake: FakeProvider, state: Path, gemini: Any) -> None:
    fake.gemini_ends = ["EXPIRED", "PARTIALLY_SUCCEEDED"]
    make = gemini_makers(gemini)[0]
    outcomes = run_requests([make(f"text {number}") for number in range(6)])
    assert len({outcome.result().text for outcome in outcomes}) == 6
    assert set(fake.paid_batch.values()) == {1}
    assert fake.count("batchGenerateContent$") == 3


def test_gemini_does_not_call_functions(fake: FakeProvider, state: Path, gemini: Any) -> None:
    def tool(word: str) -> str:
        """Look a word up."""
        return word

    request = generate_content_request(gemini, model="m", contents="x", config={"tools": [tool]})
    assert "real time only" in str(run_requests([request])[0].exception())


def test_mistral(fake: FakeProvider, state: Path) -> None:
    from mistralai.client import Mistral

    client = Mistral(api_key="sk-secret", server_url=f"{fake.url}/mistral")
    fake.faults = [Fault("POST", "/batch/jobs$", "drop"), Fault("GET", "/batch/jobs/", 503)]
    agree(
        [
            lambda text: mistral_chat_request(client, model="m", messages=chat(text), timeout_ms=5000),
            lambda text: mistral_parse_request(client, model="m", messages=chat(text), response_format=Label),
            lambda text: mistral_embedding_request(client, model="e", inputs=[text, "more"]),
        ],
        500,
    )
    assert set(fake.paid_batch.values()) <= {0, 1}


def test_mistral_async(fake: FakeProvider, state: Path) -> None:
    from mistralai.client import Mistral

    client = Mistral(api_key="sk-secret", server_url=f"{fake.url}/mistral")
    agree_async(
        [
            lambda text: mistral_chat_request_async(client, model="m", messages=chat(text)),
            lambda text: mistral_parse_request_async(
                client, model="m", messages=chat(text), response_format=Label
            ),
            lambda text: mistral_embedding_request_async(client, model="e", inputs=[text, "more"]),
        ],
        500,
    )


@pytest.fixture
def bedrock(fake: FakeProvider, moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    import boto3
    from botocore.config import Config

    settings = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "sk-secret",
        "AWS_ENDPOINT_URL_BEDROCK": fake.url,
        "AWS_ENDPOINT_URL_S3": moto,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    fake.storage = boto3.client("s3", region_name="us-east-1")
    fake.storage.create_bucket(Bucket="prompts")
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=fake.url, config=once)


def test_bedrock(fake: FakeProvider, state: Path, bedrock: Any) -> None:
    def invoke(text: str) -> Request:
        body = json.dumps({"messages": chat(text), "max_tokens": 5})
        return invoke_model_request(bedrock, modelId="claude", body=body)

    def converse(text: str) -> Request:
        messages = [{"role": "user", "content": [{"text": text}]}]
        return converse_request(
            bedrock, modelId="claude", messages=messages, inferenceConfig={"maxTokens": 5}
        )

    fake.faults = [Fault("POST", "/model-invocation-job$", "drop")]
    with pytest.raises(RunError, match="BEDROCK_BATCH_BUCKET"):
        run_requests([converse("x")])
    role = "arn:aws:iam::123456789012:role/batch"
    agree([invoke, converse], 500, bedrock_batch_bucket="prompts", bedrock_batch_role_arn=role)
    assert set(fake.paid_batch.values()) <= {0, 1}


def test_bedrock_sends_few_requests_in_real_time(
    fake: FakeProvider, state: Path, bedrock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_BATCH_BUCKET", "prompts")
    monkeypatch.setenv("BEDROCK_BATCH_ROLE_ARN", "arn:aws:iam::123456789012:role/batch")
    messages = [
        {"role": "user", "content": [{"text": "hi"}, {"image": {"format": "png", "source": {"bytes": b"x"}}}]}
    ]
    [outcome] = run_requests([converse_request(bedrock, modelId="claude", messages=messages)])
    assert outcome.result()["usage"]["totalTokens"] == 10
    assert fake.calls == ["POST /model/claude/converse"]
    with_tools = converse_request(
        bedrock, modelId="claude", messages=messages, toolConfig={"tools": []} | {"x": 1}
    )
    assert "toolConfig" in str(run_requests([with_tools])[0].exception())

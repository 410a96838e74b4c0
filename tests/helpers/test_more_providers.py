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
    mistral_parse_request,
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
    def requests() -> list[Request]:
        return [makers[number % len(makers)](text) for number, text in enumerate(texts(count))]

    outcomes = run_requests(requests(), **settings)
    assert [seen(outcome.exception() or outcome.result()) for outcome in outcomes] == call_all(requests())


def test_groq(fake: FakeProvider, state: Path) -> None:
    import groq

    client = groq.Groq(api_key="sk-secret", base_url=fake.url, max_retries=0)
    fake.faults = [Fault("POST", "/batches$", "drop")]
    agree([lambda text: groq_chat_request(client, model="g", messages=chat(text))], 500)
    assert set(fake.paid_batch.values()) <= {0, 1}


def test_azure(fake: FakeProvider, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openai

    client = openai.AzureOpenAI(
        api_key="sk-secret", azure_endpoint=fake.url, azure_deployment="live", api_version="v1", max_retries=0
    )
    with pytest.raises(RunError, match="AZURE_OPENAI_BATCH_DEPLOYMENT"):
        run_requests([chat_request(client, model="live", messages=chat("x"))])
    monkeypatch.setenv("AZURE_OPENAI_BATCH_DEPLOYMENT", "global-batch")
    outcomes = run_requests([chat_request(client, model="live", messages=chat(f"x {n}")) for n in range(500)])
    assert {outcome.result().model for outcome in outcomes} == {"global-batch"}
    assert fake.count("POST /openai/batches$") == 1
    [late] = run_requests([chat_request(client, model="live", messages=chat("[missing]"))], fallback=True)
    assert late.result().model == "live"
    assert run_requests([responses_request(client, model="live", input="x")])[0].result().output_text


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
        lambda text: embed_content_request(client, model="embed-x", contents=text),
    ]


def test_gemini(fake: FakeProvider, state: Path, gemini: Any) -> None:
    fake.faults = [Fault("POST", "batchGenerateContent$", "drop"), Fault("GET", "/batches/", 503)]
    agree(gemini_makers(gemini), 500)
    assert set(fake.paid_batch.values()) <= {0, 1}
    assert fake.count("batchGenerateContent$") == 3, "one batch, and two for what answered 429 and 500"


def test_gemini_async(fake: FakeProvider, state: Path, gemini: Any) -> None:
    async def main() -> None:
        def requests() -> list[Request]:
            return [make(text) for text in texts(20) for make in gemini_makers(gemini.aio)]

        outcomes = await run_requests_async(requests())
        answers = await asyncio.gather(*map(batch_call, requests()), return_exceptions=True)
        assert [seen(outcome.exception() or outcome.result()) for outcome in outcomes] == list(
            map(seen, answers)
        )

    asyncio.run(main())


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

    async def main() -> Any:
        request = mistral_chat_request_async(client, model="m", messages=chat("x"))
        return (await run_requests_async([request]))[0].result(), await batch_call(request)

    batched, live = asyncio.run(main())
    assert seen(batched) == seen(live)


@pytest.fixture
def bedrock(fake: FakeProvider, moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    import boto3
    from botocore.config import Config

    settings = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "sk-secret",
        "AWS_ENDPOINT_URL_BEDROCK": fake.url,
        "AWS_ENDPOINT_URL_S3": moto,
        "BEDROCK_BATCH_BUCKET": "prompts",
        "BEDROCK_BATCH_ROLE_ARN": "arn:aws:iam::123456789012:role/batch",
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
    agree([invoke, converse], 500)
    assert set(fake.paid_batch.values()) <= {0, 1}


def test_bedrock_sends_few_requests_in_real_time(fake: FakeProvider, state: Path, bedrock: Any) -> None:
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

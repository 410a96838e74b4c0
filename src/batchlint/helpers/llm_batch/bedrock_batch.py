"""AWS Bedrock: requests and results are objects in S3, between them a model invocation job.

Needs ``BEDROCK_BATCH_BUCKET`` and ``BEDROCK_BATCH_ROLE_ARN``: a bucket, and a role that Bedrock may take to
read and write there. Jobs and S3 are reached with boto3's own settings, in the region of the client.
Prompts and answers stay in the bucket, under ``llm_batch/``, until its owner removes them.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from .model import Encoded, Progress, Request, Settings, json_lines
from .store import CANCELLED, UNANSWERED, Batch, Reply, RunError

# Fewer than 100 go in real time.
MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 50_000, 1_000_000_000, 100
ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})  # others: running
CODES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}  # the exceptions of the real-time calls by HTTP status
UNSUPPORTED = ("toolConfig", "outputConfig", "guardrailConfig", "promptVariables")  # a job does not take
NOT_SENT = ("modelId", "performanceConfig", "serviceTier", "requestMetadata")


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data; raises ValueError for what no job can do."""
    if not (settings.bedrock_batch_bucket and settings.bedrock_batch_role_arn):
        raise RunError("set BEDROCK_BATCH_BUCKET and BEDROCK_BATCH_ROLE_ARN to run Bedrock batches")
    kwargs = request.kwargs
    refused = [name for name in UNSUPPORTED if kwargs.get(name)]
    if refused:
        raise ValueError(f"a Bedrock batch does not take {', '.join(refused)}")
    group = {"provider": "bedrock", "region": request.client.meta.region_name, "model": kwargs["modelId"]}
    if request.operation == "converse":
        body = {name: _json(value) for name, value in kwargs.items() if name not in NOT_SENT}
        return Encoded({**group, "type": "Converse"}, body, _converse_response)
    return Encoded({**group, "type": "InvokeModel"}, json.loads(kwargs["body"]), _invoke_response)


def line(group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
    """Return the line of a request in the upload."""
    return {"recordId": key, "modelInput": body}


async def upload(client: Any, batch: Batch, settings: Settings) -> Any:
    """Put the requests into the bucket; return its name and the role."""
    bucket = settings.bedrock_batch_bucket
    key = f"llm_batch/{batch.token}/requests.jsonl"
    _service(client, "s3").upload_file(str(batch.requests), bucket, key)
    return {"bucket": bucket, "role": settings.bedrock_batch_role_arn}


async def create(client: Any, batch: Batch) -> str:
    """Start the job; the token makes AWS take a second creation for the first."""
    place = batch.facts["uploaded"]
    folder = f"s3://{place['bucket']}/llm_batch/{batch.token}"
    source = {"s3Uri": f"{folder}/requests.jsonl", "s3InputFormat": "JSONL"}
    job = _service(client, "bedrock").create_model_invocation_job(
        jobName=f"llm-batch-{batch.token}",
        clientRequestToken=batch.token,
        roleArn=place["role"],
        modelId=batch.group["model"],
        modelInvocationType=batch.group["type"],
        inputDataConfig={"s3InputDataConfig": source},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"{folder}/out/"}},
    )
    return str(job["jobArn"])


async def find(client: Any, batch: Batch) -> str | None:
    """Ask for the job by its name."""
    jobs = _service(client, "bedrock").list_model_invocation_jobs(nameContains=batch.token)
    return next((str(job["jobArn"]) for job in jobs["invocationJobSummaries"]), None)


async def poll(client: Any, batch: Batch) -> Progress:
    """Look at the job."""
    arn = batch.facts["batch_id"]
    job = _service(client, "bedrock").get_model_invocation_job(jobIdentifier=arn)
    failure = job.get("message") or "the job failed" if job["status"] == "Failed" else None
    return Progress(job["status"] in ENDED, job.get("processedRecordCount", 0), job["status"], failure)


async def results(client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
    """Read all result files of the job."""
    bucket, storage = batch.facts["uploaded"]["bucket"], _service(client, "s3")
    pages = storage.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"llm_batch/{batch.token}/out/"):
        for found in page.get("Contents", ()):
            if found["Key"].endswith(".jsonl.out"):  # manifest.json.out holds counts only
                file = storage.get_object(Bucket=bucket, Key=found["Key"])["Body"]
                async for item in json_lines(file.iter_chunks(65536)):
                    yield item["recordId"], _reply(item, batch.group["type"])


async def cancel(client: Any, batch: Batch) -> None:
    """Stop the job."""
    _service(client, "bedrock").stop_model_invocation_job(jobIdentifier=batch.facts["batch_id"])


def error(client: Any, reply: Reply) -> Exception:
    """Build the client's own exception class."""
    status = 408 if reply.status in (UNANSWERED, CANCELLED) else reply.status
    failure = reply.body.get("error") or {}
    code = CODES.get(status, "InternalServerException")
    response = {
        "Error": {"Code": code, "Message": str(failure.get("message", ""))},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    kind = client.exceptions.from_code(code)
    return kind(response, failure.get("operation", "InvokeModel"))  # type: ignore[no-any-return]


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    import boto3  # type: ignore[import-untyped]

    return boto3.client("bedrock-runtime", region_name=group["region"])


def _service(client: Any, name: str) -> Any:
    import boto3

    return boto3.client(name, region_name=client.meta.region_name)


def _json(value: Any) -> Any:
    """Turn bytes, such as images, into the base64 text that the API's JSON has for them."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _json(item) for name, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def _reply(item: Mapping[str, Any], operation: str) -> Reply:
    if "modelOutput" in item:
        return Reply(200, item["modelOutput"])
    error = item.get("error") or {}
    code = error.get("errorCode")
    message = error.get("errorMessage", "the record failed")
    details = {"code": code, "message": message, "operation": operation}
    return Reply(code if isinstance(code, int) else 500, {"error": details})


def _converse_response(body: Any) -> Any:
    return {**body, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}}


def _invoke_response(body: Any) -> Any:
    from botocore.response import StreamingBody  # type: ignore[import-untyped]

    data = json.dumps(body).encode()
    response = {"contentType": "application/json", "body": StreamingBody(io.BytesIO(data), len(data))}
    return _converse_response(response)


def _request(operation: str, client: Any, /, **kwargs: Any) -> Request:
    return Request(sys.modules[__name__], client, operation, kwargs)


# converse_request(client, **kwargs) is client.converse(**kwargs), not yet sent, of a bedrock-runtime client.
converse_request = partial(_request, "converse")
invoke_model_request = partial(_request, "invoke_model")

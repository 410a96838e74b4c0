"""AWS Bedrock: requests and results are objects in S3, between them a model invocation job.

Needs ``BEDROCK_BATCH_BUCKET`` and ``BEDROCK_BATCH_ROLE_ARN``: a bucket, and a role that Bedrock may take to
read and write there. Jobs and S3 are reached with boto3's own settings, in the region of the client.
Prompts and answers stay in the bucket, under ``llm_batch/``, until its owner removes them.
"""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any

from .model import PROVIDERS, Encoded, Progress, Provider, Request
from .store import CANCELLED, UNANSWERED, Batch, Reply, RunError

ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})
"""Every other status, also one not known today, counts as running."""
CODES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
"""The exceptions of the real-time calls by HTTP status."""
UNSUPPORTED = ("toolConfig", "outputConfig", "guardrailConfig", "promptVariables")
"""Arguments of ``converse`` that a job cannot take, or is not known to."""
NOT_SENT = ("modelId", "performanceConfig", "serviceTier", "requestMetadata")


class Bedrock(Provider):
    """Model invocation jobs: 100 to 50,000 requests for one model; fewer go in real time."""

    name = "bedrock"
    min_requests = 100
    max_bytes = 1_000_000_000

    def encode(self, request: Request) -> Encoded:
        """See Provider; raises ValueError for what no job can do."""
        if not (os.environ.get("BEDROCK_BATCH_BUCKET") and os.environ.get("BEDROCK_BATCH_ROLE_ARN")):
            raise RunError("set BEDROCK_BATCH_BUCKET and BEDROCK_BATCH_ROLE_ARN to run Bedrock batches")
        kwargs = request.kwargs
        refused = [name for name in UNSUPPORTED if kwargs.get(name)]
        if refused:
            raise ValueError(f"a Bedrock batch does not take {', '.join(refused)}")
        converses = request.operation == "converse"
        if converses:
            body = {name: _json(value) for name, value in kwargs.items() if name not in NOT_SENT}
        else:
            body = json.loads(kwargs["body"])
        group = {
            "provider": self.name,
            "region": request.client.meta.region_name,
            "model": kwargs["modelId"],
            "type": "Converse" if converses else "InvokeModel",
        }
        return Encoded(group, body, _converse_response if converses else _invoke_response)

    def line(self, group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
        """See Provider."""
        return {"recordId": key, "modelInput": body}

    async def upload(self, client: Any, batch: Batch) -> Any:
        """See Provider."""
        bucket = os.environ["BEDROCK_BATCH_BUCKET"]
        key = f"llm_batch/{batch.token}/requests.jsonl"
        _service(client, "s3").upload_file(str(batch.requests), bucket, key)
        return {"bucket": bucket, "key": key}

    async def create(self, client: Any, batch: Batch) -> str:
        """See Provider; the token makes AWS take a second creation for the first."""
        place = batch.facts["uploaded"]
        folder = f"s3://{place['bucket']}/llm_batch/{batch.token}"
        job = _service(client, "bedrock").create_model_invocation_job(
            jobName=f"llm-batch-{batch.token}",
            clientRequestToken=batch.token,
            roleArn=os.environ["BEDROCK_BATCH_ROLE_ARN"],
            modelId=batch.group["model"],
            modelInvocationType=batch.group["type"],
            inputDataConfig={
                "s3InputDataConfig": {"s3Uri": f"{folder}/requests.jsonl", "s3InputFormat": "JSONL"}
            },
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"{folder}/out/"}},
        )
        return str(job["jobArn"])

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """See Provider."""
        found = _service(client, "bedrock").list_model_invocation_jobs(nameContains=batch.token)
        for job in found["invocationJobSummaries"]:
            if job["jobArn"] not in taken:
                return str(job["jobArn"])
        return None

    async def poll(self, client: Any, batch: Batch) -> Progress:
        """See Provider."""
        arn = batch.facts["batch_id"]
        job = _service(client, "bedrock").get_model_invocation_job(jobIdentifier=arn)
        failure = job.get("message") or "the job failed" if job["status"] == "Failed" else None
        return Progress(job["status"] in ENDED, job.get("processedRecordCount", 0), job["status"], failure)

    async def results(self, client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
        """See Provider."""
        bucket, storage = batch.facts["uploaded"]["bucket"], _service(client, "s3")
        pages = storage.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=f"llm_batch/{batch.token}/out/"):
            for found in page.get("Contents", ()):
                if not found["Key"].endswith(".jsonl.out"):  # manifest.json.out holds counts only
                    continue
                for line in storage.get_object(Bucket=bucket, Key=found["Key"])["Body"].iter_lines():
                    item = json.loads(line)
                    yield item["recordId"], _reply(item, batch.group["type"])

    async def cancel(self, client: Any, batch: Batch) -> None:
        """See Provider."""
        _service(client, "bedrock").stop_model_invocation_job(jobIdentifier=batch.facts["batch_id"])

    async def send(self, client: Any, batch: Batch, body: Any) -> Reply:
        """See Provider."""
        from botocore.exceptions import ClientError  # type: ignore[import-untyped]

        model = batch.group["model"]
        try:
            if batch.group["type"] == "Converse":
                answer = client.converse(modelId=model, **body)
                answer.pop("ResponseMetadata", None)
                return Reply(200, answer)
            return Reply(
                200, json.loads(client.invoke_model(modelId=model, body=json.dumps(body))["body"].read())
            )
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            operation = batch.group["type"]
            return Reply(status, {"error": {"code": code, "message": message, "operation": operation}})

    def error(self, client: Any, reply: Reply) -> Exception:
        """See Provider: the client's own exception class."""
        status = 408 if reply.status in (UNANSWERED, CANCELLED) else reply.status
        error = reply.body.get("error") or {}
        code = CODES.get(status, "InternalServerException")
        response = {
            "Error": {"Code": code, "Message": str(error.get("message", ""))},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        kind = client.exceptions.from_code(code)
        return kind(response, error.get("operation", "InvokeModel"))  # type: ignore[no-any-return]

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
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


BEDROCK = Bedrock()
PROVIDERS[BEDROCK.name] = BEDROCK


def converse_request(client: Any, **kwargs: Any) -> Request:
    """``client.converse(**kwargs)`` of a ``bedrock-runtime`` client, not yet sent."""
    return Request(BEDROCK, client, "converse", kwargs)


def invoke_model_request(client: Any, **kwargs: Any) -> Request:
    """``client.invoke_model(**kwargs)`` of a ``bedrock-runtime`` client, not yet sent."""
    return Request(BEDROCK, client, "invoke_model", kwargs)

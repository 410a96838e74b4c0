"""Runs a program in a process of its own that has imported the SDKs already."""

import contextlib
import io
import json
import os
import runpy
import select
import signal
import sys
from pathlib import Path

import anthropic  # noqa: F401  (the programs find it imported)
import openai  # noqa: F401

SECONDS_MAX = 60


def run(folder: Path, url: str, state: Path, storage_url: str = "") -> tuple[str, str]:
    """Run `main.py` in a folder against the provider at `url` and the S3 service at `storage_url`: what it
    printed, and how it ended."""
    report = state.with_suffix(".json")
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            _main(str(folder), url, str(state), str(report), storage_url)
        os._exit(0)
    watch = os.pidfd_open(child)
    has_ended, _, _ = select.select([watch], [], [], SECONDS_MAX)
    os.close(watch)
    if not has_ended:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not has_ended:
        return "", "did not end"
    printed, ended = json.loads(report.read_text("utf-8"))
    return printed, ended


def _main(folder: str, url: str, state: str, report: str, storage_url: str) -> None:
    os.environ.update(
        OPENAI_API_KEY="sk-none",
        OPENAI_BASE_URL=f"{url}/v1",
        ANTHROPIC_API_KEY="sk-none",
        ANTHROPIC_BASE_URL=url,
        AZURE_OPENAI_API_KEY="sk-none",
        AZURE_OPENAI_ENDPOINT=url,
        AZURE_OPENAI_BATCH_DEPLOYMENT="live",
        GROQ_API_KEY="sk-none",
        GROQ_BASE_URL=url,
        GEMINI_API_KEY="sk-none",
        GOOGLE_GEMINI_BASE_URL=f"{url}/gemini",
        MISTRAL_API_KEY="sk-none",
        MISTRAL_URL=f"{url}/mistral",
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="sk-none",
        AWS_ENDPOINT_URL_BEDROCK=url,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME=url,
        AWS_ENDPOINT_URL_S3=storage_url,
        BEDROCK_BATCH_BUCKET="prompts",
        BEDROCK_BATCH_ROLE_ARN="arn:aws:iam::123456789012:role/batch",
        LLM_BATCH_DIR=state,
        LLM_BATCH_POLL_SECONDS="0",
        LLM_BATCH_MIN_REQUESTS="1",
    )
    os.chdir(folder)
    sys.path.insert(0, folder)
    printed, ended = io.StringIO(), "ended"
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        try:
            runpy.run_path("main.py", run_name="__main__")
        except BaseException as error:
            ended = f"{type(error).__name__}: {error}"
    Path(report).write_text(json.dumps([printed.getvalue(), ended]), "utf-8")

"""LLM calls through the providers' batch APIs, at half the price of real-time calls.

Copied into this project by batchlint; it is yours now, and needs nothing from batchlint.
``steps.py`` says how to use it, ``runner.py`` what is guaranteed when a run is interrupted.
"""

from .anthropic_batch import (
    beta_message_parse_request,
    beta_message_request,
    message_parse_request,
    message_request,
)
from .model import Outcome, Request
from .openai_batch import (
    chat_request,
    completion_request,
    embedding_request,
    image_request,
    moderation_request,
    parse_request,
    responses_parse_request,
    responses_request,
)
from .runner import DeadlineExceededError, NotReadyError, finish
from .steps import (
    batch_call,
    collect,
    collect_async,
    pause,
    run_batch,
    run_batch_async,
    run_now,
    run_now_async,
    run_outcomes,
    run_outcomes_async,
    run_requests,
    run_requests_async,
    submit,
    submit_async,
)
from .store import AlreadyRunningError, RunError

__all__ = [
    "AlreadyRunningError",
    "DeadlineExceededError",
    "NotReadyError",
    "Outcome",
    "Request",
    "RunError",
    "batch_call",
    "beta_message_parse_request",
    "beta_message_request",
    "chat_request",
    "collect",
    "collect_async",
    "completion_request",
    "embedding_request",
    "finish",
    "image_request",
    "message_parse_request",
    "message_request",
    "moderation_request",
    "parse_request",
    "pause",
    "responses_parse_request",
    "responses_request",
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
]

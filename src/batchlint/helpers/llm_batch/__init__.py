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
from .bedrock_batch import converse_request, invoke_model_request
from .gemini_batch import embed_content_request, generate_content_request
from .groq_batch import groq_chat_request
from .limits import unless_batched, wait_unless_batched
from .mistral_batch import (
    mistral_chat_request,
    mistral_chat_request_async,
    mistral_embedding_request,
    mistral_embedding_request_async,
    mistral_parse_request,
    mistral_parse_request_async,
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
from .process import finish
from .runner import DeadlineExceededError, NotReadyError
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
    "converse_request",
    "embed_content_request",
    "embedding_request",
    "finish",
    "generate_content_request",
    "groq_chat_request",
    "image_request",
    "invoke_model_request",
    "message_parse_request",
    "message_request",
    "mistral_chat_request",
    "mistral_chat_request_async",
    "mistral_embedding_request",
    "mistral_embedding_request_async",
    "mistral_parse_request",
    "mistral_parse_request_async",
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
    "unless_batched",
    "wait_unless_batched",
]

"""LLM calls through the providers' batch APIs, at half the price of real-time calls.

Copied into this project by batchlint; it is yours now, and needs nothing from batchlint.
``steps.py`` says how to use it, ``runner.py`` what is guaranteed when a run is interrupted.
"""

from .anthropic_batch import beta_message_parse_request as beta_message_parse_request
from .anthropic_batch import beta_message_request as beta_message_request
from .anthropic_batch import message_parse_request as message_parse_request
from .anthropic_batch import message_request as message_request
from .bedrock_batch import converse_request as converse_request
from .bedrock_batch import invoke_model_request as invoke_model_request
from .gemini_batch import embed_content_request as embed_content_request
from .gemini_batch import generate_content_request as generate_content_request
from .groq_batch import groq_chat_request as groq_chat_request
from .limits import unless_batched as unless_batched
from .limits import wait_unless_batched as wait_unless_batched
from .lockstep import in_order as in_order
from .lockstep import pause as pause
from .mistral_batch import mistral_chat_request as mistral_chat_request
from .mistral_batch import mistral_chat_request_async as mistral_chat_request_async
from .mistral_batch import mistral_embedding_request as mistral_embedding_request
from .mistral_batch import mistral_embedding_request_async as mistral_embedding_request_async
from .mistral_batch import mistral_parse_request as mistral_parse_request
from .mistral_batch import mistral_parse_request_async as mistral_parse_request_async
from .model import Outcome as Outcome
from .model import Request as Request
from .openai_batch import chat_request as chat_request
from .openai_batch import completion_request as completion_request
from .openai_batch import embedding_request as embedding_request
from .openai_batch import image_request as image_request
from .openai_batch import moderation_request as moderation_request
from .openai_batch import parse_request as parse_request
from .openai_batch import responses_parse_request as responses_parse_request
from .openai_batch import responses_request as responses_request
from .retries import retried_steps as retried_steps
from .runner import DeadlineExceededError as DeadlineExceededError
from .runner import NotReadyError as NotReadyError
from .steps import collect as collect
from .steps import run_batch as run_batch
from .steps import run_now as run_now
from .steps import run_outcomes as run_outcomes
from .steps import run_requests as run_requests
from .steps import submit as submit
from .steps_async import batch_call as batch_call
from .steps_async import collect_async as collect_async
from .steps_async import run_batch_async as run_batch_async
from .steps_async import run_now_async as run_now_async
from .steps_async import run_outcomes_async as run_outcomes_async
from .steps_async import run_requests_async as run_requests_async
from .steps_async import submit_async as submit_async
from .store import AlreadyRunningError as AlreadyRunningError
from .store import RunError as RunError
from .store import finish as finish

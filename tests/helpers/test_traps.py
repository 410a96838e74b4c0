"""What can go wrong on the way from real-time calls to batches, and the tests that hold each of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MIXED = ("test_500_mixed_requests_sync", "test_500_mixed_requests_async")
TRAPS: dict[str, tuple[str, ...]] = {
    "1 the call returns later": (
        "test_submit_now_and_collect_later",
        "test_steps_give_what_the_function_gave",
    ),
    "2 a process does not live that long": (
        "test_deadline_leaves_a_state_to_go_on_from",
        "test_interrupt_leaves_a_state_to_go_on_from",
        "test_killed_at_a_call",
    ),
    "3 creation is not idempotent": (
        "test_creation_not_answered_is_looked_for",
        "test_creation_that_failed_is_made_again",
        "test_any_history",
    ),
    "4 exceptions become data": ("test_steps_give_what_the_function_gave", *MIXED),
    "5 results are unordered": MIXED,
    "6 ids have rules": MIXED,
    "7 equal inputs": ("test_killed_at_a_call",),
    "8 partial success": MIXED,
    "9 every request failed": ("test_batch_in_which_everything_failed",),
    "10 a batch expires half done": ("test_batch_that_expires_half_done",),
    "11 an expired job of Gemini has no results": ("test_gemini_jobs_that_expire_or_end_half_done",),
    "12 unknown and rare states": (
        "test_gemini_jobs_that_expire_or_end_half_done",
        "test_poll_interval_grows_to_twentyfold",
    ),
    "13 validation is late": (
        "test_lines_that_fail_validation_do_not_take_the_others_with_them",
        "test_batch_that_is_refused_as_a_whole",
    ),
    "14 the queue is full": ("test_full_queue",),
    "15 one model per batch": ("test_split_by_count_bytes_model_and_endpoint",),
    "16 limits in bytes": ("test_split_by_count_bytes_model_and_endpoint",),
    "17 results are kept for some time only": ("test_killed_while_results_are_consumed", "test_command_line"),
    "20 tool loops": (
        "test_gemini_does_not_call_functions",
        "test_bedrock_sends_few_requests_in_real_time",
        *MIXED,
    ),
    "21 a request is built from an answer": (
        "test_steps_give_what_the_function_gave",
        "test_coroutines_give_what_they_gave",
    ),
    "22 structured outputs": ("test_gemini", "test_mistral", *MIXED),
    "23 keywords that get lost": (
        "test_betas_hold_for_their_batch",
        "test_long_answers_need_no_stream",
        *MIXED,
    ),
    "24 sentinels and SDK objects": MIXED,
    "25 encoding of embeddings": MIXED,
    "26 line separators in texts": MIXED,
    "27 fields and values newer than the SDK": MIXED,
    "33 encoding of the file": MIXED,
    "34 Azure has deployments for batches": ("test_azure_batches_have_a_deployment_of_their_own",),
    "35 Bedrock has a least number": ("test_bedrock", "test_bedrock_sends_few_requests_in_real_time"),
    "36 files that stay in buckets": ("test_vertex",),
    "37 cancelled batches": ("test_command_line", "test_a_request_is_given_up_after_three_batches"),
    "38 xAI": ("test_no_helper_for_a_provider_without_batches",),
    "39 a model that takes no batches": ("test_batch_that_is_refused_as_a_whole",),
}
UNTESTABLE = {
    "18 residency and retention by contract": "not of the helper: documentation",
    "19 prompt caching": "a matter of price: the estimate's",
    "28 no HTTP headers": "documentation: there are none in a batch",
    "29 instrumentation of live calls": "documentation",
    "30 spend limits": "the provider's",
    "31 an early exit pays for everything": "the rewriter asks before it rewrites one",
    "32 determinism": "the provider's",
    "40 tests that mock the call": "the rewriter's",
}


def test_the_list_is_whole() -> None:
    numbers = sorted(int(name.split()[0]) for name in (*TRAPS, *UNTESTABLE))
    assert numbers == list(range(1, 41))


@pytest.mark.parametrize("trap", TRAPS)
def test_tests_of_a_trap_exist(trap: str) -> None:
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))
    assert known.issuperset(TRAPS[trap])

"""All rules, in the order of their codes."""

from batchlint.rules import (
    concurrent_realtime_fan_out,
    offline_call_without_flex_tier,
    offline_path_through_live_helper,
    realtime_call_in_eval,
    realtime_call_in_record_loop,
    realtime_call_in_scheduled_job,
    realtime_call_in_task_queue,
    unknown_suppression_code,
    unreadable_file,
    unused_suppression,
)
from batchlint.rules.base import Rule

RULES: tuple[Rule, ...] = (
    realtime_call_in_record_loop.RULE,
    realtime_call_in_scheduled_job.RULE,
    realtime_call_in_eval.RULE,
    realtime_call_in_task_queue.RULE,
    concurrent_realtime_fan_out.RULE,
    offline_path_through_live_helper.RULE,
    offline_call_without_flex_tier.RULE,
    unused_suppression.RULE,
    unreadable_file.RULE,
    unknown_suppression_code.RULE,
)

# A site gets one finding, from the first rule here that applies. What the site is for (a queue, an
# evaluation, a schedule) comes before how it is written, so that ignoring BL103 silences evaluations
# of every shape; the plain record loop is what remains.
BY_SPECIFICITY: tuple[Rule, ...] = (
    offline_path_through_live_helper.RULE,
    realtime_call_in_task_queue.RULE,
    realtime_call_in_eval.RULE,
    realtime_call_in_scheduled_job.RULE,
    concurrent_realtime_fan_out.RULE,
    realtime_call_in_record_loop.RULE,
    offline_call_without_flex_tier.RULE,
)

BY_CODE = {rule.code: rule for rule in RULES}
BY_NAME = {rule.name: rule for rule in RULES}


def find(code_or_name: str) -> Rule | None:
    """The rule with this code (in any case) or name."""
    return BY_CODE.get(code_or_name.upper()) or BY_NAME.get(code_or_name)

"""The kind of work a site does, by what starts it and by the words its names use."""

import re
from collections.abc import Iterable
from typing import Final

from batchlint.catalog.model import RootKind
from batchlint.finding import Category

# In order: the first that a name on the way matches decides.
_WORDS: Final = (
    (Category.AB_TEST_SCORING, re.compile(r"ab_?test|a_b_|variant|experiment_arm")),
    (Category.EVAL, re.compile(r"eval|bench|judge|score|grade|rubric|metric|annotat|llm_as")),
    (
        Category.FINETUNE_DATA,
        re.compile(r"finetun|fine_tun|sft|synthetic|self_instruct|distill|instruct|training_data|dataset"),
    ),
    (Category.REPORTING, re.compile(r"report|digest|newsletter|summar|briefing|recap|insight")),
    (
        Category.DOCUMENT_PROCESSING,
        re.compile(r"document|pdf|ocr|chunk|page|transcri|invoice|contract|parse|extract"),
    ),
    (Category.ENRICHMENT, re.compile(r"enrich|classif|categor|tag|label|sentiment|translat|describe")),
    (Category.DATA_PIPELINE, re.compile(r"etl|pipeline|ingest|index|embed|sync|import|backfill|dag|crawl")),
)


def category_of(kinds: Iterable[RootKind], names: Iterable[str]) -> Category:
    """The workload category of an offline site; `names` are those of files and functions on the way,
    the most telling first."""
    if RootKind.EVAL in set(kinds):
        return Category.EVAL
    texts = [name.lower() for name in names]
    for category, words in _WORDS:
        if any(words.search(text) for text in texts):
            return category
    if set(kinds) & {RootKind.WORKFLOW, RootKind.SCHEDULED, RootKind.TASK_QUEUE, RootKind.DATA}:
        return Category.DATA_PIPELINE
    return Category.SCRIPT

"""What a call site costs now, and what the batch API would cost.

The stage takes plain values that the caller resolved from the program and answers with
`batchlint.finding.Savings`; it never looks at code. Data files say what is true of the world: the price
table (`data/prices.json`, a snapshot of genai-prices), the vendors' terms, the assumptions, the token
rule's weights. Import this package only where an estimate is wanted: start-up does without it.
"""

from batchlint.estimate.errors import EstimateError
from batchlint.estimate.models import ResolvedModel, resolve_model
from batchlint.estimate.prices import Prices, load_prices
from batchlint.estimate.rows import count_rows
from batchlint.estimate.savings import EstimateInput, estimate
from batchlint.estimate.schedule import every_seconds, runs_per_month
from batchlint.estimate.terms import Assumptions, load_assumptions
from batchlint.estimate.tokens import DynamicKind, DynamicPart, OutputLimits, PromptText, StaticPart
from batchlint.estimate.totals import Total, Totals, rank, totals
from batchlint.estimate.volume import (
    Quantity,
    Volume,
    VolumeRow,
    declared_volume,
    parse_volumes,
    volume_of,
)

__all__ = [
    "Assumptions",
    "DynamicKind",
    "DynamicPart",
    "EstimateError",
    "EstimateInput",
    "OutputLimits",
    "Prices",
    "PromptText",
    "Quantity",
    "ResolvedModel",
    "StaticPart",
    "Total",
    "Totals",
    "Volume",
    "VolumeRow",
    "count_rows",
    "declared_volume",
    "estimate",
    "every_seconds",
    "load_assumptions",
    "load_prices",
    "parse_volumes",
    "rank",
    "resolve_model",
    "runs_per_month",
    "totals",
    "volume_of",
]

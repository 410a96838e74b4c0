"""What batchlint says: the vocabulary of verdicts and everything an output may see.

No stage below this module knows how any of it is printed, and no reporter knows how it was found.
"""

from dataclasses import dataclass
from enum import StrEnum

from batchlint.text import Location


class Verdict(StrEnum):
    """Whether the response of a call site is waited for, and whether a batch could carry the request."""

    ELIGIBLE = "eligible"
    MIXED = "mixed"
    SEQUENTIAL = "sequential"
    REALTIME = "realtime"
    UNSUPPORTED = "unsupported"
    UNCLEAR = "unclear"


class Confidence(StrEnum):
    """How sure the analysis is of a verdict."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Severity(StrEnum):
    """How loud a finding is; configuration may change it, the analysis does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Category(StrEnum):
    """The kind of work an offline site does: the seven that batch APIs are sold for, else a script."""

    DATA_PIPELINE = "data-pipeline"
    DOCUMENT_PROCESSING = "document-processing"
    EVAL = "eval"
    REPORTING = "reporting"
    ENRICHMENT = "enrichment"
    FINETUNE_DATA = "finetune-data"
    AB_TEST_SCORING = "ab-test-scoring"
    SCRIPT = "script"


class Shape(StrEnum):
    """How the record loop, or the root where there is no loop, reaches the call site."""

    INLINE_LOOP = "inline-loop"
    COMPREHENSION = "comprehension"
    LOOP_VIA_FUNCTION = "loop-via-function"
    LOOP_VIA_METHOD = "loop-via-method"
    EXECUTOR_MAP = "executor-map"
    ASYNCIO_GATHER = "asyncio-gather"
    DATAFRAME_APPLY = "dataframe-apply"
    DATASET_MAP = "dataset-map"
    PER_TASK = "per-task"
    SINGLE = "single"
    OTHER = "other"


class FixKind(StrEnum):
    """What `--fix` can do for a site: contract 2.7 of the design."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"
    NONE = "none"


class ObstacleCode(StrEnum):
    """What speaks against moving a site to the batch API; a closed set, every member has a fixture."""

    LIVE_ROOT = "live-root"
    UNKNOWN_CALLER = "unknown-caller"
    LOOP_CARRIED = "loop-carried"
    CONVERSATION = "conversation"
    AGENT_LOOP = "agent-loop"
    SERVER_STATE = "server-state"
    STREAMING = "streaming"
    NO_BATCH_ROUTE = "no-batch-route"
    NO_BATCH_OPERATION = "no-batch-operation"
    LOCAL_MODEL = "local-model"
    SINGLE_REQUEST = "single-request"
    RECEIVER_GUESSED = "receiver-guessed"
    RESULT_POLLED = "result-polled"
    ASSERTED = "asserted"


@dataclass(frozen=True, slots=True)
class Step:
    """One location of a witness and what it is there."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against a batch, at the place that shows it."""

    code: ObstacleCode
    message: str
    location: Location


@dataclass(frozen=True, slots=True)
class Range:
    """A quantity known within bounds; `low == high` where it is known exactly."""

    low: float
    high: float

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Range") -> "Range":
        """The product of two quantities of which at most this one may be negative."""
        low = self.low * (other.low if self.low >= 0 else other.high)
        return Range(low, self.high * (other.high if self.high >= 0 else other.low))

    @property
    def exact(self) -> bool:
        """Whether the bounds are one value."""
        return self.low == self.high


class Route(StrEnum):
    """The cheaper way that a site could take."""

    BATCH = "batch"
    FLEX = "flex"  # the synchronous, slower tier at batch rates
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Savings:
    """What a site costs now minus what its cheaper route would cost, in USD, as low and high bounds.

    `basis` lists every assumption behind the figures, in words; there is no figure without a basis.
    The bounds per 1,000 requests are None while the price is unknown or there is no cheaper route, the
    monthly ones also while the volume is unknown. A negative low bound means that prompt caching may
    make the real-time calls the cheaper ones. `discount` is the share of the real-time price that the
    route takes off input and output, known even where the price is not. The costs that the saving
    is the difference of stand in `realtime_…`, `batch_…` and `flex_…`, where known; `requests_per_run`
    is the size of one run's loop. `vendor` and `model` say what was priced. `caching` is one sentence
    on what prompt caching does to the saving.
    """

    usd_per_1k_requests_low: float | None
    usd_per_1k_requests_high: float | None
    usd_per_month_low: float | None
    usd_per_month_high: float | None
    basis: tuple[str, ...]
    route: Route = Route.BATCH
    discount: float | None = None
    realtime_usd_per_1k: Range | None = None
    batch_usd_per_1k: Range | None = None
    flex_usd_per_1k: Range | None = None
    realtime_usd_per_month: Range | None = None
    batch_usd_per_month: Range | None = None
    flex_usd_per_month: Range | None = None
    requests_per_month: Range | None = None
    requests_per_run: Range | None = None
    vendor: str | None = None
    model: str | None = None
    caching: str | None = None

    @property
    def per_1k(self) -> Range | None:
        """What 1,000 requests save, where known."""
        return _range(self.usd_per_1k_requests_low, self.usd_per_1k_requests_high)

    @property
    def per_month(self) -> Range | None:
        """What a month saves, where known."""
        return _range(self.usd_per_month_low, self.usd_per_month_high)


def _range(low: float | None, high: float | None) -> Range | None:
    return None if low is None or high is None else Range(low, high)


@dataclass(frozen=True, slots=True)
class Site:
    """A call site with its verdict: one row of the inventory (contract 2.2 of the design).

    `provider` is the SDK or wrapper library the code calls, `vendor` the provider that is billed where
    that is known, `title` its name for people. `function` is the dotted name of the function the call
    stands in. `roots` are the kinds of the offline roots that the witness starts from (`RootKind` values).
    `flex` says that the call could take a cheaper synchronous tier, `fan_out` that the operation is a
    library's own concurrent "batch". The first step of the witness names the root.
    """

    location: Location
    function: str
    provider: str
    vendor: str | None
    operation: str
    is_async: bool
    is_streaming: bool
    model: str | None
    verdict: Verdict
    confidence: Confidence
    category: Category | None
    shape: Shape | None
    witness: tuple[Step, ...]
    obstacles: tuple[Obstacle, ...]
    savings: Savings | None
    fix: FixKind
    roots: tuple[str, ...] = ()
    title: str = ""
    flex: bool = False
    fan_out: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read or parsed (BL901): the run goes on without it."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """One edit of a fix as outputs show it: what stands at `location` becomes `content`."""

    location: Location
    content: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic of one rule (contract 2.4 of the design).

    `related` are further places the message speaks of; a suppression comment works on any of them.
    `fingerprint` is stable under edits elsewhere in the file: rule, function, normalised call, count.
    `site` is the call site it speaks of, None for findings about files and comments; `replacements` are
    the edits of its fix.
    """

    rule: str
    location: Location
    message: str
    related: tuple[Step, ...]
    witness: tuple[Step, ...]
    severity: Severity
    confidence: Confidence
    savings: Savings | None
    remedy: str
    fingerprint: str
    fix: FixKind = FixKind.NONE
    site: Site | None = None
    replacements: tuple[Replacement, ...] = ()

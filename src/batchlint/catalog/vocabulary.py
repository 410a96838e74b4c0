"""The words that providers and frameworks are described in.

Argument selectors (`Argument`) are written in TOML as `"model"` (keyword), `"#0"` (position),
`"#0|prompt"` (either) or `"#1+"` (that position and all after it). A field that holds several takes
one string or a list of them.

Access paths are written with dots, `()` for what a call returns and `[]` for an element; braces give
alternatives (`openai.{OpenAI,AsyncOpenAI}()` is two paths). In framework rows a step may be a glob
(`*_pb2_grpc`), `**` stands for any number of steps, and a path that starts with the step `*` matches
any receiver of unknown type, in modules that import the framework (anywhere where the row is
`distinctive`).
"""

from dataclasses import dataclass
from enum import StrEnum

# ("openai", "OpenAI", "()", "chat", "completions", "create")
AccessPath = tuple[str, ...]


class Kind(StrEnum):
    """What an operation asks a provider for."""

    CHAT = "chat"
    COMPLETION = "completion"
    EMBEDDING = "embedding"
    MODERATION = "moderation"
    IMAGE = "image"
    AUDIO = "audio"
    RERANK = "rerank"
    OCR = "ocr"
    AGENT = "agent"
    VIDEO = "video"
    BATCH = "batch"  # already a batch API call: known as such, never a real-time site
    NONE = "none"  # listed so that it is never taken for a request (token counting, file upload)


@dataclass(frozen=True, slots=True)
class Argument:
    """Which argument of a call: by keyword, by position (0-based, without the receiver), or either.

    `rest` adds all positions after `position`.
    """

    keyword: str | None
    position: int | None
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A file that shows rows at work: its root-relative path, and its text with the expectations.

    Of provider rows: `# site: chat.completions.create` on the line of a call that is such an operation,
    `# batch: batches.create` on one of kind `batch`; every other line has neither. Of framework rows:
    `# root: offline task-queue` on a def line that becomes a root (several with commas between; on a
    line of its own: the module), `# dispatch: task-queue` and `# calls: f` on the line of such a call,
    `# same: xs`, `# element: xs` or `# grouped: xs` on the line of a call that passes `xs` through.
    """

    file: str
    code: str


class Wait(StrEnum):
    """Whether something waits for what a root does."""

    LIVE = "live"
    OFFLINE = "offline"


class RootKind(StrEnum):
    """What starts a root; the words of witnesses and of workload categories."""

    SCHEDULED = "scheduled"
    TASK_QUEUE = "task-queue"
    WORKFLOW = "workflow"
    EVAL = "eval"
    SCRIPT = "script"
    COMMAND = "command"  # a command-line command: live or offline by what it does
    MANAGEMENT = "management-command"
    NOTEBOOK = "notebook"
    DATA = "data"  # a function mapped over a data set or table
    CLOUD_FUNCTION = "cloud-function"
    TEST = "test"
    CI = "ci"
    WEB = "web-route"
    WEBSOCKET = "websocket"
    RPC = "rpc"
    CHAT_UI = "chat-ui"
    BOT = "bot"
    TOOL = "agent-tool"
    REPL = "repl"
    GUI = "gui"
    VOICE = "voice"


class Via(StrEnum):
    """How a framework is told about a function it will call."""

    DECORATOR = "decorator"
    BASE_CLASS = "base-class"
    ARGUMENT = "argument"
    FILE = "file"
    CALL = "call"  # calling `paths` anywhere makes the calling function such a root (input())
    ATTRIBUTE = "attribute"  # listed in a class attribute or variable (`WorkerSettings.functions`)


class FanOut(StrEnum):
    """How a higher-order call treats the callable it is given."""

    MAP = "map"  # once per item of an iterable: a record loop
    SUBMIT = "submit"  # once, concurrently; the caller may wait for the result
    THREAD = "thread"  # once, in its own thread or process
    CALL = "call"  # once, now
    APPLY = "apply"  # once per row or value of a table: a record loop
    DATASET = "dataset"  # once per record of a data set: a record loop
    WRAP = "wrap"  # returns a callable that calls it (partial, tqdm wrappers, decorators)
    GATHER = "gather"  # awaits the awaitables it is given, all at once
    INJECT = "inject"  # called by the framework for each call of the function whose default this is
    REGISTER = "register"  # kept by the receiver or the constructed object, called by its `runs` methods


class Yields(StrEnum):
    """How the result of a pass-through call relates to its argument."""

    SAME = "same"  # the argument, or one with the same elements (tqdm, list, sorted, wait_for)
    ELEMENT = "element"  # one element of it (next, random.choice)
    GROUPED = "grouped"  # elements are groups of its elements (zip, enumerate, chunked)
    INSTANCE = "instance"  # an instance of the record class that it is, or that it is a query of
    QUERY = "query"  # a query for records of the class that it is


class Refers(StrEnum):
    """What a field that refers to other records gives."""

    ONE = "one"
    MANY = "many"
    EITHER = "either"  # the declaration does not say

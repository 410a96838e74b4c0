"""The catalog's types: one dataclass per table of the TOML files. `load` fills them, `match` asks them.

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
class BatchApi:
    """A provider's batch API: which kinds of operation it takes and on what terms.

    `discount` is the fraction off the real-time price where no published batch rate is known.
    `models` are globs of the only models it takes or gives the discount for (empty: all that matter),
    `flex_models` globs of models with a half-price synchronous tier. `needs` says what a user must have
    first.
    """

    kinds: tuple[Kind, ...]
    discount: float
    window_hours: int
    minimum_requests: int
    maximum_requests: int | None
    maximum_bytes: int | None
    flex_models: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientGroup:
    """Paths whose values are clients, e.g. `openai.OpenAI()`, or the module `openai` itself.

    `vendor` names the provider that is billed when it is not the file's own (`AzureOpenAI` -> azure).
    `model` selects the constructor argument that carries the model, `base_url` the one that carries
    the host. `no_batch` says why calls through this client have no batch route. `where` are conditions
    on the constructor call: the selected argument's constant must match the glob (`True` for the
    constant true); `*` asks only that the argument is there. Of two groups with the same path the one
    whose conditions hold wins over the one without. `inner` selects the constructor argument that is the
    client it sends through (the model in a chain): vendor, host and model are that one's. `legacy` paths
    are those of an earlier major version.
    """

    name: str
    paths: tuple[AccessPath, ...]
    is_async: bool
    vendor: str | None
    model: tuple[Argument, ...]
    base_url: tuple[Argument, ...]
    no_batch: str | None
    where: tuple[tuple[Argument, str], ...] = ()
    inner: tuple[Argument, ...] = ()
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class CallShape:
    """How to recognise an operation whose receiver's type cannot be proved.

    The call must end in `suffix`, pass every one of `keywords` and at least one of `any_of` (where
    given), and the module must import the provider. `distinctive` suffixes need no import, and neither
    does a call that passes all of the `telling` keywords (where given).
    """

    suffix: AccessPath
    keywords: tuple[str, ...]
    any_of: tuple[str, ...]
    distinctive: bool
    telling: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to send a request. `paths` are complete access paths, client prefix included.

    They lead to what is called: `acme.LM()` where the value that `acme.LM()` returns is called.
    One TOML row gives a synchronous and an asynchronous operation of the same name where it has both,
    and again those that are reached without a client.
    `decorators` are paths of decorators: a call of a function decorated with one sends the request, and
    `model` selects from the decorator's arguments. Otherwise `model` and `output_limit` are looked for in
    the call, then in the calls its receiver comes from. `vendor` names the provider that is billed when no
    client group says so and it is not the file's own. `batch` is None where the vendor's
    `BatchApi.kinds` decides, else it overrides it; `reason` says why an operation has no batch form.
    `stream` selects the argument that turns streaming on; `streams` marks operations that always stream.
    `fan_out` marks a library's own "batch" method that is only concurrent real-time calls. `stateful`
    says that the receiver keeps the conversation: a call depends on the earlier ones on that receiver.
    """

    provider: str
    name: str
    kind: Kind
    clients: tuple[str, ...]
    paths: tuple[AccessPath, ...]
    is_async: bool
    model: tuple[Argument, ...]
    prompt: tuple[Argument, ...]
    output_limit: tuple[Argument, ...]
    stream: Argument | None
    streams: bool
    fan_out: bool
    legacy: bool
    batch: bool | None
    reason: str | None
    blockers: tuple[tuple[str, str], ...]  # keyword -> why its presence rules a batch out
    shape: CallShape | None
    decorators: tuple[AccessPath, ...] = ()
    vendor: str | None = None
    stateful: bool = False


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


@dataclass(frozen=True, slots=True)
class Provider:
    """One SDK or wrapper library.

    `derive` are steps after which a client is still that client (`with_options()`), `pipes` says that
    `a | b` of its objects sends through both (LCEL). `wraps` are paths of calls that return their
    first argument's client, patched (`instructor.from_openai()`): vendor, host and model come from the
    argument. `routes` says that the model's name chooses the vendor (`Catalog.models`). `batch_calls`
    are the paths of the operations of kind `batch`.
    """

    name: str
    title: str
    distribution: str
    imports: tuple[str, ...]
    checked: str
    source: str
    is_local: bool
    batch_api: BatchApi | None
    no_batch: str | None
    clients: tuple[ClientGroup, ...]
    derive: tuple[AccessPath, ...]
    wraps: tuple[AccessPath, ...]
    pipes: bool
    operations: tuple[Operation, ...]
    examples: tuple[Example, ...]
    batch_calls: tuple[AccessPath, ...] = ()
    routes: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """What a host name in a base URL or request URL stands for; `pattern` is a glob on host + path."""

    pattern: str
    vendor: str
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class ModelRoute:
    """Which vendor a model name stands for in libraries that route by it; the first match counts.

    `pattern` is a glob on the lower-case name, prefix included (`anthropic/claude-*`).
    """

    pattern: str
    vendor: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An inference endpoint of raw HTTP: a regular expression on the URL path (host matched by `Host`,
    or any host where `any_host`, or where the body has all the `telling` keys). A local host may be the
    project's own server: there only rows with its vendor, or `any_host`, hold."""

    path: str
    kind: Kind
    name: str
    any_host: bool
    vendor: str | None
    batch: bool | None
    reason: str | None
    telling: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A call of an HTTP library that sends a request: its paths and which arguments carry what.

    `base` selects the argument of the receiver's constructor that carries the host or base URL.
    `request` selects an argument that may be a request built before; a row that `builds` is such a
    constructor and sends nothing itself. `verb` is the HTTP method where no argument says it.
    """

    paths: tuple[AccessPath, ...]
    url: tuple[Argument, ...]
    body: tuple[Argument, ...]
    method: tuple[Argument, ...]
    stream: tuple[Argument, ...]
    is_async: bool
    base: tuple[Argument, ...] = ()
    request: tuple[Argument, ...] = ()
    builds: bool = False
    verb: str | None = None


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


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """A framework row that makes functions roots.

    `paths` match the decorator, the base class, the called registration function or the assigned
    attribute; `methods` (globs) are the methods of a base class, or of a decorated or registered class,
    that get called; `arguments` select the registered callables (one, a display of several, a dotted
    name in a string). `files` are globs of root-relative paths, `functions` globs of qualified names in
    them (`<module>`: the module body), `parameters` globs that such a function's first parameters must
    match (`|` separates alternatives). `schedule` selects the argument that carries a schedule;
    `requires` lists arguments without which the row does not apply. `per_record` says the framework
    starts it once per record, `returned` that it also calls the functions which the decorated factory
    returns. `distinctive`: see the module's docstring.
    """

    framework: str
    via: Via
    wait: Wait
    kind: RootKind
    paths: tuple[AccessPath, ...]
    methods: tuple[str, ...]
    arguments: tuple[Argument, ...]
    files: tuple[str, ...]
    functions: tuple[str, ...]
    schedule: tuple[Argument, ...]
    per_record: bool
    requires: tuple[Argument, ...] = ()
    parameters: tuple[str, ...] = ()
    returned: bool = False
    distinctive: bool = False


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A call that starts another function without carrying the caller's wait to it.

    `methods` are steps from the function itself (`delay`, `options().send`; `()`: calling a function
    that an entrypoint row of this framework decorates), `paths` take it as `argument`. `items` are the
    iterables for each element of which one call is started (none: one call). `schedule` selects the
    argument that carries a schedule.
    `waits` are what makes the caller wait after all: a method called on the result (`get`), `await`,
    `with` (leaving the block of the receiver), or the dotted path of a call the result is passed to.
    """

    framework: str
    methods: tuple[AccessPath, ...]
    paths: tuple[AccessPath, ...]
    argument: tuple[Argument, ...]
    kind: RootKind
    waits: tuple[str, ...]
    items: tuple[Argument, ...] = ()
    schedule: tuple[Argument, ...] = ()
    distinctive: bool = False


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
    REGISTER = "register"  # kept by the receiver or the constructed object, called by its `runs` methods


@dataclass(frozen=True, slots=True)
class HigherOrder:
    """A call that calls a callable it is given.

    `callable_` selects the callable, `items` the iterables whose elements become its arguments,
    `passes` the position from which the remaining arguments are handed on (None: none are). `methods`
    are steps from the callable itself (`task.map(items)`), as in `Dispatch`. A `WRAP` path is a
    decorator too; `retry` says that what it returns calls the callable again after a failure. `waits`
    as in `Dispatch`: where given, the caller waits only then. `runs` are the methods that start what
    `REGISTER` kept. `carries`: each call gets what the one before returned (`reduce`). `requires`:
    arguments without which the row does not apply.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    fan_out: FanOut
    callable_: tuple[Argument, ...]
    items: tuple[Argument, ...]
    passes: int | None
    is_async: bool
    methods: tuple[AccessPath, ...] = ()
    waits: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    retry: bool = False
    carries: bool = False
    requires: tuple[Argument, ...] = ()
    distinctive: bool = False


class Yields(StrEnum):
    """How the result of a pass-through call relates to its argument."""

    SAME = "same"  # the argument, or one with the same elements (tqdm, list, sorted, wait_for)
    ELEMENT = "element"  # one element of it (next, random.choice)
    GROUPED = "grouped"  # elements are groups of its elements (zip, enumerate, chunked)


@dataclass(frozen=True, slots=True)
class PassThrough:
    """A call whose result is its argument in another wrapping, so that values and loops are seen through.

    `arguments` select what passes. In a `GROUPED` result the n-th selected argument stands at place n
    of each group, or at `place` where given (1 for `enumerate`). No `arguments`: the receiver passes.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    arguments: tuple[Argument, ...]
    yields: Yields
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A base class whose methods call what a subclass defines (`Thread.start` calls `run`).

    `paths` match the base class, `calls` are globs of its methods that the program calls, `methods`
    globs of the subclass's methods that are called then; with `decorators`, those that carry one.
    `fan_out` and `waits` as in `HigherOrder`.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    calls: tuple[str, ...]
    methods: tuple[str, ...]
    decorators: tuple[AccessPath, ...]
    fan_out: FanOut
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framework:
    """Everything one framework's file says."""

    name: str
    distribution: str
    imports: tuple[str, ...]
    checked: str
    source: str
    entrypoints: tuple[Entrypoint, ...]
    dispatches: tuple[Dispatch, ...]
    higher_orders: tuple[HigherOrder, ...]
    passthroughs: tuple[PassThrough, ...]
    examples: tuple[Example, ...]
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """The whole catalog: the packaged files and the user's own."""

    providers: tuple[Provider, ...]
    hosts: tuple[Host, ...]
    endpoints: tuple[Endpoint, ...]
    http_calls: tuple[HttpCall, ...]
    frameworks: tuple[Framework, ...]
    models: tuple[ModelRoute, ...] = ()

"""The catalog's types: one dataclass per table of the TOML files. `load` fills them, `match` asks them.

The words they share stand in `vocabulary`, the types for frameworks in `framework_model`; everybody else
imports them from here.
"""

from dataclasses import dataclass

from batchlint.catalog.framework_model import (
    Dispatch,
    Entrypoint,
    Framework,
    HigherOrder,
    PassThrough,
    Record,
    Reference,
    Template,
)
from batchlint.catalog.vocabulary import (
    AccessPath,
    Argument,
    Example,
    FanOut,
    Kind,
    Refers,
    RootKind,
    Via,
    Wait,
    Yields,
)

__all__ = [
    "AccessPath",
    "Argument",
    "BatchApi",
    "CallShape",
    "Catalog",
    "ClientGroup",
    "Dispatch",
    "Endpoint",
    "Entrypoint",
    "Example",
    "FanOut",
    "Framework",
    "HigherOrder",
    "Host",
    "HttpCall",
    "Kind",
    "ModelRoute",
    "Operation",
    "PassThrough",
    "Provider",
    "Record",
    "Reference",
    "Refers",
    "RootKind",
    "Template",
    "Via",
    "Wait",
    "Yields",
]


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


@dataclass(frozen=True, slots=True)
class Catalog:
    """The whole catalog: the packaged files and the user's own."""

    providers: tuple[Provider, ...]
    hosts: tuple[Host, ...]
    endpoints: tuple[Endpoint, ...]
    http_calls: tuple[HttpCall, ...]
    frameworks: tuple[Framework, ...]
    models: tuple[ModelRoute, ...] = ()

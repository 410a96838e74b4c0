"""Every key of `[tool.batchlint]`: its shape, default, meaning and an example."""

from batchlint.catalog.vocabulary import Kind
from batchlint.config.shapes import Bounds, Flag, Key, ListOf, MapOf, Number, Shape, Table, Text
from batchlint.finding import Confidence, Severity

FORMATS = (
    "full",
    "concise",
    "grouped",
    "json",
    "json-lines",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "rdjson",
    "azure",
    "markdown",
)
WAITS = ("realtime", "offline")

_RULES = ListOf(Text())
_RATE = Number(fraction=True)

_VOLUME = Table(
    (
        Key("requests-per-month", Bounds(), "", "Requests that each matching call site sends in a month."),
        Key("input-tokens", Bounds(), "", "Tokens of a request."),
        Key("output-tokens", Bounds(), "", "Tokens of a response."),
    )
)
_PRICE = Table(
    (
        Key("input", _RATE, "", "Real-time price of input."),
        Key("output", _RATE, "", "Real-time price of output."),
        Key("cached-input", _RATE, "", "Real-time price of input found in the prompt cache."),
        Key("batch-input", _RATE, "", "Batch price of input; the provider's discount where it is left out."),
        Key("batch-output", _RATE, "", "Batch price of output."),
        Key("batch-cached-input", _RATE, "", "Batch price of cached input."),
        Key("flex-input", _RATE, "", "Flex-tier price of input."),
        Key("flex-output", _RATE, "", "Flex-tier price of output."),
        Key("flex-cached-input", _RATE, "", "Flex-tier price of cached input."),
        Key("batch-discount", _RATE, "", "The share that a batch takes off, instead of batch prices: 0.5."),
    )
)
_WRAPPER = Table(
    (
        Key("call", Text(), "", "Dotted path of the function or method.", is_required=True),
        Key("provider", Text(), '"wrapper"', "The provider that is billed, by its catalog name."),
        Key("kind", Text(tuple(Kind)), '"chat"', "What a request asks for."),
        Key("model", Text(), "", 'Argument that carries the model: "model", "#0" or "#0|model".'),
        Key("prompt", Text(), "", "Argument that carries the prompt."),
        Key("output-limit", Text(), "", "Argument that bounds the response's tokens."),
        Key("async", Flag(), "false", "Whether calls are awaited."),
        Key("batch", Flag(), "true", "Whether the provider's batch API takes such requests."),
    )
)
_ASSUMPTIONS = Table(
    (
        Key("number", Bounds(), "", "Tokens of a number or a date put into a prompt."),
        Key("record-field", Bounds(), "", "Tokens of one field of a record put into a prompt."),
        Key("record", Bounds(), "", "Tokens of a whole record or row."),
        Key("passage", Bounds(), "", "Tokens of a paragraph or retrieved chunk."),
        Key("document", Bounds(), "", "Tokens of a whole document."),
        Key("table", Bounds(), "", "Tokens of a table, a column or a list of records put into a prompt."),
        Key("image", Bounds(), "", "Tokens of an image sent with a prompt."),
        Key("history", Bounds(), "", "Tokens of a conversation's history."),
        Key("unknown", Bounds(), "", "Tokens of a part of a prompt that could not be followed."),
        Key("response", Bounds(), "", "Tokens of a response that nothing bounds more tightly."),
        Key("schema-field", Bounds(), "", "Tokens of one field of a structured response."),
        Key("image-output", Bounds(), "", "Tokens of a generated image."),
        Key("reasoning", Bounds(), "", "Tokens of hidden reasoning, billed as output."),
        Key("document-pages", Bounds(), "", "Pages of a document sent to OCR."),
        Key("cache-hits", Bounds(), "", "Share of the cacheable prompt that real-time calls find cached."),
    )
)
_FIX = Table(
    (
        Key(
            "helper",
            Text(),
            "",
            "The folder that `--fix` copies the package `llm_batch` into. Default: the nearest one that all "
            "rewritten files import from.",
        ),
        Key("unsafe", Flag(), "false", "Apply unsafe fixes too, as `--unsafe-fixes` does."),
    )
)

KEYS: tuple[Key, ...] = (
    Key(
        "extend",
        Text(),
        "",
        "A configuration file to start from. Its single values and lists are replaced by those given here, "
        "tables are merged key by key, `extend-select` and `extend-exclude` add up. Globs stay relative to "
        "the project root.",
        'extend = "../pyproject.toml"',
    ),
    Key(
        "select",
        _RULES,
        '["BL"]',
        "Rules to report, by code, prefix, name or `ALL`. The longer selector wins over the shorter one.",
        'select = ["BL1", "BL201"]',
    ),
    Key("extend-select", _RULES, "[]", "Rules to report in addition to `select`.", 'extend-select = ["BL2"]'),
    Key("ignore", _RULES, "[]", "Rules not to report.", 'ignore = ["BL106"]'),
    Key(
        "per-file-ignores",
        MapOf("path glob", _RULES),
        "{}",
        "Rules not to report in the files that a glob matches.",
        '[tool.batchlint.per-file-ignores]\n"experiments/**" = ["BL1"]',
    ),
    Key(
        "severity",
        MapOf("rule code", Text(tuple(Severity))),
        "{}",
        "How loud a rule's findings are in formats that have levels; the exit code is 1 for any finding.",
        '[tool.batchlint.severity]\nBL102 = "error"',
    ),
    Key(
        "min-confidence",
        Text(tuple(Confidence)),
        '"medium"',
        "Report only findings of at least this confidence.",
        'min-confidence = "high"',
    ),
    Key(
        "exclude",
        ListOf(Text()),
        "built-in list",
        "Files and folders that are not read, as in `.gitignore`. Replaces the default list.",
        'exclude = [".venv", "third_party"]',
    ),
    Key(
        "extend-exclude",
        ListOf(Text()),
        "[]",
        "More files and folders that are not read.",
        'extend-exclude = ["vendor/**"]',
    ),
    Key("respect-gitignore", Flag(), "true", "Leave out what git ignores.", "respect-gitignore = false"),
    Key(
        "force-exclude",
        Flag(),
        "false",
        "Apply `exclude` to files named on the command line too; pre-commit needs it.",
        "force-exclude = true",
    ),
    Key("output-format", Text(FORMATS), '"full"', "How findings are printed.", 'output-format = "concise"'),
    Key(
        "baseline",
        Text(),
        "",
        "A file of known findings that are not reported, relative to this file. "
        "Write it with `--write-baseline`.",
        'baseline = "batchlint-baseline.json"',
    ),
    Key("cache", Flag(), "true", "Keep facts about files between runs.", "cache = false"),
    Key(
        "cache-dir",
        Text(),
        "the user's cache folder",
        "Where the cache is kept, relative to this file.",
        'cache-dir = ".cache/batchlint"',
    ),
    Key("jobs", Number(), "0", "Processes to use; 0 decides by the amount of work.", "jobs = 1"),
    Key(
        "contexts",
        MapOf("glob on paths or dotted names", Text(WAITS)),
        "{}",
        "Who waits, where you know better than the analysis: every function that a glob matches is taken as "
        "started with somebody waiting (`realtime`) or with nobody (`offline`).",
        '[tool.batchlint.contexts]\n"jobs/**" = "offline"\n"app.preview.*" = "realtime"',
    ),
    Key(
        "wrappers",
        ListOf(_WRAPPER),
        "[]",
        "Your own functions that send LLM requests and that nothing in the project defines, for instance "
        "from an internal package. Functions of the project need no entry: they are followed.",
        '[[tool.batchlint.wrappers]]\ncall = "acme_llm.complete"\nprovider = "openai"\nmodel = "#0|model"',
    ),
    Key(
        "catalog",
        ListOf(Text()),
        "[]",
        "Files with further providers and frameworks in the catalog's own format, relative to this file.",
        'catalog = ["lint/acme_llm.toml"]',
    ),
    Key(
        "volumes",
        MapOf("glob on paths or dotted names", _VOLUME),
        "{}",
        "Known traffic of call sites, for figures per month. The first matching glob counts.",
        "[tool.batchlint.volumes]\n"
        '"app.tasks.nightly" = { requests-per-month = 500_000, input-tokens = 2_000 }',
    ),
    Key(
        "prices",
        MapOf("model glob", _PRICE),
        "{}",
        "Negotiated prices in USD per million tokens; list prices are built in.",
        '[tool.batchlint.prices]\n"gpt-5*" = { input = 1.0, output = 8.0 }',
    ),
    Key(
        "deployments",
        MapOf("deployment, environment variable, or glob on paths or dotted names", Text()),
        "{}",
        "The model behind a deployment, an alias or an environment variable that stands where a model is "
        "named; or the model of all calls in the functions or files that a glob matches.",
        '[tool.batchlint.deployments]\n"prod-chat" = "gpt-5-mini"\n"app.labels.*" = "gpt-5-nano"',
    ),
    Key(
        "assumptions",
        _ASSUMPTIONS,
        "{}",
        "Quantities for what the source does not show, each a number or its bounds. Every one that a figure "
        "rests on is named beside it.",
        "[tool.batchlint.assumptions]\ndocument = [1_000, 6_000]\nresponse = 300",
    ),
    Key("fix", _FIX, "{}", "How `--fix` writes.", 'fix.helper = "src/app/vendor"'),
)

ROOT = Table(KEYS)


def lookup(name: str) -> Key | None:
    """The key with a dotted name such as `fix.helper`, None where there is none."""
    head, _, rest = name.partition(".")
    for key in KEYS:
        if key.name == head:
            return key if not rest else _inside(key.shape, rest)
    return None


def _inside(shape: Shape, name: str) -> Key | None:
    """The key called `name` of the table inside a shape."""
    while isinstance(shape, ListOf):
        shape = shape.item
    if isinstance(shape, MapOf):
        shape = shape.value
    keys = shape.keys if isinstance(shape, Table) else ()
    return next((key for key in keys if key.name == name), None)


def json_schema() -> dict[str, object]:
    """The JSON schema of `[tool.batchlint]`, which is also that of `batchlint.toml`."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "batchlint",
        "description": "Settings of batchlint: [tool.batchlint] in pyproject.toml, or batchlint.toml.",
        **ROOT.schema(),
    }

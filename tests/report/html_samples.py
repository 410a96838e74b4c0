"""A small project with an inventory that shows everything the HTML page can show."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from batchlint.catalog.model import Kind
from batchlint.estimate import (
    DynamicKind,
    DynamicPart,
    EstimateInput,
    OutputLimits,
    PromptText,
    Quantity,
    StaticPart,
    estimate,
    load_prices,
    parse_volumes,
    volume_of,
)
from batchlint.finding import (
    Category,
    Confidence,
    Failure,
    FixKind,
    Obstacle,
    ObstacleCode,
    Range,
    Route,
    Shape,
    Site,
    Step,
    Verdict,
)
from batchlint.report import html
from batchlint.report.sources import Sources
from batchlint.text import Location

FILES = {
    "app/tasks.py": (
        "@app.task\n"
        "def nightly():\n"
        "    for document in Document.objects.filter(summary=None):\n"
        "        document.summary = summarise(document.body)\n"
        "        document.save()\n"
    ),
    "app/llm.py": (
        "def summarise(body: str) -> str:\n"
        "    response = client.messages.create(\n"
        '        model="claude-sonnet-4-5",\n'
        '        messages=[{"role": "user", "content": f"Summarise this document: {body}"}],\n'
        "    )\n"
        "    return response.content[0].text\n"
    ),
    "evals/judge.py": (
        "def score(answers):\n"
        "    with ThreadPoolExecutor(16) as pool:\n"
        "        return list(pool.map(judge, answers))\n"
        "\n"
        "def judge(answer):\n"
        '    return client.responses.create(model="gpt-5-mini", input=PROMPT.format(answer=answer))\n'
    ),
    "scripts/embed.py": (
        "for chunk in chunks:\n"
        '    vectors.append(openai.embeddings.create(model="text-embedding-3-small", input=chunk))\n'
    ),
    "app/chat.py": (
        '@router.post("/chat")\n'
        "async def chat(message: Message):\n"
        '    return await client.chat.completions.create(model="gpt-4o", messages=history(message))\n'
    ),
    "app/refine.py": (
        "for _ in range(3):\n"
        '    draft = client.chat.completions.create(model="gpt-5", messages=[draft]).text\n'
    ),
    "app/voice.py": 'speech = client.audio.speech.create(model="tts-1", input=text)\n',
    "lib/wrapper.py": "def ask(prompt):\n    return client.generate_content(prompt)\n",
    "app/tags.py": (
        "def tag(product):\n"
        '    return client.chat.completions.create(model="gpt-4o-mini", messages=[prompt(product)])\n'
    ),
}
ROWS = parse_volumes(
    {
        "app.llm.summarise": {"requests-per-month": 500_000, "input-tokens": 2000, "output-tokens": 500},
        "app.tags.tag": {"requests-per-month": [80_000, 120_000]},
    }
)


def at(path: str, line: int, part: str) -> Location:
    """The place of a piece of a sample line."""
    column = FILES[path].splitlines()[line - 1].index(part) + 1
    return Location(path, line, column, line, column + len(part))


def sites() -> list[Site]:
    """The inventory."""
    prices = load_prices(on=date(2026, 11, 25))
    base = Site(
        location=at("app/llm.py", 2, "client.messages.create"),
        function="app.llm.summarise",
        provider="anthropic",
        vendor="anthropic",
        operation="messages.create",
        is_async=False,
        is_streaming=False,
        model="claude-sonnet-4-5",
        verdict=Verdict.ELIGIBLE,
        confidence=Confidence.HIGH,
        category=Category.DOCUMENT_PROCESSING,
        shape=Shape.LOOP_VIA_FUNCTION,
        witness=(
            Step(at("app/tasks.py", 1, "@app.task"), "Celery beat starts nightly every night at 03:00"),
            Step(at("app/tasks.py", 3, "for document"), "record loop over documents"),
            Step(at("app/tasks.py", 4, "summarise(document.body)"), "calls summarise"),
            Step(at("app/llm.py", 2, "client.messages.create"), "one request per document"),
        ),
        obstacles=(),
        savings=estimate(
            EstimateInput(
                Kind.CHAT,
                "anthropic",
                "claude-sonnet-4-5",
                declared=ROWS[0],
                volume=volume_of([None], None, ROWS[0]),
                discount=0.5,
            ),
            prices,
        ),
        fix=FixKind.SAFE,
        roots=("scheduled",),
        title="Anthropic",
    )
    openai = replace(base, provider="openai", vendor="openai", title="OpenAI")
    judge = replace(
        openai,
        location=at("evals/judge.py", 6, "client.responses.create"),
        function="evals.judge.judge",
        operation="responses.create",
        model="gpt-5-mini",
        category=Category.EVAL,
        shape=Shape.EXECUTOR_MAP,
        witness=(
            Step(at("evals/judge.py", 1, "def score"), "the evaluation suite calls score"),
            Step(at("evals/judge.py", 3, "pool.map(judge, answers)"), "executor over answers"),
            Step(at("evals/judge.py", 6, "client.responses.create"), "one request per answer"),
        ),
        savings=estimate(
            EstimateInput(
                Kind.CHAT,
                "openai",
                "gpt-5-mini",
                prompt=PromptText((StaticPart("Judge. " * 80), DynamicPart(DynamicKind.PASSAGE, "answer"))),
                output=OutputLimits(schema_fields=3),
                volume=volume_of(
                    [Quantity(Range(1200, 1200), "evals/answers.jsonl has 1,200 records")],
                    Quantity(Range(30.4375, 30.4375), "cron `0 2 * * *`: 30 runs a month"),
                ),
                discount=0.5,
            ),
            prices,
        ),
        fix=FixKind.UNSAFE,
    )
    embed = replace(
        openai,
        location=at("scripts/embed.py", 2, "openai.embeddings.create"),
        function="scripts.embed",
        operation="embeddings.create",
        model="text-embedding-3-small",
        category=Category.DATA_PIPELINE,
        confidence=Confidence.MEDIUM,
        witness=(
            Step(at("scripts/embed.py", 1, "for chunk in chunks"), "script with a record loop"),
            Step(at("scripts/embed.py", 2, "openai.embeddings.create"), "one request per chunk"),
        ),
        savings=estimate(
            EstimateInput(
                Kind.EMBEDDING,
                "openai",
                "text-embedding-3-small",
                prompt=PromptText((DynamicPart(DynamicKind.PASSAGE, "chunk"),)),
                discount=0.5,
            ),
            prices,
        ),
        fix=FixKind.DISPLAY,
    )
    tags = replace(
        openai,
        location=at("app/tags.py", 2, "client.chat.completions.create"),
        function="app.tags.tag",
        operation="chat.completions.create",
        model="gpt-4o-mini",
        verdict=Verdict.MIXED,
        category=Category.ENRICHMENT,
        confidence=Confidence.MEDIUM,
        witness=(Step(at("app/tags.py", 1, "def tag"), "backfill command and product page call tag"),),
        obstacles=(
            Obstacle(
                ObstacleCode.LIVE_ROOT, "the product page waits for it", at("app/chat.py", 1, "@router")
            ),
        ),
        savings=estimate(
            EstimateInput(
                Kind.CHAT,
                "openai",
                "gpt-4o-mini",
                prompt=PromptText((DynamicPart(DynamicKind.RECORD, "product"),)),
                output=OutputLimits(max_tokens=200),
                declared=ROWS[1],
                volume=volume_of([], None, ROWS[1]),
                discount=0.5,
            ),
            prices,
        ),
        fix=FixKind.NONE,
    )
    refine = replace(
        openai,
        location=at("app/refine.py", 2, "client.chat.completions.create"),
        function="app.refine",
        operation="chat.completions.create",
        model="gpt-5",
        verdict=Verdict.SEQUENTIAL,
        category=Category.REPORTING,
        witness=(Step(at("app/refine.py", 1, "for _ in range(3)"), "weekly report refines its draft"),),
        obstacles=(
            Obstacle(
                ObstacleCode.LOOP_CARRIED,
                "each request contains the draft that the one before returned",
                at("app/refine.py", 2, "draft"),
            ),
        ),
        savings=estimate(EstimateInput(Kind.CHAT, "openai", "gpt-5", route=Route.FLEX, discount=0.5), prices),
        fix=FixKind.SAFE,
    )
    chat = replace(
        openai,
        location=at("app/chat.py", 3, "client.chat.completions.create"),
        function="app.chat.chat",
        operation="chat.completions.create",
        model="gpt-4o",
        verdict=Verdict.REALTIME,
        category=None,
        witness=(Step(at("app/chat.py", 1, '@router.post("/chat")'), "FastAPI route /chat"),),
        savings=estimate(EstimateInput(Kind.CHAT, "openai", "gpt-4o", route=Route.NONE), prices),
        fix=FixKind.NONE,
    )
    voice = replace(
        openai,
        location=at("app/voice.py", 1, "client.audio.speech.create"),
        function="app.voice",
        operation="audio.speech.create",
        model="tts-1",
        verdict=Verdict.UNSUPPORTED,
        category=None,
        witness=(),
        obstacles=(
            Obstacle(
                ObstacleCode.NO_BATCH_OPERATION,
                "speech has no batch endpoint",
                at("app/voice.py", 1, "client.audio.speech.create"),
            ),
        ),
        savings=None,
        fix=FixKind.NONE,
    )
    wrapper = replace(
        voice,
        location=at("lib/wrapper.py", 2, "client.generate_content"),
        function="lib.wrapper.ask",
        provider="gemini",
        vendor="gemini",
        title="Gemini API",
        operation="generate_content",
        model=None,
        verdict=Verdict.UNCLEAR,
        confidence=Confidence.LOW,
        obstacles=(),
    )
    return [chat, embed, tags, base, wrapper, judge, refine, voice]


def failures() -> list[Failure]:
    """A file that could not be read."""
    return [Failure(Location("legacy/py2.py", 3, 1, 3, 1), "invalid syntax (Python 2?)")]


def page(root: Path) -> str:
    """The page of the sample project, written below `root`."""
    for path, content in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return html.render(sites(), str(root), Sources(str(root)), "0.1.0", failures())

"""The words that the rules about call sites share. Messages name operations and places, never a prompt."""

from batchlint.finding import Category, Shape, Site, Verdict

RECORD_SHAPES = frozenset(
    {
        Shape.INLINE_LOOP,
        Shape.COMPREHENSION,
        Shape.LOOP_VIA_FUNCTION,
        Shape.LOOP_VIA_METHOD,
        Shape.EXECUTOR_MAP,
        Shape.ASYNCIO_GATHER,
        Shape.DATAFRAME_APPLY,
        Shape.DATASET_MAP,
    }
)
CONCURRENT_SHAPES = frozenset({Shape.EXECUTOR_MAP, Shape.ASYNCIO_GATHER})
EVALUATIONS = frozenset({Category.EVAL, Category.AB_TEST_SCORING})


def provider(site: Site) -> str:
    """The provider's name for people."""
    return site.title or site.vendor or site.provider


def origin(site: Site) -> str:
    """`'chat.completions.create' is reached from Celery beat task 'nightly'`."""
    if site.witness and site.witness[0].location != site.location:
        return f"'{site.operation}' is reached from {site.witness[0].message}"
    return f"'{site.operation}' in '{site.function}'"


def is_eligible(site: Site) -> bool:
    """Whether nobody waits and a batch could carry the requests."""
    return site.verdict is Verdict.ELIGIBLE


def batch_api(site: Site) -> str:
    """`the OpenAI batch API`; of a library that passes requests on to a provider nobody knows, its own."""
    if site.vendor is None:
        return "your provider's batch API"
    return f"the {provider(site).removesuffix(' API')} batch API"


def batch_remedy(site: Site) -> str:
    """What to do with requests of which there are many."""
    return (
        f"build the requests of all records first, send them through {batch_api(site)}, "
        "and join the results by id"
    )

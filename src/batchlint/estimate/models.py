"""From a model string as code writes it to the model that is billed.

`gpt-4o-2024-08-06`, `models/gemini-2.5-flash`, `us.anthropic.claude-haiku-4-5-20251001-v1:0`,
`openrouter/anthropic/claude-sonnet-4.5`, `google-gla:gemini-2.5-pro`, `claude-sonnet-4-5@20250929`,
`projects/p/locations/l/publishers/google/models/gemini-2.5-pro` all name a model and some also the vendor.
A string has several readings; the first that the price source lists counts. Nothing is guessed from
similarity: a model without a reading is unknown.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from batchlint.estimate.prices import ModelPrice, Prices, Row, load_prices
from batchlint.estimate.terms import Terms, load_terms

# Routing segments between a vendor's prefix and its model name.
_ROUTES = ("litellm_proxy/", "gateway/", "converse/", "invoke/", "responses/", "chat/")
# OpenRouter's routing suffixes; `:free` is a model of its own.
_SUFFIXES = (":nitro", ":floor", ":online", ":exacto")
# Vendors whose own model names contain slashes.
_HOSTS = frozenset({"groq", "together", "fireworks", "openrouter"})
# Where a bare name is looked up when no vendor is known and the source cannot tell from the name.
_BARE = ("openai", "anthropic", "gemini", "mistral", "cohere", "voyage", "xai", "deepseek")

# Vendors whose price list names a family by its newest member (`mistral-small`).
_LATEST = frozenset({"mistral"})

_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
_VERSION = re.compile(r"(-20\d{2}-\d{2}-\d{2}|-20\d{6}|-latest|-00\d)$")


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model string with the vendor that bills it.

    `vendor` is a name of the vendor terms, else the price source's provider; `title` is how people
    write it. `name` is the model without vendor prefixes, `row` its place in the price table, None for
    a model that only the configuration prices.
    """

    asked: str
    vendor: str
    title: str
    name: str
    row: Row | None

    @property
    def id(self) -> str:
        """The price source's name of the model, else the model's own."""
        return self.name if self.row is None else self.row.id

    def price(self, prices: Prices) -> ModelPrice | None:
        """What the model costs."""
        return prices.price(self.row, self.asked, self.name, self.id, f"{self.vendor}/{self.name}")


def resolve_model(
    model: str,
    vendor: str | None,
    prices: Prices | None = None,
    deployments: Mapping[str, str] | None = None,
) -> ResolvedModel | None:
    """The model that a string names, or None when neither price source nor configuration knows it.

    `vendor` is who is billed as far as the code says so: a vendor, or a wrapper library or None, in
    which case the string's own prefix or the name decides. `deployments` says which model stands behind
    a deployment or an alias.
    """
    prices = prices or load_prices()
    terms = load_terms()
    asked = model.strip()
    named = _behind(asked, deployments or {})
    readings = list(_readings(named, vendor, prices, terms)) if named else []
    for name, text in readings:
        provider = _provider(name, terms)
        if row := prices.find(provider, text):
            return ResolvedModel(asked, name, _title(name, terms), text, row)
    for name, text in readings or [(vendor or "", asked)]:
        if prices.negotiated(asked, text, f"{name}/{text}"):
            return ResolvedModel(asked, name, _title(name, terms), text, None)
    return None


def _behind(asked: str, deployments: Mapping[str, str]) -> str:
    """The model behind a deployment, which may be written with its vendor (`azure/prod-chat`)."""
    prefix, rest = _split(asked)
    if rest not in deployments:
        return deployments.get(asked, asked)
    return deployments[rest] if prefix is None else f"{prefix}/{deployments[rest]}"


def _readings(text: str, vendor: str | None, prices: Prices, terms: Terms) -> Iterator[tuple[str, str]]:
    """Every (vendor, model) that a string may stand for, the likeliest first."""
    known = _vendor_name(vendor, prices, terms)
    if known is not None:
        rest = _without_prefix(text, known, prices, terms)
        for form in _forms(rest, known):
            yield known, form
        return
    prefix, rest = _split(text)
    if named := _vendor_name(prefix, prices, terms):
        yield from _readings(rest, named, prices, terms)
        return
    for route in _ROUTES:
        if text.startswith(route):
            yield from _readings(text.removeprefix(route), None, prices, terms)
            return
    inferred = prices.infer_provider(text.rpartition("/")[2])
    vendors = (_vendor_of(inferred, terms),) if inferred else _BARE
    for name in vendors:
        yield from ((name, form) for form in _forms(text, name))


def _split(text: str) -> tuple[str | None, str]:
    """The prefix before the first `/` or `:` and the rest."""
    found = re.match(r"([A-Za-z][\w.-]*)[/:](.+)", text)
    return (found[1], found[2]) if found else (None, text)


def _without_prefix(text: str, vendor: str, prices: Prices, terms: Terms) -> str:
    """The string without routing prefixes that only repeat its vendor (`openai/gpt-4o`)."""
    while True:
        prefix, rest = _split(text)
        # `openai/gpt-oss-120b` is a name of Groq's own, and so is `openrouter/auto`.
        if (
            prefix is None
            or _vendor_name(prefix, prices, terms) != vendor
            or prices.find(_provider(vendor, terms), text)
        ):
            return text
        text = rest


def _forms(text: str, vendor: str) -> Iterator[str]:
    """Ways to write one model name, from the string itself to the same without its version."""
    names = [text]
    if vendor in _HOSTS:
        names += [text.removesuffix(suffix) for suffix in _SUFFIXES if text.endswith(suffix)]
    elif "/" in text:
        names.insert(0, text.rpartition("/")[2])  # a resource name, an ARN, a region
    yield from names
    yield from (f"{name}-latest" for name in names if vendor in _LATEST)
    for name in names:
        if found := _COMPACT_DATE.search(name):
            yield f"{name[: found.start()]}-{found[1]}-{found[2]}-{found[3]}"
        if "@" in name:
            name = name.partition("@")[0]
            yield name
        if _VERSION.search(name):
            yield _VERSION.sub("", name)


def _vendor_name(name: str | None, prices: Prices, terms: Terms) -> str | None:
    """The vendor that a name stands for; None for a wrapper library or a stranger."""
    if name is None:
        return None
    if vendor := terms.vendor(name):
        return vendor.name
    return name.lower() if prices.has_provider(name.lower()) else None


def _vendor_of(provider: str, terms: Terms) -> str:
    """The first vendor that the price source lists under a provider."""
    return next((v.name for v in terms.vendors.values() if v.provider == provider), provider)


def _provider(vendor: str, terms: Terms) -> str:
    known = terms.vendors.get(vendor)
    return vendor if known is None else known.provider


def _title(vendor: str, terms: Terms) -> str:
    known = terms.vendors.get(vendor)
    return vendor if known is None else known.title

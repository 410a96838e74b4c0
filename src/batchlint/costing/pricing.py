"""From a judged call site to its savings: everything that `estimate` asks, read from the program."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from batchlint.analysis.flex import has_flex
from batchlint.analysis.judge import Judgement
from batchlint.analysis.loops import Loops
from batchlint.analysis.model import CallSite
from batchlint.analysis.places import Places
from batchlint.analysis.values import Values
from batchlint.catalog.model import Catalog, Provider
from batchlint.config import Config
from batchlint.costing.limits import Limits
from batchlint.costing.prompts import Prompts
from batchlint.costing.spread import spread
from batchlint.costing.trace import Trace
from batchlint.costing.volumes import Volumes
from batchlint.estimate import (
    EstimateInput,
    Volume,
    VolumeRow,
    declared_volume,
    estimate,
    load_assumptions,
    load_prices,
    parse_volumes,
    volume_of,
)
from batchlint.finding import Route, Savings, Verdict
from batchlint.program.model import Edge

_ROUTES: Mapping[Verdict, Route] = {
    Verdict.ELIGIBLE: Route.BATCH,
    Verdict.MIXED: Route.BATCH,
    Verdict.SEQUENTIAL: Route.FLEX,
}
# More models than that say nothing about which one a call uses.
_MODELS_MAX = 6


class Pricing:
    """Estimates the savings of the sites of one run.

    Raises `EstimateError` where the configuration's prices, volumes or assumptions cannot be used.
    """

    def __init__(
        self, values: Values, loops: Loops, places: Places, catalog: Catalog, root: Path, config: Config
    ) -> None:
        self.linker = values.linker
        self.values = values
        self.loops = loops
        self.places = places
        self.root = root
        self.deployments = config.deployments
        prices = config.prices
        self.prices = load_prices(prices if isinstance(prices, Path) else dict(prices))
        self.assumptions = load_assumptions(config.assumptions, "[tool.batchlint.assumptions]")
        self.rows = parse_volumes(config.volumes)
        self._providers = {provider.name: provider for provider in catalog.providers}
        self._limits = Limits(self.linker, values)
        self._edges: dict[tuple[int, int], list[Edge]] = {}
        for edge in self.linker.edges.values():
            self._edges.setdefault((edge.caller, edge.call), []).append(edge)

    def savings(self, site: CallSite, judgement: Judgement) -> Savings | None:
        """What a site could save; None for verdicts that leave nothing to save."""
        route = _ROUTES.get(judgement.verdict)
        billed = self._providers.get(site.vendor or "") or self._providers.get(site.provider)
        if route is None or (route is Route.FLEX and not has_flex(self.linker, site, billed)):
            return None
        trace = Trace(self.linker, self.values, self.root, judgement.way, self._edges)
        scope = self.linker.scopes.all[site.scope]
        context = self.linker.contexts.get(scope.base + scope.facts.calls[site.call].value)
        declared = self._declared(site, judgement)
        asked = EstimateInput(
            kind=site.kind,
            vendor=site.vendor,
            model=None,
            route=route,
            prompt=Prompts(trace).prompt(site, context),
            output=self._limits.limits(site, context),
            volume=self._volume(trace, judgement, declared),
            declared=declared,
            discount=billed.batch_api.discount if billed is not None and billed.batch_api else None,
            has_flex=has_flex(self.linker, site, billed),
        )
        return self._estimated(asked, site.models, billed)

    def _estimated(self, asked: EstimateInput, models: Iterable[str], billed: Provider | None) -> Savings:
        """The estimate; over all models where the code leaves open which of several it is."""
        found = []
        named: Iterable[str | None] = tuple(models)[:_MODELS_MAX] or (None,)
        for model in named:
            site = replace(asked, model=model, no_batch=_not_taken(model, billed))
            found.append(estimate(site, self.prices, self.assumptions, self.deployments))
        return spread(found)

    def _volume(self, trace: Trace, judgement: Judgement, declared: VolumeRow | None) -> Volume:
        if judgement.way is None:
            return volume_of([None], None, declared)
        volumes = Volumes(trace, self.loops)
        return volume_of(volumes.sizes(judgement.way), volumes.runs(judgement.way), declared)

    def _declared(self, site: CallSite, judgement: Judgement) -> VolumeRow | None:
        """The configuration's row for the function of a site, else for one on the way to it."""
        way = judgement.way
        scopes = [site.scope]
        if way is not None:
            scopes += [scope for scope, _ in reversed(way.calls)] + [way.root.scope]
        found = (declared_volume(self.rows, self.places.name(s), self.places.path(s)) for s in scopes)
        return next((row for row in found if row is not None), None)


def _not_taken(model: str | None, billed: Provider | None) -> str | None:
    """Why the batch API of a provider does not take a model, None where it may."""
    globs = billed.batch_api.models if billed is not None and billed.batch_api else ()
    if model is None or not globs or billed is None:
        return None
    name = model.lower()
    if any(fnmatchcase(name, glob) or fnmatchcase(name, f"*/{glob}") for glob in globs):
        return None
    return f"the batch API of {billed.title} does not take {model}"

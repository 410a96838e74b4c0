"""From a judged call site to its savings: everything that `estimate` asks, read from the program."""

from collections.abc import Callable, Iterable, Mapping
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
from batchlint.costing.models import Models
from batchlint.costing.prompts import Prompts
from batchlint.costing.spread import spread
from batchlint.costing.trace import Edges, Trace
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
    resolve_model,
    volume_of,
)
from batchlint.finding import Route, Savings, Verdict
from batchlint.globs import matches

_ROUTES: Mapping[Verdict, Route] = {
    Verdict.ELIGIBLE: Route.BATCH,
    Verdict.MIXED: Route.BATCH,
    Verdict.SEQUENTIAL: Route.FLEX,
}
# Of more models the bounds would say nothing.
_MODELS_MAX = 12


class Pricing:
    """Estimates the savings of the sites of one run. `note` is told of the files that are looked at.

    Raises `EstimateError` where the configuration's prices, volumes or assumptions cannot be used.
    """

    def __init__(
        self,
        values: Values,
        loops: Loops,
        places: Places,
        catalog: Catalog,
        root: Path,
        config: Config,
        note: Callable[[str], None],
    ) -> None:
        self.linker = values.linker
        self.values = values
        self.loops = loops
        self.places = places
        self.root = root
        self.note = note
        self.deployments = config.deployments
        prices = config.prices
        self.prices = load_prices(prices if isinstance(prices, Path) else dict(prices))
        self.assumptions = load_assumptions(config.assumptions, "[tool.batchlint.assumptions]")
        self.rows = parse_volumes(config.volumes)
        self._providers = {provider.name: provider for provider in catalog.providers}
        self._edges = Edges(self.linker.edges.values())

    def savings(self, site: CallSite, judgement: Judgement) -> Savings | None:
        """What a site could save; None for verdicts that leave nothing to save."""
        route = _ROUTES.get(judgement.verdict)
        billed = self._providers.get(site.vendor or "") or self._providers.get(site.provider)
        if route is None or (route is Route.FLEX and not has_flex(self.linker, site, billed)):
            return None
        trace = Trace(self.linker, self.values, self.root, judgement.way, self._edges, self.note)
        scope = self.linker.scopes.all[site.scope]
        context = self.linker.contexts.get(scope.base + scope.facts.calls[site.call].value)
        declared = self._declared(site, judgement)
        limits = Limits(trace)
        asked = EstimateInput(
            kind=site.kind,
            vendor=site.vendor,
            model=None,
            route=route,
            prompt=Prompts(trace).prompt(site, context),
            output=limits.limits(site, context),
            volume=self._volume(trace, judgement, declared),
            declared=declared,
            discount=billed.batch_api.discount if billed is not None and billed.batch_api else None,
            has_flex=has_flex(self.linker, site, billed),
        )
        models = Models(trace, limits)
        settings = [*models.settings(site, context)]
        behind = self._configured(site, settings)
        if behind is not None:
            return self._estimated(asked, (behind,), billed)
        asked = replace(asked, place=(settings or [self.places.name(site.scope)])[0])
        return self._estimated(asked, models.models(site, context), billed)

    def _estimated(self, asked: EstimateInput, models: Iterable[str], billed: Provider | None) -> Savings:
        """The estimate; over all models where the code leaves open which of several it is."""
        found = []
        known = self._known(tuple(models), asked.vendor)
        named: Iterable[str | None] = known if 0 < len(known) <= _MODELS_MAX else (None,)
        for model in named:
            site = replace(asked, model=model, no_batch=_not_taken(model, billed))
            found.append(estimate(site, self.prices, self.assumptions, self.deployments))
        return spread(found)

    def _known(self, models: tuple[str, ...], vendor: str | None) -> tuple[str, ...]:
        """Of several texts that may name the model those that do: the others reach the argument only in
        the analysis, or belong to another vendor's branch."""
        if len(models) < 2:
            return models
        resolved = (resolve_model(model, vendor, self.prices, self.deployments) for model in models)
        return tuple(model for model, found in zip(models, resolved, strict=True) if found is not None)

    def _configured(self, site: CallSite, settings: list[str]) -> str | None:
        """The model that the configuration names for an environment variable that the call reads its model
        from, or for the function or file of the call."""
        named = next((self.deployments[name] for name in settings if name in self.deployments), None)
        if named is not None:
            return named
        path, name = self.places.path(site.scope), self.places.name(site.scope)
        return next((m for glob, m in self.deployments.items() if matches(glob, path, name)), None)

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

"""Whether a call site could take its provider's cheaper synchronous tier."""

from fnmatch import fnmatchcase

from batchlint.analysis.model import CallSite
from batchlint.catalog.model import Provider
from batchlint.program.linker import Linker


def has_flex(linker: Linker, site: CallSite, billed: Provider | None) -> bool:
    """Whether the one model that a site names has a flex tier at the provider that is billed, and the
    call leaves the tier open."""
    scope = linker.scopes.all[site.scope]
    context = linker.contexts.get(scope.base + scope.facts.calls[site.call].value)
    if context is not None and "service_tier" in context.keywords:
        return False
    globs = billed.batch_api.flex_models if billed is not None and billed.batch_api else ()
    return len(site.models) == 1 and any(fnmatchcase(site.models[0], glob) for glob in globs)

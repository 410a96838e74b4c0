"""Provider calls as requests: which helper stands for a call, and how its text reads."""

import ast
from collections.abc import Iterator

from batchlint.analysis.model import CallSite
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.surfaces import surfaces


def check_site(
    program: Program, draft: Draft, site: CallSite, *, awaits: bool = False
) -> tuple[ProgramFile, ast.Call]:
    """The call of a site that can become a request; raises DeclinedError where it cannot.

    `awaits` says that the rewrite can have a call whose answer is awaited.
    """
    file, node = program.file_of(site.scope), program.call(site.scope, site.call)
    if site.is_legacy:
        raise file.decline(Reason.LEGACY_SDK, f"upgrade the {site.provider} SDK first", node)
    vendor = site.vendor or site.provider
    surface = surfaces().get(site.provider)
    if surface is None or vendor not in surface.vendors:
        raise file.decline(Reason.NO_HELPER, f"no batch helper for {vendor} {site.name}", node)
    for in_the_way in _unbatchable(site):
        raise file.decline(Reason.NO_HELPER, in_the_way, node)
    if site.is_async and not awaits:
        raise file.decline(Reason.ASYNC, "the call is awaited", node)
    _parts(file, site, node)
    if site.guessed:
        draft.object(file, Reason.GUESSED, "what the client is cannot be seen, only that it fits", node)
    if vendor in surface.settings:
        draft.object(file, Reason.NEEDS_SETTING, surface.settings[vendor], node)
    draft.sites.add((site.scope, site.call))
    draft.providers.add(site.provider)
    return file, node


def is_left(site: CallSite) -> bool:
    """Whether a call goes on in real time whatever its place is: no batch takes it, or its SDK is too old."""
    surface = surfaces().get(site.provider)
    is_known = surface is not None and (site.vendor or site.provider) in surface.vendors
    return site.is_legacy or not is_known or any(True for _ in _unbatchable(site))


def _unbatchable(site: CallSite) -> Iterator[str]:
    """What the batch API does not take of a call."""
    if not site.batchable:
        yield site.reason or f"the batch API does not take {site.name}"
    for keyword, why in site.blockers:
        yield f"{keyword}: {why}"
    if site.is_streaming:
        yield "the answer is streamed"


def _parts(file: ProgramFile, site: CallSite, node: ast.Call) -> tuple[ast.expr, str]:
    """The client of a call and the helper that stands for its method."""
    steps: list[str] = []
    client: ast.expr = node.func
    best: tuple[ast.expr, str] | None = None
    while isinstance(client, ast.Attribute):
        steps.insert(0, client.attr)
        client = client.value
        request = surfaces()[site.provider].requests.get(".".join(steps))
        if request is not None:
            best = client, request
    if best is None:
        raise file.decline(Reason.CALL_FORM, "the method is not called on its client", node)
    if node.args or any(isinstance(k.value, ast.Starred) for k in node.keywords):
        raise file.decline(Reason.CALL_FORM, "arguments are passed by position", node)
    for keyword in node.keywords:
        is_off = isinstance(keyword.value, ast.Constant) and keyword.value.value in (False, None)
        if keyword.arg == "client" or (keyword.arg == "stream" and not is_off):
            raise file.decline(Reason.CALL_FORM, f"the argument {keyword.arg!r} has no batch form", node)
    if any(isinstance(n, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for n in ast.walk(node)):
        raise file.decline(Reason.CALL_FORM, "the arguments bind names or wait", node)
    return best


def request_edits(
    file: ProgramFile, draft: Draft, site: CallSite, node: ast.Call
) -> list[tuple[int, int, str]]:
    """The edits that turn `client.chat.completions.create(` into `chat_request(client, `."""
    client, request = _parts(file, site, node)
    name = draft.use(file, request)
    opening = file.text.index(b"(", file.end(node.func))
    if not node.keywords:
        return [(file.start(node), opening + 1, f"{name}({file.source(client)}")]
    first = file.start(node.keywords[0])
    gap = file.text[opening + 1 : first].decode()
    before, newline, indent = gap.rpartition("\n")
    if newline:
        return [(file.start(node), first, f"{name}({before}\n{indent}{file.source(client)},\n{indent}")]
    return [(file.start(node), first, f"{name}({file.source(client)}, ")]

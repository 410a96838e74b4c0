"""Hosting platforms: Vercel, Netlify, Render, Railway, Fly, App Engine. Servers are live, crons offline."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from batchlint.catalog.model import Wait
from batchlint.starts.files.pieces import command_script, environment, schedule_of, script_of
from batchlint.starts.model import Launch, Script, StartKind, Target
from batchlint.starts.nodes import Node, read_document, read_json, read_toml
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.targets import Spot, route_target, script_target


def read_vercel(path: str, tree: Tree) -> Iterator[Launch]:
    """The crons of `vercel.json`, and the Python functions it configures or builds."""
    document = read_json(tree.required(path))
    spot = Spot(Places(tree.exists, folder_of(path)), folder_of(path), runner="vercel")
    for cron in document.each("crons"):
        schedule = schedule_of([cron.string("schedule")])
        url = urlsplit(cron.string("path")).path.rstrip("/")
        if url and schedule:
            target = _function_of(url, spot) or route_target(url)
            origin = f"Vercel cron {schedule.text!r}"
            line = cron.get("path").place
            yield Launch(StartKind.VERCEL, origin, path, target, line, Wait.OFFLINE, schedule)
    built = [(item.string("src"), item.get("src").place) for item in document.each("builds")]
    configured = [(name, node.place) for name, node in document.pairs("functions")]
    for name, line in (*built, *configured):
        if name.endswith(".py") and (served := script_target(name, spot)):
            yield Launch(StartKind.VERCEL, f"Vercel function {name!r}", path, served, line, Wait.LIVE)


def _function_of(url: str, spot: Spot) -> Target | None:
    """The file that serves a path by Vercel's convention."""
    for name in (f"{url.lstrip('/')}.py", f"{url.lstrip('/')}/index.py"):
        target = script_target(name, spot)
        if target and target.paths:
            return target
    return None


def read_netlify(path: str, tree: Tree) -> Iterator[Launch]:
    """The build command of `netlify.toml`; its functions are not Python."""
    document = read_toml(tree.required(path))
    build = document.get("build")
    directory = join(folder_of(path), build.string("base") or ".")
    contexts = [context for _, context in document.pairs("context")]
    for part in (build, *contexts):
        if command := part.get("command"):
            script = script_of(path, (command,), directory)
            yield Launch(StartKind.NETLIFY, "Netlify build", path, script, 0, Wait.OFFLINE)


# Service types of render.yaml: render.com/docs/blueprint-spec.
_RENDER_WAITS = {"web": Wait.LIVE, "worker": Wait.OFFLINE, "cron": Wait.OFFLINE, "pserv": None}


def read_render(path: str, tree: Tree) -> Iterator[Launch]:
    """The commands of each service of a Render blueprint."""
    document = read_document(tree.required(path))
    for service in document.each("services"):
        kind, name = service.string("type"), service.string("name")
        directory = join(folder_of(path), service.string("rootDir") or ".")
        schedule = schedule_of([service.string("schedule")]) if kind == "cron" else None
        origin = f"Render {kind} {name!r}" + (f" {schedule.text!r}" if schedule else "")
        variables = environment(service.get("envVars"))
        for key in ("preDeployCommand", "startCommand", "dockerCommand"):
            if command := service.get(key):
                script = replace(script_of(path, (command,), directory), variables=variables)
                wait = Wait.OFFLINE if key == "preDeployCommand" else _RENDER_WAITS.get(kind)
                yield Launch(StartKind.RENDER, origin, path, script, 0, wait, schedule)


def read_railway(path: str, tree: Tree) -> Iterator[Launch]:
    """The commands of `railway.json` or `railway.toml`."""
    text = tree.required(path)
    deploy = (read_json(text) if path.endswith(".json") else read_toml(text)).get("deploy")
    schedule = schedule_of([deploy.string("cronSchedule")])
    for key in ("preDeployCommand", "startCommand"):
        for command in deploy.each(key):
            is_start = key == "startCommand"
            origin = f"Railway cron {schedule.text!r}" if schedule else "Railway service"
            wait = Wait.OFFLINE if schedule or not is_start else None
            script = script_of(path, (command,))
            yield Launch(StartKind.RAILWAY, origin, path, script, 0, wait, schedule if is_start else None)


def read_fly(path: str, tree: Tree) -> Iterator[Launch]:
    """The processes and the release command of `fly.toml`; a process behind `http_service` is live."""
    document = read_toml(tree.required(path))
    services = (document.get("http_service"), *document.each("services"))
    served = {name for service in services for name in service.strings("processes")}
    has_service = any(services)
    for name, command in document.pairs("processes"):
        is_served = name in served or (has_service and not served and name in ("app", "web"))
        script = script_of(path, (command,))
        wait = Wait.LIVE if is_served else None
        yield Launch(StartKind.FLY, f"Fly process {name!r}", path, script, 0, wait)
    if release := document.get("deploy", "release_command"):
        script = script_of(path, (release,))
        yield Launch(StartKind.FLY, "Fly release command", path, script, 0, Wait.OFFLINE)
    experimental = document.get("experimental")
    image = command_script(path, experimental.get("entrypoint"), experimental.get("cmd"))
    if image:
        yield Launch(StartKind.FLY, "Fly command", path, image, 0, Wait.LIVE if has_service else None)


def read_app_engine(path: str, tree: Tree) -> Iterator[Launch]:
    """The entry point of an App Engine service, which answers requests, or the routes its cron calls."""
    document = read_document(tree.required(path))
    for cron in document.each("cron"):
        yield from _cron_route(path, cron)
    if not document.string("runtime").startswith("python"):
        return
    entry = document.get("entrypoint")
    spot = Spot(Places(tree.exists, folder_of(path)), folder_of(path), runner="app-engine")
    what: Script | Target | None = script_of(path, (entry,)) if entry else script_target("main.py", spot)
    if what:
        line = 0 if entry else document.get("runtime").place
        yield Launch(StartKind.APP_ENGINE, "App Engine service", path, what, line, Wait.LIVE)


def _cron_route(path: str, cron: Node) -> Iterator[Launch]:
    url = urlsplit(cron.string("url")).path.rstrip("/")
    schedule = schedule_of([cron.string("schedule")], cron.string("timezone"))
    if url and schedule:
        origin = f"App Engine cron {schedule.text!r}"
        line = cron.get("url").place
        yield Launch(StartKind.APP_ENGINE, origin, path, route_target(url), line, Wait.OFFLINE, schedule)

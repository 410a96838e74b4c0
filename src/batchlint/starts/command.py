"""One command of a shell to what it starts: targets, references to commands elsewhere, or nested text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from batchlint.catalog.model import Wait
from batchlint.starts.inline import inline_targets
from batchlint.starts.model import UNKNOWN, Target
from batchlint.starts.places import Places, join
from batchlint.starts.programs import (
    Parsed,
    Runner,
    Wrapper,
    load_programs,
    match_runner,
    match_wrapper,
    program_name,
)
from batchlint.starts.references import Reference, ReferenceKind, read_reference
from batchlint.starts.shell import Invocation
from batchlint.starts.targets import (
    Spot,
    attribute_target,
    command_target,
    file_attribute_target,
    management_target,
    module_target,
    named_target,
    python_path,
    route_target,
    script_target,
    tests_target,
)

UNWRAPS_MAX = 20

_PYTHON = re.compile(r"(?:python|pypy|ipython|pythonw|py|sage)(?:\d+(?:\.\d+)*)?")
_PYTHON_OPTIONS = ("-W", "-X", "-Q", "--check-hash-based-pycs")
_SHELLS = ("bash", "sh", "zsh", "dash", "ksh", "ash")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_COMMAND = re.compile(r"[A-Za-z][\w.-]*")
_HTTP = ("curl", "wget", "http", "https", "xh")
_OWN_HOST = re.compile(
    r"(localhost|127\.[\d.]+|0\.0\.0\.0|host\.docker\.internal|[\w-]+|.*\.svc(\.cluster\.local)?|"
    rf".*{UNKNOWN}.*|.*\.(vercel\.app|appspot\.com|run\.app|cloudfunctions\.net|herokuapp\.com|onrender\.com|"
    r"fly\.dev|railway\.app|azurewebsites\.net|modal\.run))"
)


@dataclass(frozen=True, slots=True)
class Nested:
    """Shell text inside a command, and where it runs."""

    text: str
    directory: str
    variables: Mapping[str, str]
    in_loop: bool
    arguments: tuple[str, ...] = ()


Outcome = Target | Reference | Nested


def read_command(invocation: Invocation, places: Places) -> tuple[Outcome, ...]:
    """What one command starts; nothing for commands that have no part in the project."""
    command = _Command(
        invocation.words,
        invocation.directory,
        dict(invocation.variables),
        invocation.in_loop,
        invocation.stdin,
    )
    return tuple(command.outcomes(places))


@dataclass(frozen=True, slots=True)
class _Command:
    """A command while its wrappers are taken off."""

    words: tuple[str, ...]
    directory: str
    variables: Mapping[str, str]
    in_loop: bool
    stdin: str | None

    def outcomes(self, places: Places) -> Iterator[Outcome]:
        command = self
        for _ in range(UNWRAPS_MAX):
            command = command._without_assignments()
            if not command.words:
                return
            if len(command.words) == 1 and re.search(r"\s", command.words[0].strip()):
                yield command._nested(command.words[0])
                return
            matched = match_wrapper(command.words)
            if matched is None:
                yield from command._plain(places)
                return
            inner = command._unwrapped(*matched)
            if matched[0].tasks and isinstance(inner, _Command) and inner.words:
                # Hatch writes `environment:task`.
                task = inner.words[0].rpartition(":")[2]
                yield Reference(ReferenceKind.PROJECT_TASK, inner.directory, task, in_loop=inner.in_loop)
            if not isinstance(inner, _Command):
                yield from inner
                return
            command = inner

    def _without_assignments(self) -> "_Command":
        variables = dict(self.variables)
        words = self.words
        while words and (match := _ASSIGNMENT.fullmatch(words[0])):
            variables[match[1]] = match[2]
            words = words[1:]
        return replace(self, words=words, variables=variables)

    def _nested(self, text: str, arguments: tuple[str, ...] = ()) -> Nested:
        return Nested(text, self.directory, self.variables, self.in_loop, arguments)

    def _unwrapped(self, row: Wrapper, parsed: Parsed) -> "_Command | tuple[Outcome, ...]":
        directory = self.directory
        for option in row.directory:
            if parsed.options.get(option):
                directory = join(directory, parsed.options[option])
        command = replace(self, directory=directory, in_loop=self.in_loop or row.loop, words=parsed.rest)
        texts = [parsed.options[option] for option in row.text if parsed.options.get(option)]
        if not texts and row.text:  # `su - user -c text`: the option follows a positional word
            texts = [self.words[n + 1] for n, word in enumerate(self.words[:-1]) if word in row.text]
        if row.rest == "texts":
            texts += parsed.rest
        elif row.rest == "text" and not texts:
            words = parsed.rest[: parsed.rest.index(":::")] if ":::" in parsed.rest else parsed.rest
            texts = [" ".join(words)]
        if texts:
            return tuple(command._nested(text) for text in texts)
        module = next((parsed.options[option] for option in row.module if parsed.options.get(option)), None)
        if module:
            return replace(command, words=("python", "-m", module, *parsed.rest))
        return command

    # What is no wrapper

    def _spot(self, places: Places, runner: str = "python", wait: Wait | None = None) -> Spot:
        return Spot(places, self.directory, python_path(self.variables), runner, wait, self.in_loop)

    def _plain(self, places: Places) -> Iterator[Outcome]:
        word, rest = self.words[0], self.words[1:]
        name = program_name(word)
        if _PYTHON.fullmatch(name) or (UNKNOWN in name and self._looks_like_python(rest)):
            yield from self._python(places)
        elif name in _SHELLS:
            yield from self._shell()
        elif name.endswith((".py", ".ipynb")) or name == "django-admin":
            yield from self._script(places, word, rest)
        elif matched := match_runner(self.words):
            yield from self._runner(places, *matched)
        elif name == "flask":
            yield from self._flask(places)
        elif name == "gcloud" and rest[:2] == ("functions", "deploy"):
            yield from self._cloud_function(places)
        elif name in _HTTP:
            yield from self._route()
        else:
            yield from self._other(places, word, rest)

    def _other(self, places: Places, word: str, rest: tuple[str, ...]) -> Iterator[Outcome]:
        """A command that leads to another file, or a console script, which may be named by its path."""
        reference = read_reference(self.words, self.directory, self.in_loop)
        is_there = "/" not in word or places.find(word, self.directory) is not None
        if reference and is_there:
            yield reference
        if not reference or not is_there or "/bin/" in word:
            yield from self._console_script(places, program_name(word), rest)

    def _console_script(self, places: Places, name: str, rest: tuple[str, ...]) -> Iterator[Outcome]:
        if _COMMAND.fullmatch(name) and name not in load_programs().ignored_commands:
            yield command_target(name, self._spot(places, name), rest)

    @staticmethod
    def _looks_like_python(rest: tuple[str, ...]) -> bool:
        """`$PYTHON x.py`, `$PY -m pkg`: the program is unknown, its words are not."""
        return bool(rest) and (rest[0].endswith(".py") or rest[0] in ("-m", "-u"))

    def _python(self, places: Places) -> Iterator[Outcome]:
        words = self.words[1:]
        at = 0
        while at < len(words) and words[at].startswith("-") and words[at] != "-":
            option, rest = words[at], words[at + 1 :]
            if re.fullmatch(r"-[A-Za-z]*c", option) and rest:
                yield from inline_targets(rest[0], self._spot(places))
                return
            if re.fullmatch(r"-[A-Za-z]*m", option) and rest:
                yield from self._module(places, rest[0], rest[1:])
                return
            at += 2 if option in _PYTHON_OPTIONS else 1
        if at < len(words) and words[at] != "-":
            yield from self._script(places, words[at], words[at + 1 :])
        elif self.stdin:
            yield from inline_targets(self.stdin, self._spot(places))

    def _module(self, places: Places, module: str, rest: tuple[str, ...]) -> Iterator[Outcome]:
        programs = load_programs()
        if module == "django":
            yield from self._manage(places, rest)
            return
        for name in (module, module.replace("_", "-")):
            known = (name, *rest)
            if name == "flask" or match_wrapper(known) or match_runner(known):
                yield from replace(self, words=known).outcomes(places)
                return
        is_ignored = module in programs.ignored_modules or module in programs.runners
        target = None if is_ignored else module_target(module, self._spot(places), rest)
        if target:
            yield target

    def _script(self, places: Places, path: str, rest: tuple[str, ...]) -> Iterator[Outcome]:
        if program_name(path) in ("manage.py", "django-admin", "django-admin.py"):
            yield from self._manage(places, rest)
        elif path.endswith((".sh", ".bash")):
            yield Reference(ReferenceKind.SHELL, self.directory, path, arguments=rest, in_loop=self.in_loop)
        elif target := script_target(path, self._spot(places), rest):
            yield target

    def _manage(self, places: Places, rest: tuple[str, ...]) -> Iterator[Outcome]:
        if not rest or not re.fullmatch(r"[A-Za-z]\w*", rest[0]):
            return
        if rest[0] == "shell" and len(rest) > 2 and rest[1] in ("-c", "--command"):
            yield from inline_targets(rest[2], self._spot(places, "django"))
        elif rest[0] == "runscript" and len(rest) > 1:
            target = module_target(f"scripts.{rest[1]}", self._spot(places, "django"))
            yield from (target,) if target else ()
        else:
            wait = Wait.LIVE if rest[0].startswith("runserver") else None
            yield management_target(rest[0], self._spot(places, "django", wait))

    def _shell(self) -> Iterator[Outcome]:
        """`bash -c TEXT ARG0 ARGS`, `bash SCRIPT ARGS`, `bash <<EOF`."""
        words = self.words[1:]
        at = 0
        while at < len(words) and words[at].startswith(("-", "+")) and words[at] != "-":
            if re.fullmatch(r"-[A-Za-z]*c", words[at]) and at + 1 < len(words):
                yield self._nested(words[at + 1], words[at + 3 :])
                return
            at += 2 if words[at] in ("-o", "+o", "--rcfile", "--init-file") else 1
        if at < len(words) and words[at] != "-":
            yield Reference(
                ReferenceKind.SHELL,
                self.directory,
                words[at],
                arguments=words[at + 1 :],
                in_loop=self.in_loop,
            )
        elif self.stdin:
            yield self._nested(self.stdin)

    def _runner(self, places: Places, row: Runner, parsed: Parsed) -> Iterator[Outcome]:
        spot = self._spot(places, program_name(row.command[0]), row.wait)
        named = [parsed.options[option] for option in row.target if parsed.options.get(option)]
        names = named or [word for word in parsed.positionals if UNKNOWN not in word]
        if row.form == "tests":
            yield tests_target(names, spot)
            return
        if row.form == "function":
            source = parsed.options.get("--source", "main.py")
            yield file_attribute_target(source, parsed.options.get("--target", "main"), spot)
            return
        if row.form == "task":
            files = [file for file in row.default if places.find(file, self.directory)]
            tasks = [name.replace("-", "_") for name in names if _COMMAND.fullmatch(name)]
            yield from (file_attribute_target(file, task, spot) for file in files for task in tasks)
            return
        if not names and row.variable in self.variables:
            names = [self.variables[row.variable]]
        if not names:
            names = [path for path in row.default if places.find(path, self.directory)][:1]
        targets = (named_target(name, spot, dotted=row.form == "dotted") for name in names)
        found = [target for target in targets if target]
        yield from found if row.form == "many" else found[:1]

    def _flask(self, places: Places) -> Iterator[Outcome]:
        """`flask [--app x] NAME`: a command the application defines."""
        words = [*self.words[1:]]
        while words and words[0].startswith("-"):
            words = words[1:] if "=" in words[0] or words[0] == "--debug" else words[2:]
        if words and _COMMAND.fullmatch(words[0]):
            yield management_target(words[0], self._spot(places, "flask"))

    def _cloud_function(self, places: Places) -> Iterator[Outcome]:
        """`gcloud functions deploy NAME --entry-point=f --source=dir --trigger-http`."""
        options = _long_options(self.words[3:])
        name = next((word for word in self.words[3:4] if not word.startswith("-")), "main")
        trigger = any(option.startswith("--trigger") for option in options)
        wait = None if not trigger else Wait.LIVE if "--trigger-http" in options else Wait.OFFLINE
        source = join(self.directory, options.get("--source") or ".")
        spot = replace(self._spot(places, "functions-framework", wait), directory=source)
        if options.get("--runtime", "python").startswith("python"):
            entry = options.get("--entry-point") or name.replace("-", "_")
            yield attribute_target("main", entry, spot)

    def _route(self) -> Iterator[Outcome]:
        """A URL of the project's own server that is called."""
        for word in self.words[1:]:
            if not re.match(rf"https?://|{UNKNOWN}", word):
                continue
            try:
                url = urlsplit(word.replace(UNKNOWN, f"//{UNKNOWN}", 1) if word.startswith(UNKNOWN) else word)
            except ValueError:
                continue
            path = url.path.rstrip("/")
            if path and UNKNOWN not in path and _OWN_HOST.fullmatch(url.netloc.partition(":")[0]):
                yield replace(route_target(path), in_loop=self.in_loop)
                return


def _long_options(words: tuple[str, ...]) -> dict[str, str]:
    """`--name=value` and `--name value` by name; a flag's value is empty."""
    options: dict[str, str] = {}
    for position, word in enumerate(words):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            after = words[position + 1] if position + 1 < len(words) else ""
            options[name] = value if equals else "" if after.startswith("-") else after
    return options

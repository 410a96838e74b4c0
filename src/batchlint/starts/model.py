"""What the files that start programs say: the vocabulary all readers of such files share.

Nothing here holds a command line: commands may carry secrets, so only names of programs, schedules
and places travel further.
"""

from dataclasses import dataclass
from enum import StrEnum

from batchlint.catalog.model import Wait
from batchlint.text import Location

UNKNOWN = "\ue000"
"""Stands, in a command, for text that is known only when the program runs (a private-use character)."""

ROOT = "\ue001"
"""Stands, at the front of a path, for the folder the whole tree is in."""


class StartKind(StrEnum):
    """The family of files a start was found in."""

    CRONTAB = "crontab"
    SYSTEMD = "systemd"
    GITHUB_ACTIONS = "github-actions"
    GITLAB_CI = "gitlab-ci"
    CI = "ci"
    KUBERNETES = "kubernetes"
    COMPOSE = "compose"
    DOCKERFILE = "dockerfile"
    PROCFILE = "procfile"
    MAKEFILE = "makefile"
    JUSTFILE = "justfile"
    TASKFILE = "taskfile"
    SHELL_SCRIPT = "shell-script"
    CONSOLE_SCRIPT = "console-script"
    PROJECT_TASK = "project-task"
    PACKAGE_JSON = "package-json"
    PIPELINE = "pipeline"
    SUPERVISOR = "supervisor"
    VERCEL = "vercel"
    NETLIFY = "netlify"
    RENDER = "render"
    RAILWAY = "railway"
    FLY = "fly"
    APP_ENGINE = "app-engine"
    CLOUD_BUILD = "cloud-build"
    SERVERLESS = "serverless"
    SAM = "sam"
    ZAPPA = "zappa"
    TERRAFORM = "terraform"
    AZURE_FUNCTION = "azure-function"


class TargetKind(StrEnum):
    """How a target names the code it starts."""

    SCRIPT = "script"
    MODULE = "module"
    ATTRIBUTE = "attribute"
    CONSOLE_SCRIPT = "console-script"
    MANAGEMENT_COMMAND = "management-command"
    PYTEST = "pytest"
    ROUTE = "route"


@dataclass(frozen=True, slots=True)
class Target:
    """The Python code that a command starts.

    `name` is, by kind: the script's path (root-relative when it was found, else as written), the
    dotted module, the dotted module of an attribute, the console script, the management command,
    empty for pytest, the URL path of a route. `attribute` is the function or application object of
    an ATTRIBUTE. `paths` are the root-relative files (for pytest also folders) the name was found
    to mean, `directory` the root-relative folder it runs in where that is known. `subcommands` are
    the plain words that follow a program (`cli.py nightly`), for command-line groups.
    `runner` is the program that loads the target; `wait` what that program alone says: a server is
    live, a queue worker or a test runner offline. `in_loop` marks commands repeated by the shell.
    """

    kind: TargetKind
    name: str
    attribute: str = ""
    paths: tuple[str, ...] = ()
    directory: str | None = ""
    subcommands: tuple[str, ...] = ()
    runner: str = "python"
    wait: Wait | None = None
    in_loop: bool = False

    @property
    def shown(self) -> str:
        """The target in words, free of arguments."""
        match self.kind:
            case TargetKind.SCRIPT:
                return self.name
            case TargetKind.MODULE:
                return f"module {self.name}"
            case TargetKind.ATTRIBUTE:
                return f"{self.name}:{self.attribute}"
            case TargetKind.CONSOLE_SCRIPT:
                return f"command {self.name}"
            case TargetKind.MANAGEMENT_COMMAND:
                return f"{self.runner} command {self.name}"
            case TargetKind.PYTEST:
                return " ".join((self.runner, *self.paths))
            case TargetKind.ROUTE:
                return f"route {self.name}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a start happens: the schedule as its file words it, and how often that is.

    `runs_per_month` counts an average month of 30.44 days, and each run of a matrix; None where the
    file does not say (a GitLab schedule is set in the web interface) or the text is not understood.
    """

    text: str
    timezone: str | None = None
    runs_per_month: float | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """One program that one file starts.

    `wait` is LIVE for servers, OFFLINE for schedules, CI, jobs and workers, and None where the file
    says nothing and the program itself decides. `via` are the commands of other files between the
    start and its target, in order (a workflow that runs `make nightly` leads through the Makefile).
    """

    location: Location
    kind: StartKind
    wait: Wait | None
    target: Target
    schedule: Schedule | None
    label: str
    via: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """Shell text and where it stands: what readers find before commands are understood.

    `lines` are the file lines of the text's lines; a shorter tuple means the last one goes on.
    `directory` is where it runs: root-relative, or absolute when that is all the file says.
    `folder` is the root-relative folder of the file, `mounts` map absolute folders of a container to
    root-relative ones, `variables` and `arguments` are what the shell starts with. `is_python` says
    that the text is Python instead.
    """

    text: str
    path: str
    lines: tuple[int, ...] = (1,)
    directory: str = ""
    folder: str = ""
    mounts: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    arguments: tuple[str, ...] = ()
    is_python: bool = False

    def file_line(self, line: int) -> int:
        """The file line of a 1-based line of the text."""
        return self.lines[min(line, len(self.lines)) - 1]


@dataclass(frozen=True, slots=True)
class Launch:
    """One thing a file starts, as its reader found it: shell text or, where the file names it, a target.

    `origin` is the subject of the label ("GitHub Actions job 'test'"). `path` and `line` are where the
    start stands; line 0 means that the shell text itself is the place.
    """

    kind: StartKind
    origin: str
    path: str
    what: Script | Target
    line: int = 0
    wait: Wait | None = None
    schedule: Schedule | None = None


class UnreadableError(Exception):
    """A starter file does not parse: `args` are the message and the 1-based line."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line

"""What a rule is, and how its module's docstring becomes documentation.

The docstring is the single source: `batchlint rule`, SARIF help, the documentation page and the rule's
own tests are read from it. It is Markdown: a summary paragraph, then the headings of `HEADINGS`, in that
order. Its fenced Python blocks are programs: fences that follow one another without prose between them
are the files of one program, ```` ```py app/tasks.py ```` naming the file.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from batchlint.finding import Severity, Site

HEADINGS = ("Why it costs", "Example", "Use instead", "When it stays silent", "Fix safety")
# The address that the built documentation is served at, without a slash at the end. None while it is not:
# every output then does without links, for each carries the rule's text or names `batchlint rule`.
DOCS_URL: str | None = None

_FENCE = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Documentation:
    """A rule's docstring, taken apart: the summary and the Markdown under each heading."""

    summary: str
    sections: tuple[tuple[str, str], ...]

    def section(self, heading: str) -> str:
        """The Markdown under a heading, empty where the docstring does not have it."""
        return next((text for name, text in self.sections if name == heading), "")

    def programs(self, heading: str) -> tuple[dict[str, str], ...]:
        """The programs under a heading, each as its files by path; a lone block is `main.py`."""
        programs: list[dict[str, str]] = []
        text = self.section(heading)
        end = -1
        for fence in _FENCE.finditer(text):
            if end < 0 or text[end : fence.start()].strip():
                programs.append({})
            programs[-1][fence[2] or "main.py"] = fence[3]
            end = fence.end()
        return tuple(programs)

    def markdown(self) -> str:
        """The whole text as Markdown without a title."""
        parts = [self.summary, *(f"## {name}\n\n{text}" for name, text in self.sections)]
        # The path of a fence is ours; Markdown renderers would take it for part of the language.
        return _FENCE.sub(_titled_fence, "\n\n".join(parts))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, the module that documents it, and how loud it is by default.

    `applies` and the two wordings are those of rules about call sites; rules about files and comments
    have none of them.
    """

    code: str
    module: str
    severity: Severity
    applies: Callable[[Site], bool] | None = None
    message: Callable[[Site], str] | None = None
    remedy: Callable[[Site], str] | None = None

    @property
    def name(self) -> str:
        """The name in kebab case, which is the module's."""
        return self.module.rpartition(".")[2].replace("_", "-")

    @property
    def url(self) -> str | None:
        """The page that documents it, None while the documentation is not published."""
        return None if DOCS_URL is None else f"{DOCS_URL}/rules/{self.name}/"

    @property
    def documentation(self) -> Documentation:
        """Its documentation, from the module's docstring."""
        return parse(sys.modules[self.module].__doc__ or self.name)


def parse(docstring: str) -> Documentation:
    """Take a rule's docstring apart."""
    summary, *rest = re.split(r"^## (.+)$", docstring.strip(), flags=re.MULTILINE)
    sections = tuple((rest[i].strip(), rest[i + 1].strip()) for i in range(0, len(rest), 2))
    return Documentation(" ".join(summary.split()), sections)


def _titled_fence(fence: re.Match[str]) -> str:
    """A fence whose path stands above it."""
    language, path, code = fence.groups()
    title = f"`{path}`\n\n" if path else ""
    return f"{title}```{language}\n{code}```"

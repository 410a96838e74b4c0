"""The notation of catalog files for access paths and argument selectors.

`openai.OpenAI().chat.completions.create` is the path of an import followed by attributes; `()` stands
for what a call returns, `[]` for an element. `model`, `#0`, `#0|model` and `#1+` select arguments.
"""

import re
from functools import cache

from batchlint.catalog.model import AccessPath, Argument


def parse_path(text: str, *, globs: bool = False) -> AccessPath:
    """The access path a dotted text writes; `globs` allows steps with `*` and `?`.

    Raises ValueError, saying which step is wrong.
    """
    steps = text.replace("()", ".()").replace("[]", ".[]").split(".")
    if steps[0] == "" and len(steps) > 1 and steps[1] in ("()", "[]"):
        del steps[0]
    for step in steps:
        if not _is_step(step, globs):
            raise ValueError(
                f"{step!r} is no step; write names joined by dots, () for a call, [] for an element"
            )
    return tuple(steps)


@cache
def _is_step(step: str, globs: bool) -> bool:
    name = step.replace("*", "_").replace("?", "_") if globs else step
    return name.isidentifier() or step in ("()", "[]")


def expand(text: str) -> list[str]:
    """The texts a text with braces stands for: `a.{B,c.D}()` gives `a.B()` and `a.c.D()`.

    Raises ValueError where braces are not closed.
    """
    if "{" not in text and "}" not in text:
        return [text]
    outer: list[tuple[list[str], list[str]]] = []
    done: list[str] = []
    current = [""]
    for token in re.findall(r"[{},]|[^{},]+", text):
        if token == "{":
            outer.append((done, current))
            done, current = [], [""]
        elif token == "," and outer:
            done += current
            current = [""]
        elif token == "}":
            if not outer:
                raise ValueError("'}' without '{'")
            choices = done + current
            done, current = outer.pop()
            current = [head + choice for head in current for choice in choices]
        else:
            current = [head + token for head in current]
    if outer:
        raise ValueError("'{' without '}'")
    return current


@cache
def parse_argument(text: str) -> Argument:
    """The selector a text writes: `model`, `#0`, `#0|model`, `#1+`. Raises ValueError with the remedy."""
    place, bar, keyword = text.partition("|")
    if not place.startswith("#"):
        place, keyword = "", text
    if (bar or not place) and not keyword.isidentifier():
        raise ValueError(f'{keyword!r} is no keyword; write "model", "#0", "#0|model" or "#1+"')
    rest = place.endswith("+")
    number = place[1:-1] if rest else place[1:]
    if place and not (number.isascii() and number.isdigit()):
        raise ValueError(f'{place!r} is no position; write "#0" for the first argument')
    return Argument(keyword or None, int(number) if place else None, rest)

"""The notation of catalog files for access paths and argument selectors.

`openai.OpenAI().chat.completions.create` is the path of an import followed by attributes; `()` stands
for what a call returns, `[]` for an element. `model`, `#0`, `#0|model` and `#1+` select arguments.
"""

from itertools import pairwise

from batchlint.catalog.model import AccessPath, Argument


def parse_path(text: str, *, globs: bool = False) -> AccessPath:
    """The access path a dotted text writes; `globs` allows steps with `*` and `?`.

    Raises ValueError, saying which step is wrong.
    """
    steps = text.replace("()", ".()").replace("[]", ".[]").split(".")
    if steps[0] == "" and len(steps) > 1 and steps[1] in ("()", "[]"):
        del steps[0]
    for step in steps:
        if not (step.isidentifier() or step in ("()", "[]")):
            name = step.replace("*", "_").replace("?", "_") if globs else step
            if not name.isidentifier():
                raise ValueError(
                    f"{step!r} is no step; write names joined by dots, () for a call, [] for an element"
                )
    return tuple(steps)


def expand(text: str) -> list[str]:
    """The texts a text with braces stands for: `a.{B,c.D}()` gives `a.B()` and `a.c.D()`.

    Raises ValueError where braces are not closed.
    """
    start = text.find("{")
    if start < 0:
        if "}" in text:
            raise ValueError("'}' without '{'")
        return [text]
    depth, at, cuts = 0, start, [start]
    for at in range(start, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                break
        elif text[at] == "," and depth == 1:
            cuts.append(at)
    if depth:
        raise ValueError("'{' without '}'")
    cuts.append(at)
    tails = expand(text[at + 1 :])
    choices = [text[begin + 1 : end] for begin, end in pairwise(cuts)]
    return [text[:start] + head + tail for choice in choices for head in expand(choice) for tail in tails]


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

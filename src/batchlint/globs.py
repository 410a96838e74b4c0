"""The globs of the configuration.

They are relative to the project root and speak of files or of functions: a pattern with a `/`, or one that
ends in `.py` or `.ipynb`, is matched against root-relative paths, any other against dotted names.
"""

import re
from functools import lru_cache

_STARS = re.compile(r"\*{3,}")


def matches(pattern: str, path: str, function: str) -> bool:
    """Whether a glob of the configuration matches a root-relative path or the dotted name of a function."""
    if "/" in pattern or pattern.endswith((".py", ".ipynb")):
        return _path_glob(pattern).fullmatch(path) is not None
    return _name_glob(pattern).fullmatch(function) is not None


def matches_path(pattern: str, path: str) -> bool:
    """Whether a glob matches a root-relative path."""
    return _path_glob(pattern).fullmatch(path) is not None


@lru_cache(maxsize=512)
def _path_glob(pattern: str) -> re.Pattern[str]:
    """A path glob as `.gitignore` reads it: `*` stays within a folder and `**` does not, a pattern without
    `/` matches in any folder, a folder stands for everything in it."""
    pattern = pattern.removeprefix("./").rstrip("/")
    prefix = "" if "/" in pattern else "(?:.*/)?"
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", _STARS.sub("**", pattern.lstrip("/")))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(wild.get(part, re.escape(part)) for part in parts)
    return re.compile(f"{prefix}{body}(?:/.*)?", re.DOTALL)


@lru_cache(maxsize=512)
def _name_glob(pattern: str) -> re.Pattern[str]:
    """A glob on dotted names: `*` matches anything, a name also matches what is defined inside it."""
    first, *middle = (re.escape(part) for part in re.split(r"\*+", pattern))
    last = middle.pop() if middle else None
    # Each part where it stands first is enough, so no other place is tried.
    body = first + "".join(f"(?>.*?{part})" for part in middle) + ("" if last is None else f".*{last}")
    return re.compile(rf"{body}(?:\..*)?", re.DOTALL)

"""Text from the linted project made safe to print: paths and names may hold anything but NUL.

A terminal obeys control characters, a CI runner reads commands at the start of a line, and directional
overrides make text look like other text. Every format that people or log readers see goes through
`printable`; formats with a syntax of their own then escape what that syntax gives a meaning.
"""

import re

# C0 and C1 controls, line and paragraph separators, directional marks and overrides, lone surrogates
# (which stand for undecodable bytes of paths and cannot be encoded again). CI runners find commands that
# start with `##[` or `##vso[` anywhere in a line.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|#(?=#(?:vso)?\\[)",
    re.IGNORECASE,
)


def printable(text: str) -> str:
    """The text on one line, with what a terminal might obey written as an escape sequence."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

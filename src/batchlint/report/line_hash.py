"""`primaryLocationLineHash`: the fingerprint by which GitHub tells that two alerts are the same.

Published with the CodeQL action (`src/fingerprints.ts`): for each line a polynomial hash (base 37,
modulo 2^64) of the 100 UTF-16 units from its start, spaces and tabs left out, line ends read as LF, the
end of the file as 65535 and zeros after it; then how often the same hash was seen up to that line.
"""

from collections import Counter
from collections.abc import Iterable

_BLOCK = 100
_BASE = 37
_MODULUS = 1 << 64
_END = "\uffff"


def line_hashes(text: str, lines: Iterable[int]) -> dict[int, str]:
    """The hashes of the wanted 1-based lines of a text; a line past the end has none."""
    wanted = set(lines)
    last = max(wanted, default=0)
    squashed, starts = _squash(_utf16(text))
    seen: Counter[str] = Counter()
    hashes: dict[int, str] = {}
    for number, start in enumerate(starts[:last], start=1):
        window = squashed[start : start + _BLOCK]
        seen[window] += 1
        if number in wanted:
            hashes[number] = f"{_hash(window):x}:{seen[window]}"
    return hashes


def _squash(text: str) -> tuple[str, list[int]]:
    """The text without blanks, closed and padded, and where its lines start in it."""
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        starts.append(at)
        piece = line.replace(" ", "").replace("\t", "") + "\n"
        pieces.append(piece)
        at += len(piece)
    body = "".join(pieces)[:-1]
    return body + _END + "\0" * _BLOCK, starts


def _hash(window: str) -> int:
    value = 0
    for unit in window:
        value = (value * _BASE + ord(unit)) % _MODULUS
    return value


def _utf16(text: str) -> str:
    """The text with each character beyond the basic plane as its two surrogates."""
    if text.isascii() or max(text) < "\U00010000":
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2))

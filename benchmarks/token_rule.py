"""Measure the token rule of `batchlint.estimate.tokens` against real tokenizers, and fit it again.

    apt-get install debian-reference-{en,de,fr,zh-cn,ja} debian-faq debian-faq-{de,fr,zh-cn,ja,ru} \\
        developers-reference-ru iso-codes
    pip install bpe-openai mistral-common numpy ctok      # ctok needs Python 3.12
    python benchmarks/token_rule.py [--fit] [--piece 500]

Each package ships its vocabulary: bpe-openai OpenAI's o200k and cl100k, mistral-common Mistral's
Tekken; ctok reconstructs Claude's counts (unofficial). Prose is the Debian Reference (for Russian the
Developer's Reference; fitted) and the Debian FAQ (measured) in six languages, code the standard library
(modules a-m and n-z), Markdown the readmes of the installed packages (a-m and n-z), JSON tables of
iso-codes. Texts are cut into pieces of 3,000 characters (`--piece`), at most 120 a kind. The table shows,
per kind, characters per token, the error of the sum, and the 5th and 95th percentile of the error of a
piece.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from batchlint.estimate.tokens import CLASSES, Tokenizer, classes, tokenizers

PIECES = 120
REFERENCE = Path("/usr/share/debian-reference")
DEVELOPERS = Path("/usr/share/developers-reference")
FAQ = Path("/usr/share/doc/debian/FAQ")
ISO = Path("/usr/share/iso-codes/json")
LIBRARY = Path(os.__file__).parent
PACKAGES = Path(np.__file__).parent.parent


class Paragraphs(HTMLParser):
    """Collects the text of paragraphs, list items and listings."""

    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Open a paragraph."""
        if tag in ("p", "li", "pre"):
            self.depth += 1
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        if tag in ("p", "li", "pre"):
            self.depth = max(0, self.depth - 1)

    def handle_data(self, data: str) -> None:
        """Add text, white space collapsed."""
        if self.depth and self.paragraphs:
            self.paragraphs[-1] += re.sub(r"\s+", " ", data)


def prose(folder: Path, pattern: str) -> Iterator[str]:
    """The paragraphs of HTML files."""
    for path in sorted(folder.glob(pattern)):
        parser = Paragraphs()
        parser.feed(path.read_text(encoding="utf-8"))
        yield "\n".join(filter(None, map(str.strip, parser.paragraphs)))


def texts(folder: Path, pattern: str) -> Iterator[str]:
    """Files as they are."""
    for path in sorted(folder.glob(pattern)):
        yield path.read_text(encoding="utf-8", errors="ignore")


def tables(names: list[str], indent: int | None) -> Iterator[str]:
    """The JSON tables of iso-codes, written again with that indent."""
    for name in names:
        yield json.dumps(json.loads((ISO / f"{name}.json").read_text()), ensure_ascii=False, indent=indent)


def pieces(source: Iterable[str], size: int) -> list[str]:
    """Pieces of equal length, evenly drawn."""
    cut = [text[at : at + size] for text in source for at in range(0, len(text) - size // 2, size)]
    step = max(1.0, len(cut) / PIECES)
    return [cut[int(index * step)] for index in range(min(PIECES, len(cut)))]


def corpus(size: int) -> dict[str, tuple[list[str], list[str]]]:
    """Per kind of text, the pieces to fit to and the pieces to measure on."""
    languages = {"english": "en", "german": "de", "french": "fr", "chinese": "zh-cn", "japanese": "ja"}
    kinds = {
        kind: (prose(REFERENCE, f"ch*.{code}.html"), prose(FAQ, f"**/*.{code}.html"))
        for kind, code in languages.items()
    }
    kinds["russian"] = (prose(DEVELOPERS, "ru/**/*.html"), prose(FAQ, "**/*.ru.html"))
    kinds["python"] = (texts(LIBRARY, "[a-m]*.py"), texts(LIBRARY, "[n-z]*.py"))
    readmes = [f"[{letters}]*.dist-info/METADATA" for letters in ("a-m", "n-z")]
    kinds["markdown"] = (texts(PACKAGES, readmes[0]), texts(PACKAGES, readmes[1]))
    kinds["json"] = (tables(["iso_3166-2"], 2), tables(["iso_4217", "iso_639-2", "iso_15924"], 2))
    kinds["json, one line"] = (tables(["iso_3166-1"], None), tables(["iso_4217", "iso_639-2"], None))
    return {
        kind: (pieces(fitted, size), pieces(measured, size)) for kind, (fitted, measured) in kinds.items()
    }


def real_tokenizers() -> dict[str, Callable[[str], int]]:
    """The tokenizers by the name of the family they stand for."""
    import bpe_openai
    import ctok
    import mistral_common
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    current = bpe_openai.get_encoding("o200k_base")
    older = bpe_openai.get_encoding("cl100k_base")
    tekken = Tekkenizer.from_file(Path(mistral_common.__file__).parent / "data" / "tekken_240911.json")
    frame = {version: ctok.token_count("", version) for version in ("4.5", "5.0")}
    return {
        "o200k": lambda text: len(current.encode(text)),
        "cl100k": lambda text: len(older.encode(text)),
        "claude-4-7": lambda text: ctok.token_count(text, "5.0") - frame["5.0"],
        "claude": lambda text: ctok.token_count(text, "4.5") - frame["4.5"],
        "tekken": lambda text: len(tekken.encode(text, bos=False, eos=False)),
    }


def fit(samples: list[tuple[list[str], list[int]]]) -> dict[str, float]:
    """Non-negative weights that minimise the relative error, every kind of text counting the same.

    `other` (emoji, symbols) is too rare in the corpus to be fitted and stands at one token a character.
    """
    rows, wanted = [], []
    for kind, counts in samples:
        for text, count in zip(kind, counts, strict=True):
            weight = 1 / count / len(kind) ** 0.5
            found = classes(text)
            rows.append([found[name] * weight for name in CLASSES])
            wanted.append((count - found["other"]) * weight)
    names = [index for index, name in enumerate(CLASSES) if name != "other"]
    while True:
        solution = np.linalg.lstsq(np.array(rows)[:, names], np.array(wanted), rcond=None)[0]
        if (solution >= 0).all():
            break
        names = [name for name, value in zip(names, solution, strict=True) if value >= 0]
    fitted = {CLASSES[name]: round(float(value), 2) for name, value in zip(names, solution, strict=True)}
    return dict.fromkeys(CLASSES, 0.0) | fitted | {"other": 1.0}


def measure(weights: dict[str, float], texts: list[str], counts: list[int]) -> str:
    """One row of the table."""
    rule = Tokenizer("", "", (), 0.0, weights)
    found = np.array([rule.count(text).low for text in texts])
    real = np.array(counts)
    errors = found / real - 1
    low, high = np.percentile(errors, [5, 95])
    density = sum(map(len, texts)) / real.sum()
    return f"{density:5.2f}  {found.sum() / real.sum() - 1:+6.1%}  {low:+5.0%} {high:+5.0%}"


def main() -> None:
    """Measure, or fit and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="fit the weights again and print them as TOML")
    parser.add_argument("--piece", type=int, default=3000, help="characters of a piece of text")
    arguments = parser.parse_args()
    kinds = corpus(arguments.piece)
    packaged = {tokenizer.name: dict(tokenizer.weights) for tokenizer in tokenizers()}
    for name, tokenize in real_tokenizers().items():
        counted = {
            kind: tuple([tokenize(text) for text in texts] for texts in halves)
            for kind, halves in kinds.items()
        }
        weights = packaged.get(name, {})
        if arguments.fit:
            weights = fit([(kinds[kind][0], counted[kind][0]) for kind in kinds])
        print(f"{name}: weights = {{ {', '.join(f'{key} = {value}' for key, value in weights.items())} }}")
        for kind, (_, measured) in kinds.items():
            print(f"  {kind:16} {measure(weights, measured, counted[kind][1])}")


if __name__ == "__main__":
    sys.exit(main())

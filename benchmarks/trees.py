"""The trees that are measured on, made of packages of the index at the pinned versions.

(a) many files of which few reach a model, (b) many of which a large part does, (c) a small service. The
scaling curve takes pieces of (a) and one service each time, so that only the rest of the tree grows.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

FEW = (
    "sympy==1.14.0 django==5.2.19 ansible-core==2.19.14 scipy==1.17.1 pandas==3.1.1 matplotlib==3.11.2 "
    "scikit-learn==1.9.1 sqlalchemy==2.1.9 networkx==3.6.1 astropy==8.0.2 statsmodels==0.15.0 "
    "botocore==1.44.8 twisted==26.10.0 nltk==3.10.4"
).split()
MANY = "langchain-community==0.4.2 crewai==1.15.30 llama-index-core==0.14.25 dspy==3.4.1".split()
SIZES = (10_000, 50_000, 200_000, 1_000_000, 4_000_000)

SERVICE = {
    "app/__init__.py": "",
    "app/llm.py": """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
""",
    "app/web.py": """\
from fastapi import FastAPI

from app.llm import ask

app = FastAPI()


@app.post("/ask")
def answer(question: str):
    return ask(question)
""",
    "app/jobs.py": """\
import csv

from app.llm import ask


def label():
    with open("labels.txt", "w") as target:
        for row in csv.DictReader(open("tickets.csv")):
            target.write(ask(row["text"]).choices[0].message.content)


if __name__ == "__main__":
    label()
""",
    "crontab": "0 3 * * * python -m app.jobs\n",
}


def service(root: Path) -> Path:
    """A small service repository at `root`."""
    for path, text in SERVICE.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (root / ".git").mkdir(exist_ok=True)
    return root


def packages(pins: Iterable[str], wheels: Path, root: Path) -> Path:
    """The Python files of packages below `root`; wheels are downloaded where they are not there yet."""
    if not root.exists():
        for pin in pins:
            with zipfile.ZipFile(wheel(pin, wheels)) as archive:
                archive.extractall(root, [name for name in archive.namelist() if name.endswith(".py")])
        (root / ".git").mkdir(parents=True, exist_ok=True)
    return root


def wheel(pin: str, wheels: Path) -> Path:
    """The wheel of a pinned package."""
    name, _, version = pin.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    found = list(wheels.glob(pattern))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, "--dest", str(wheels), pin], check=True)
        found = list(wheels.glob(pattern))
    return found[0]


def lines(root: Path) -> tuple[int, int]:
    """The Python files below a folder and their lines."""
    counts = [path.read_bytes().count(b"\n") for path in root.rglob("*.py")]
    return len(counts), sum(counts)


def pieces(source: Path, root: Path) -> Iterator[tuple[int, Path]]:
    """Growing parts of a tree, each with a small service in it."""
    files = sorted(source.rglob("*.py"))
    for size in SIZES:
        place = root / str(size)
        if not place.exists():
            service(place)
            left = size
            for file in files:
                left -= (text := file.read_bytes()).count(b"\n")
                if left < 0:
                    break
                target = place / file.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(text)
        yield lines(place)[1], place

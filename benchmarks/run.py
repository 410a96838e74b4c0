"""Measure batchlint against other linters on the same trees, in one run.

    make bench            (python benchmarks/run.py)
    python benchmarks/run.py --trees service,few --repeat 3 --limit 300 --no-curve --callgrind

Makes a virtual environment with the other tools and the trees (`trees.py`), then runs all tools in turn,
round after round, so that what else the machine does meets all of them. Prints Markdown: medians of the
time on the clock and of processor time, the largest peak of memory, and the ratio of processor times to
`ruff check --no-cache --select F`. A tool that cannot be installed is named; one that takes more than the
limit of processor time is stopped and has a `>`.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trees

TOOLS = (
    "ruff==0.17.5 pyflakes==4.1.0 bandit==1.9.4 fixit==2.2.1 semgrep==1.185.0 overllm==0.7.0 "
    "agentguard-lint==0.3.1 trainlab-optimize==0.5.2 llmdoctor==0.2.5"
).split()

RULE = """\
rules:
  - id: openai-in-loop
    languages: [python]
    severity: WARNING
    message: a call in a loop
    patterns:
      - pattern-inside: "for $X in $Y: ..."
      - pattern: $C.chat.completions.create(...)
"""

# What each tool is run as; {bin} is the folder of the tools, {tree} the tree, {rule} semgrep's rule,
# {work} a folder to write into.
COMMANDS = {
    "ruff": "{bin}/ruff check --no-cache --isolated --select F --exit-zero --quiet {tree}",
    "pyflakes": "{bin}/pyflakes {tree}",
    "bandit": "{bin}/bandit -q -r {tree}",
    "fixit": "{bin}/fixit --quiet lint {tree}",
    "semgrep": "{bin}/semgrep scan --quiet --metrics=off --disable-version-check --config {rule} {tree}",
    "overllm": "{bin}/overllm {tree}",
    "agentguard-lint": "{bin}/agentguard {tree}",
    "trainlab-optimize": "{bin}/trainlab --workspace {work} scan {tree}",
    "llmdoctor": "{bin}/llmdoctor doctor {tree}",
}


@dataclass(frozen=True, slots=True)
class Timing:
    """One run: seconds on the clock and of processors, peak memory in MB, whether it was stopped."""

    wall: float
    cpu: float
    peak: float
    is_stopped: bool


def main() -> int:
    """Run the script; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--trees", default="service,few,many")
    parser.add_argument("--tools", default=",".join(COMMANDS), help="the tools to compare with")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--limit", type=int, default=600, help="seconds of processor time for one run")
    parser.add_argument("--no-curve", action="store_true")
    parser.add_argument("--callgrind", action="store_true", help="count instructions with valgrind")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tools = options.tools.split(",")
    missing = installed(folder / "tools", tools)
    if missing:
        print(f"Not installable here: {', '.join(missing)}.\n")
    for name in options.trees.split(","):
        tree = made(name, folder)
        files, lines = trees.lines(tree)
        print(f"### {TITLES[name]}: {files:,} files, {lines:,} lines\n")
        table(measured(commands(folder, tree, tools), folder, options.repeat, options.limit))
    if not options.no_curve:
        curve(folder, options.repeat, options.limit)
    if options.callgrind:
        callgrind(folder)
    return 0


TITLES = {
    "service": "A small service",
    "few": "A large tree of which few files reach a model",
    "many": "A large tree of which many files reach a model",
}


def made(name: str, folder: Path) -> Path:
    """The tree of that name."""
    if name == "service":
        return trees.service(folder / "service")
    pins = trees.FEW if name == "few" else trees.MANY
    tree = trees.packages(pins, folder / "wheels", folder / name)
    return trees.service(tree) if name == "few" else tree


def installed(place: Path, tools: Sequence[str]) -> list[str]:
    """Make the environment of some of the other tools; returns those that cannot be installed."""
    if not place.exists():
        venv.create(place, with_pip=True)
    missing = []
    for pin in TOOLS:
        name = pin.partition("==")[0]
        marker = place / f"{pin}.installed"
        if name not in tools or marker.exists():
            continue
        command = [place / "bin" / "python", "-m", "pip", "install", "--quiet", pin]
        if subprocess.run(command, check=False).returncode:
            missing.append(name)
        else:
            marker.touch()
    return missing


def commands(folder: Path, tree: Path, tools: Sequence[str]) -> dict[str, tuple[list[str], dict[str, str]]]:
    """The command line and the environment of every tool; a cold run of batchlint finds no cache, a warm
    one what the cold one left."""
    rule = folder / "rule.yml"
    rule.write_text(RULE)
    ours = [sys.executable, "-m", "batchlint", "check", "--isolated", "--exit-zero", "--root", str(tree)]
    cache = {"BATCHLINT_CACHE_DIR": str(folder / "cache")}
    found = {
        "batchlint --no-cache": ([*ours, "--no-cache", str(tree)], {}),
        "batchlint, cold": ([*ours, str(tree)], cache),
        "batchlint, warm": ([*ours, str(tree)], cache),
    }
    for name, text in COMMANDS.items():
        line = text.format(
            bin=folder / "tools" / "bin", tree=tree, rule=rule, work=folder / "trainlab"
        ).split()
        if name in tools and Path(line[0]).exists():
            found[name] = (line, {})
    return found


def measured(
    found: Mapping[str, tuple[list[str], dict[str, str]]], folder: Path, repeat: int, limit: int
) -> dict[str, list[Timing]]:
    """The timings of every tool, one tool after the other in each round; those that take minutes run once."""
    timings: dict[str, list[Timing]] = {name: [] for name in found}
    for _ in range(repeat):
        for name, (command, environment) in found.items():
            if timings[name] and max(timing.cpu for timing in timings[name]) > 60:
                continue
            if name == "batchlint, cold":
                shutil.rmtree(folder / "cache", ignore_errors=True)
            timings[name].append(timed(command, environment, limit))
    return timings


def timed(command: Sequence[str], environment: Mapping[str, str], limit: int) -> Timing:
    """One run of a command; its output is thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Timing(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode < 0)


def table(timings: Mapping[str, Sequence[Timing]]) -> None:
    """Print the medians of all tools, those of ruff as the measure."""
    base = statistics.median(timing.cpu for timing in timings["ruff"]) if timings.get("ruff") else None
    print("| tool | seconds | processor seconds | ratio to ruff | peak memory |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, runs in timings.items():
        wall = statistics.median(timing.wall for timing in runs)
        cpu = statistics.median(timing.cpu for timing in runs)
        peak = max(timing.peak for timing in runs)
        more = "> " if any(timing.is_stopped for timing in runs) else ""
        ratio = f"{more}{cpu / base:.2f}" if base else ""
        print(f"| {name} | {more}{wall:.2f} | {more}{cpu:.2f} | {ratio} | {peak:.0f} MB |")
    print(flush=True)


def curve(folder: Path, repeat: int, limit: int) -> None:
    """Print how time grows with the size of a tree in which always the same service reaches a model."""
    print("### Growing with code that reaches no model\n")
    print("| lines | batchlint --no-cache | batchlint, warm | ruff |")
    print("| ---: | ---: | ---: | ---: |")
    for lines, tree in trees.pieces(folder / "few", folder / "pieces"):
        timings = measured(commands(folder, tree, ["ruff"]), folder, repeat, limit)
        cells = [median(timings, name) for name in ("batchlint --no-cache", "batchlint, warm", "ruff")]
        print(f"| {lines:,} | {' | '.join(cells)} |", flush=True)
    print()


def median(timings: Mapping[str, Sequence[Timing]], name: str) -> str:
    """The median processor time of a tool."""
    return f"{statistics.median(timing.cpu for timing in timings[name]):.2f} s" if name in timings else ""


def callgrind(folder: Path) -> None:
    """Print the instructions of our own commands, which the load of the machine does not change."""
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: no instructions are counted.")
        return
    print("### Instructions\n\n| command | instructions |\n| --- | ---: |")
    for name, count in counted(trees.service(folder / "service")):
        print(f"| {name} | {count / 1e6:,.0f} million |", flush=True)


def counted(tree: Path) -> Iterator[tuple[str, int]]:
    """Commands of ours and the instructions that they take."""
    python = [sys.executable, "-m", "batchlint"]
    for name, arguments in (
        ("batchlint --version", ["--version"]),
        ("batchlint rule BL101", ["rule", "BL101"]),
        ("batchlint check --no-cache (small service)", ["check", "--no-cache", "--root", str(tree)]),
    ):
        valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        command = [*valgrind, *python, *arguments]
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=tree, check=False
        )
        found = [line for line in done.stderr.splitlines() if "Collected" in line]
        if found:
            yield name, int(found[-1].rpartition(":")[2].replace(",", ""))


if __name__ == "__main__":
    sys.exit(main())

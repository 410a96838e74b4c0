"""Run batchlint over several hundred packages of the index: none may crash it, hang it or confuse it.

    python benchmarks/packages.py [--packages FILE] [--folder FOLDER] [--limit SECONDS] [NAME...]

Downloads the wheels that `packages.txt` pins (once), unpacks them and runs `batchlint sites` on each; with
NAMEs, on those only. Prints a line per package and ends with 1 where a run crashed, took more processor
time than the limit, or did not write the JSON it should. The folder `stdlib` stands for the standard
library of this Python with its tests.
"""

import argparse
import json
import resource
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CODE = (".py", ".pyi", ".ipynb", ".toml", ".cfg", ".yml", ".yaml", ".sh", ".json")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One package: what was found in it, or why the run failed."""

    name: str
    seconds: float
    files: int = 0
    sites: int = 0
    unreadable: int = 0
    problem: str = ""

    def line(self) -> str:
        """The outcome as one line."""
        found = self.problem or f"{self.files:6} files {self.sites:5} sites {self.unreadable:3} unreadable"
        return f"{self.name:45} {self.seconds:7.1f} s  {found}"


def main() -> int:
    """Run the script; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--packages", type=Path, default=HERE / "packages.txt")
    parser.add_argument("--folder", type=Path, default=Path("build/packages"))
    parser.add_argument("--limit", type=int, default=120)
    options = parser.parse_args()
    wanted = options.packages.read_text("utf-8").split()
    if options.names:
        wanted = [pin for pin in wanted if pin.partition("==")[0] in options.names]
    failed = total = 0
    for outcome in outcomes(wanted, options.folder, options.limit, stdlib=not options.names):
        print(outcome.line(), flush=True)
        failed += bool(outcome.problem)
        total += 1
    print(f"{total} packages, {failed} failed")
    return 1 if failed else 0


def outcomes(pins: Sequence[str], folder: Path, limit: int, *, stdlib: bool) -> Iterator[Outcome]:
    """The outcome of each package."""
    for pin in pins:
        try:
            root = unpacked(pin, folder)
        except subprocess.CalledProcessError:
            yield Outcome(pin, 0, problem="cannot be downloaded")
            continue
        yield run(pin, root, limit)
    if stdlib:
        yield run("stdlib", Path(sysconfig.get_path("stdlib")), limit)


def unpacked(pin: str, folder: Path) -> Path:
    """The folder with the code of a package; downloads its wheel where it is not there yet."""
    name, _, version = pin.partition("==")
    root = folder / "code" / pin
    if root.exists():
        return root
    wheels = folder / "wheels"
    found = sorted(wheels.glob(f"{name}-{version}-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, "--dest", str(wheels), pin], check=True)
        found = sorted(wheels.glob(f"{name}-{version}-*.whl"))
    with zipfile.ZipFile(found[0]) as wheel:
        wheel.extractall(root, [member for member in wheel.namelist() if member.endswith(CODE)])
    root.mkdir(parents=True, exist_ok=True)
    return root


def run(name: str, root: Path, limit: int) -> Outcome:
    """What `batchlint sites` says of a folder."""
    command = [sys.executable, "-m", "batchlint", "sites", "--isolated", "--no-cache", "--root", str(root)]
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, "--output-format", "json", str(root)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
        check=False,
    )
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
    if done.returncode or done.stderr:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Outcome(name, seconds, problem=f"EXIT CODE {done.returncode}: {last}")
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        return Outcome(name, seconds, problem=f"NO JSON: {error}")
    files = report["statistics"]["files"]
    return Outcome(name, seconds, files, len(report["sites"]), len(report["errors"]))


if __name__ == "__main__":
    sys.exit(main())

"""Validate our SARIF with Microsoft's `sarif-multitool`, by GitHub's rules and by the format's own.

    python tests/report/sarif_multitool.py [FILE.sarif ...]

Without files it validates logs made from the report tests' findings. The npm package (100 MB) is
installed into `$BATCHLINT_NODE_DIR`, by default a folder in the system's temporary directory. The tool's
exit code says nothing, so its own output is read: any complaint of the levels below fails.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

PACKAGE = "@microsoft/sarif-multitool@5.7.0"
# The format's own rules at the level of notes ask for things that no reader uses (message ids, snippets)
# and for links that answer.
LEVELS = {"Ghas": "Error;Warning;Note", "Sarif": "Error;Warning"}
# What the format's own rules ask for and we cannot give before the documentation is published: an address
# of the tool (the misspelling is theirs).
WITHOUT_ADDRESS = "Warning_ProvideToolnformationUri"


def install(folder: Path) -> Path:
    """The validator's binary; the package's JavaScript wrapper breaks on `;` in arguments."""
    binary = folder / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    if not binary.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), PACKAGE], check=True)
    binary.chmod(0o755)
    return binary


def validate(binary: Path, log: Path, kind: str) -> list[str]:
    """What the validator says against a log, one line each."""
    report = log.with_suffix(f".{kind}.report")
    command = [str(binary), "validate", str(log), "--rule-kind", kind, "--level", LEVELS[kind]]
    done = subprocess.run([*command, "-o", str(report)], capture_output=True, text=True, check=False)
    if not report.exists():
        return [f"the validator wrote no report: {done.stdout}{done.stderr}"]
    from batchlint.rules import base

    results = json.loads(report.read_text("utf-8-sig"))["runs"][0].get("results", [])
    if base.DOCS_URL is None:
        results = [result for result in results if result["message"].get("id") != WITHOUT_ADDRESS]
    return [f"{result['ruleId']} {result.get('level', 'warning')}: {result['message']}" for result in results]


def samples(folder: Path) -> list[Path]:
    """Logs made from the report tests' findings."""
    from finding_samples import NIGHTLY, SHARED, found, hostile, replacement, results

    from batchlint.report import render

    both = found(NIGHTLY, SHARED)
    cases = {
        "both": both,
        "fixed": (replacement(both[0], "response"),),
        "hostile": (hostile(both[0]),),
        "empty": (),
    }
    for name, items in cases.items():
        (folder / f"{name}.sarif").write_text(render("sarif", results(*items)), "utf-8")
    return [folder / f"{name}.sarif" for name in cases]


def main() -> int:
    """Validate; returns 1 when the validator objects to anything."""
    default = Path(tempfile.gettempdir()) / "batchlint-sarif-multitool"
    binary = install(Path(os.environ.get("BATCHLINT_NODE_DIR", default)))
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        logs = [Path(name).resolve() for name in sys.argv[1:]] or samples(Path(scratch))
        for log in logs:
            for kind in LEVELS:
                complaints = validate(binary, log, kind)
                print(f"{log.name} {kind}: {'ok' if not complaints else ''}")
                for complaint in complaints:
                    print(f"  {complaint}")
                failed = failed or bool(complaints)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

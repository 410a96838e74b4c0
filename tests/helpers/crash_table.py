"""Kill a run at every step, run it again, and print as a table what came of it.

python tests/helpers/crash_table.py > crashes.md
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from fake_provider import FakeProvider, Fault
from test_crashes import RECORDS, Program
from zygote import Zygote

STEPS = {
    "POST /v1/files": "upload",
    "POST /v1/batches": "create the batch",
    "GET /v1/batches": "look for a batch",
    "GET /v1/batches/…": "poll",
    "GET /v1/files/…/content": "download results",
    "POST /v1/messages/batches": "create the batch",
    "GET /v1/messages/batches": "look for a batch",
    "GET /v1/messages/batches/…": "poll",
    "GET /v1/messages/batches/…/results": "download results",
}


def named(call: str) -> str:
    """Name the step a call belongs to."""
    parts = [("…" if "_" in part else part) for part in call.split("/")]
    path = "/".join(parts)
    provider = "Anthropic" if "messages" in path else "OpenAI"
    return f"{provider}: {STEPS[path]}"


def row(zygote: Zygote, folder: str, step: str, lines: list[str], fault: Fault | None, die_at: int) -> bool:
    """Run, be killed, run again; print a row and return whether all is as it must be."""
    with FakeProvider() as fake:
        program = Program(zygote, fake, Path(folder))
        status, _ = program.run(RECORDS, fault=fault, die_at=die_at)
        again, found = program.run(RECORDS)
        fake.run_out()
        # one record stands twice in the input, and one is answered 429 the first time
        submitted, paid = sum(fake.submitted.values()), sum(fake.paid_batch.values())
        good = (status, again, found, submitted, paid) == (-9, 0, lines, 12, 10)
        complete = f"{sum(a == b for a, b in zip(found, lines, strict=False))} of {len(lines)}"
        print(
            f"| {step} | {submitted} of 12 | {paid} of 10 | {complete} | {'yes' if good else 'NO'} |",
            flush=True,
        )
        return good


def main() -> int:
    """Print the table; return an exit code."""
    with TemporaryDirectory() as home:
        zygote = Zygote(Path(home))
        with FakeProvider() as fake:
            _, lines = Program(zygote, fake, Path(home, "undisturbed")).run(RECORDS)
            calls = list(fake.calls)
        print("| killed | submitted | paid | results | good |\n|---|---|---|---|---|")
        good = []
        for number, call in enumerate(calls):
            for moment in ("before", "after"):
                fault = Fault("*", "", f"kill {moment}", skip=number)
                step = f"{moment} call {number + 1} ({named(call)}) reached the provider"
                good.append(row(zygote, f"{home}/{number}{moment}", step, lines, fault, -1))
        for consumed in range(len(RECORDS)):
            step = f"with {consumed} of {len(RECORDS)} results consumed"
            good.append(row(zygote, f"{home}/consumed{consumed}", step, lines, None, consumed))
        zygote.close()
    print(f"\n{sum(good)} of {len(good)} moments are good.")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

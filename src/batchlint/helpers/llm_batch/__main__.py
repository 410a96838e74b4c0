"""``python -m llm_batch status | resume | cancel``: look after batches without the program that made them.

``status`` lists the batches on disk; ``resume`` waits for them and stores their results, so that the program,
run again, finds them at once; ``cancel`` stops them. ``resume`` and ``cancel`` use the SDK's own environment
variables for the key, and leave batches alone that a living process is waiting for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from .model import Settings, run_to_end
from .runner import Run
from .store import Batch


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="llm_batch", description=__doc__)
    parser.add_argument("command", choices=("status", "resume", "cancel"))
    parser.add_argument("batch", nargs="*", help="names of batches, as status shows them; default: all")
    parser.add_argument("--dir", help="the state folder; default: LLM_BATCH_DIR or .llm_batch")
    options = parser.parse_args(arguments)
    settings = Settings.read(**({"dir": options.dir} if options.dir else {}))
    if not Path(settings.dir).is_dir():
        print(f"llm_batch: no state folder {settings.dir}; name it with --dir", file=sys.stderr)
        return 2
    if options.command == "status":
        for log in sorted(Path(settings.dir).glob("*/log.jsonl")):
            if log.parent.name in (options.batch or [log.parent.name]):
                print(_described(Batch(log.parent)))
        return 0
    with Run(settings) as run:
        for name, batch in run.store.batches.items():
            wanted = name in (options.batch or [name]) and not batch.facts.get("collected")
            if wanted and batch.facts.get("intent") and batch.lock():
                provider = import_module(f".{batch.group['provider']}_batch", __package__)
                run.adopt(batch, provider, provider.default_client(batch.group))
        run_to_end(run.settle() if options.command == "resume" else run.cancel())
    return 0


def _described(batch: Batch) -> str:
    facts = batch.facts
    state = "collected" if facts.get("collected") else "running" if facts.get("batch_id") else "not created"
    where, model = facts.get("batch_id") or "-", batch.group.get("model") or "-"
    return f"{batch.folder.name}  {state:<11}  {len(batch.ids):>6} requests  {model}  {where}"


if __name__ == "__main__":
    sys.exit(main())

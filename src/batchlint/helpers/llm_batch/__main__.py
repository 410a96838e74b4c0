"""``python -m llm_batch status | resume | cancel``: look after batches without the program that made them.

``status`` lists the batches on disk; ``resume`` waits for them and stores their results, so that the program,
run again, finds them at once; ``cancel`` stops them. ``resume`` and ``cancel`` use the SDK's own environment
variables for the key, and leave batches alone that a living process is waiting for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .model import PROVIDERS, Settings, run_to_end
from .process import open_store
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
    folder = Path(settings.dir)
    if not folder.is_dir():
        print(f"llm_batch: no state folder {folder}; name it with --dir", file=sys.stderr)
        return 2
    wanted = set(options.batch)
    if options.command == "status":
        logs = [path for path in sorted(folder.glob("*/log.jsonl")) if ".draft-" not in path.parent.name]
        found = [Batch(path.parent).load() for path in logs]
        for batch in found:
            if not wanted or batch.folder.name in wanted:
                print(_described(batch))
        return 0
    found = [batch for batch in open_store(settings.dir).batches.values() if not batch.collected]
    chosen = [batch for batch in found if not wanted or batch.folder.name in wanted]
    with Run(settings) as run:
        for batch in chosen:
            provider = PROVIDERS[batch.group["provider"]]
            run.adopt(batch, provider, provider.default_client(batch.group))
        run_to_end(run.settle() if options.command == "resume" else run.cancel())
        run.keep()
    return 0


def _described(batch: Batch) -> str:
    facts = batch.facts
    state = "collected" if batch.collected else "running" if facts.get("batch_id") else "not created"
    where = facts.get("batch_id") or "-"
    model = batch.group.get("model") or "-"
    return f"{batch.folder.name}  {state:<11}  {len(batch.ids):>6} requests  {model}  {where}"


if __name__ == "__main__":
    sys.exit(main())

"""Run 50,000 requests through ``run_batch`` against the loopback fake; print time and peak memory.

    python benchmarks/batch_helpers.py [REQUESTS]

The fake runs in a process of its own, so that the peak is the program's alone. Memory is the peak resident
set, SDK included.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def serve(pipe: Connection) -> None:
    """Run the fake until the pipe says stop."""
    from fake_provider import FakeProvider

    with FakeProvider() as fake:
        pipe.send(fake.url)
        pipe.recv()


def peak() -> float:
    """Return the peak resident set in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = ours.recv()

    import openai

    from batchlint.helpers.llm_batch import chat_request, run_batch

    client = openai.OpenAI(api_key="x", base_url=f"{url}/v1")
    system = "You label support tickets. " * 20

    def label(number: int):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": f"ticket {number}"}]
        answer = yield chat_request(client, model="m", messages=messages, temperature=0)
        return answer.choices[0].message.content

    before, start = peak(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(LLM_BATCH_DIR=folder, LLM_BATCH_POLL_SECONDS="0.5")
        labels = run_batch([label(number) for number in range(count)])
    took = time.perf_counter() - start
    assert len(set(labels)) > count * 0.999
    print(
        f"{count:,} requests: {took:.1f} s, peak {peak():.0f} MB (of which {before:.0f} MB before the first)"
    )
    ours.send("stop")


if __name__ == "__main__":
    main()

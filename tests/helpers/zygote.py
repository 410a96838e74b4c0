"""Runs programs in fresh processes that need not import the SDKs again: a process that forks on demand.

Each program ends like any other: by returning, by an exception or by a signal, with its exit handlers run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LOOP = """
import atexit, gc, json, os, sys
import anthropic, openai
import batchlint.helpers.llm_batch
for name in ("chat", "files", "batches"):
    getattr(openai.OpenAI(api_key="x"), name)
anthropic.Anthropic(api_key="x").messages.batches
gc.freeze()
for line in iter(sys.stdin.readline, ""):
    task = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(task[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.environ.update(task["env"])
        names = {"__name__": "__main__", "arguments": task["arguments"]}
        status = 0
        try:
            exec(compile(task["program"], "program", "exec"), names)
        except BaseException as error:  # as the interpreter does at the end of a program
            sys.last_value, status = error, 1
            sys.excepthook(type(error), error, error.__traceback__)
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(status)  # without taking down what the parent has imported, which takes a second
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Zygote:
    """The forking process."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._out, self._err = folder / "out", folder / "err"
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOOP],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, program: str, env: dict[str, str], *arguments: Any) -> tuple[int, list[str], str]:
        """Run a program to its end; return its exit code (negative: a signal), its output and its errors."""
        assert self._process.stdin
        assert self._process.stdout
        task = {
            "program": program,
            "arguments": arguments,
            "env": env,
            "out": str(self._out),
            "err": str(self._err),
        }
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return status, self._out.read_text().splitlines(), self._err.read_text()

    def close(self) -> None:
        """End the forking process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

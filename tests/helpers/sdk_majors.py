"""Run the tests of the batch helpers with older majors of the SDKs, each pair in an environment of its own.

    python tests/helpers/sdk_majors.py [FOLDER]

The environments are made under FOLDER (default: build/sdk-majors) and kept for the next time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ["tests/helpers/test_same_as_realtime.py", "tests/helpers/test_faults.py"]
PAIRS = {
    "openai-1-anthropic-0": ["openai>=1.99,<2", "anthropic>=0.60,<1"],
    "openai-2-anthropic-1": ["openai>=2,<3", "anthropic>=1,<2"],
    "openai-3-anthropic-2": ["openai>=3,<4", "anthropic>=2,<3"],
}


def run(name: str, wanted: list[str], folder: Path) -> bool:
    """Test one pair; return whether all went well."""
    home = folder / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(home, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "pytest", "pydantic", *wanted], check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True
    ).stdout
    versions = [line for line in listed.splitlines() if line.startswith(("openai==", "anthropic=="))]
    print(name, *versions, flush=True)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([python, "-m", "pytest", "-q", *TESTS], cwd=ROOT, env=env, check=False)
    return done.returncode == 0


def main() -> int:
    """Test all pairs; return an exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "sdk-majors"
    good = [run(name, wanted, folder) for name, wanted in PAIRS.items()]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

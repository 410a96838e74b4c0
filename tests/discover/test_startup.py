"""What a run without LLM calls does not load."""

import subprocess
import sys
from pathlib import Path

import pytest
from planted import write

RUN = """
import sys
from pathlib import Path
from batchlint.discover import DiscoverOptions, ModuleIndex, discover
from batchlint.scan import Needles, relevant, scan
root = Path(sys.argv[1])
tree = discover(root, DiscoverOptions())
result = scan(tree.files, lambda path: (root / path).read_bytes(), Needles(("openai",), ()))
assert relevant(result, ModuleIndex(tree.files)).chosen == frozenset()
print(sorted({"pathspec", "json", "tomllib", "concurrent.futures"} & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("patterns", "loaded"),
    [("*.log\n__pycache__/\ndocs/_build/\n!.keep\n**/tmp\n", "[]"), ("a/**/b\n", "['pathspec']")],
)
def test_only_what_is_needed_is_loaded(tmp_path: Path, patterns: str, loaded: str) -> None:
    write(tmp_path, {"a.py": "import os\n", ".gitignore": patterns})
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == loaded

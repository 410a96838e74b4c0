"""What ``--fix`` copies: only what the providers need, for Python 3.9, with the standard library alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from batchlint import helpers
from batchlint.helpers import EXTRA_NAMES, PARTS, files_for, init_for, supported

SDKS = {"openai", "anthropic", "groq", "google", "boto3", "botocore", "mistralai"}


def imports(text: str) -> set[str]:
    """Return the top-level names of all absolute imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def test_own_package_exports_everything() -> None:
    own = Path(helpers.__file__).parent / "llm_batch" / "__init__.py"
    assert own.read_text() == init_for({path.stem for path in own.parent.glob("*.py")})


@pytest.mark.parametrize("extras", [(), ("limits",), tuple(EXTRA_NAMES)])
@pytest.mark.parametrize("provider", sorted(PARTS))
def test_copy_for_one_provider(provider: str, extras: tuple[str, ...], tmp_path: Path) -> None:
    assert supported(provider)
    files = files_for([provider], extras)
    assert ("steps_async.py" in files) == bool(extras)
    package = tmp_path / "llm_batch"
    package.mkdir()
    for name, text in files.items():
        ast.parse(text, feature_version=(3, 9))
        assert imports(text) <= {*sys.stdlib_module_names, *SDKS}
        assert len(text.splitlines()) <= 400
        package.joinpath(name).write_text(text, encoding="utf-8")
    modules = {part.module for part in PARTS.values() if f"{part.module}.py" in files}
    wanted = {PARTS[provider].module, *PARTS[provider].needs}
    assert modules <= wanted, "no other provider's module is copied"
    (tmp_path / ".llm_batch").mkdir()
    program = "import llm_batch; print(llm_batch.run_batch)"
    for command in (["-c", program], ["-m", "llm_batch", "status"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_importing_a_copy_imports_no_sdk(tmp_path: Path) -> None:
    package = tmp_path / "llm_batch"
    package.mkdir()
    for name, text in files_for(PARTS).items():
        package.joinpath(name).write_text(text, encoding="utf-8")
    program = f"import sys, llm_batch; print(sorted({SDKS!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_no_helper_for_a_provider_without_batches() -> None:
    assert not supported("deepseek")
    with pytest.raises(KeyError):
        files_for(["deepseek"])

"""The documentation says what the program does."""

import importlib.util
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml

from batchlint.cli.main import COMMANDS
from batchlint.config.keys import KEYS
from batchlint.report import FORMATS
from batchlint.rules.registry import RULES

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
BY_HAND = sorted(path.name for path in DOCS.glob("*.md") if path.name != "configuration.md")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def test_generated_pages_are_current(generate: ModuleType) -> None:
    """Write them with `python docs/generate.py`."""
    pages = generate.pages()
    assert {name: text(name) for name in pages} == pages
    assert {f"rules/{path.name}" for path in (DOCS / "rules").iterdir()} <= set(pages)


def test_the_readme_and_the_first_page_show_real_output(generate: ModuleType) -> None:
    """Write them with `python docs/generate.py`."""
    shown = generate.showing()
    assert {path.name for path in shown} == {"README.md", "index.md"}
    assert {path: path.read_text("utf-8") for path in shown} == shown


@pytest.mark.parametrize("name", BY_HAND)
def test_every_option_that_a_page_names_exists(name: str) -> None:
    known = {"--version", "--help"}
    for command in COMMANDS:
        for parameter in import_module(f"batchlint.cli.{command}").command.params:
            if isinstance(parameter, click.Option):
                known |= {*parameter.opts, *parameter.secondary_opts}
    # The page's example of an output is the report's business, not this test's.
    prose = re.sub(r"```text\n.*?```", "", text(name), flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", prose))
    assert named <= known


@pytest.mark.parametrize("name", BY_HAND)
def test_every_command_that_a_page_shows_exists(name: str) -> None:
    for line in re.findall(r"(?:\$ |`)batchlint ([a-z]+)(?= |`|$)", text(name), flags=re.MULTILINE):
        assert line in COMMANDS


def test_links_to_keys_lead_somewhere() -> None:
    keys = {key.name for key in KEYS}
    for name in BY_HAND:
        assert set(re.findall(r"configuration\.md#([\w-]+)", text(name))) <= keys


def test_every_format_and_rule_is_documented() -> None:
    outputs = text("outputs.md")
    assert all(f"`{name}`" in outputs for name in FORMATS)
    navigation = (REPOSITORY / "mkdocs.yml").read_text("utf-8")
    assert all(f"rules/{rule.name}.md" in navigation for rule in RULES)


def test_toml_and_yaml_examples_are_valid() -> None:
    import tomllib

    from batchlint.config.keys import ROOT

    for name in [*BY_HAND, "configuration.md"]:
        for language, code in re.findall(r"```(toml|yaml)\n(.*?)```", text(name), flags=re.DOTALL):
            if language == "toml":
                ROOT.check(tomllib.loads(code)["tool"]["batchlint"], ())
            else:
                assert yaml.safe_load(code)


def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING -" not in done.stderr
    assert (tmp_path / "site" / "rules" / "realtime-call-in-eval" / "index.html").exists()

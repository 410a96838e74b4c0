"""The other commands."""

import json
import os
import subprocess
import sys

import pytest
from cli_support import CALLER, CLEAN, FINDING, WRAPPER, environment

from batchlint import __version__
from batchlint.cli.main import COMMANDS
from batchlint.rules.registry import RULES


def test_version(batchlint) -> None:
    for option in ("--version", "-V"):
        assert batchlint(option).stdout == f"batchlint {__version__}\n"


def test_help_lists_every_command(batchlint) -> None:
    done = batchlint("--help")
    assert done.returncode == 0
    for name, text in COMMANDS.items():
        assert name in done.stdout
        assert text in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(batchlint, name: str) -> None:
    done = batchlint(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: batchlint {name} ")


def test_the_options_of_the_contract_are_there(batchlint) -> None:
    shown = batchlint("check", "--help").stdout
    for option in (
        "--output-format --output-file --statistics --select --ignore --extend-select --per-file-ignores "
        "--exclude --extend-exclude --respect-gitignore --force-exclude --stdin-filename --config --isolated "
        "--no-cache --cache-dir --exit-zero --show-files --show-settings --color --quiet --verbose "
        "--min-confidence --baseline --write-baseline --prune-baseline --root --jobs --sarif-output"
    ).split():
        assert option in shown


class TestRule:
    @pytest.mark.parametrize("name", ["BL101", "bl101", "realtime-call-in-record-loop"])
    def test_by_code_or_name(self, batchlint, name: str) -> None:
        text = batchlint("rule", name).stdout
        assert text.startswith("realtime-call-in-record-loop (BL101)\n====")
        assert "Fix safety\n----------" in text
        assert "    client = OpenAI()" in text

    def test_all_as_json(self, batchlint) -> None:
        records = json.loads(batchlint("rule", "--all", "--output-format", "json").stdout)
        assert [record["code"] for record in records] == [rule.code for rule in RULES]
        assert all(record["explanation"] for record in records)

    def test_one_as_json_is_no_list(self, batchlint) -> None:
        assert json.loads(batchlint("rule", "BL900", "--output-format", "json").stdout)["code"] == "BL900"

    def test_markdown(self, batchlint) -> None:
        text = batchlint("rule", "BL105", "--output-format", "markdown").stdout
        assert text.startswith("# concurrent-realtime-fan-out (BL105)\n")
        assert "```py\n" in text


class TestConfig:
    def test_all_keys(self, batchlint) -> None:
        assert "per-file-ignores\n" in batchlint("config").stdout

    def test_one_key(self, batchlint) -> None:
        text = batchlint("config", "volumes").stdout
        assert "Known traffic of call sites" in text
        assert "requests-per-month" in text

    def test_an_inner_key(self, batchlint) -> None:
        assert "llm_batch" in batchlint("config", "fix.helper").stdout

    def test_json(self, batchlint) -> None:
        (record,) = json.loads(batchlint("config", "select", "--output-format", "json").stdout)
        assert record["default"] == '["BL"]'


class TestInventory:
    def test_sites_as_json(self, project, batchlint) -> None:
        root = project({"wrapper.py": WRAPPER, "caller.py": CALLER})
        inventory = json.loads(batchlint("sites", "--output-format", "json", str(root)).stdout)
        (site,) = inventory["sites"]
        assert (inventory["version"], inventory["root"]) == (1, str(root))
        assert (site["path"], site["line"], site["column"]) == ("wrapper.py", 7, 12)
        assert (site["verdict"], site["operation"]) == ("eligible", "chat.completions.create")
        assert site["witness"][0]["path"] == "caller.py"

    def test_sites_as_text(self, project, batchlint) -> None:
        done = batchlint("sites", cwd=project({"a.py": FINDING}))
        assert done.returncode == 0
        assert done.stdout.startswith("eligible: ")
        assert "1 call site in 1 file." in done.stdout

    def test_sites_as_html(self, project, batchlint, tmp_path) -> None:
        page = tmp_path / "calls.html"
        root = project({"a.py": FINDING})
        assert batchlint("sites", "--output-format", "html", "-o", str(page), cwd=root).returncode == 0
        assert page.read_text("utf-8").startswith("<!doctype html>")

    def test_graph(self, project, batchlint) -> None:
        root = project({"wrapper.py": WRAPPER, "caller.py": CALLER})
        edges = json.loads(batchlint("graph", "--output-format", "json", str(root)).stdout)
        assert "wrapper.ask" in edges["caller.main"]

    def test_explain(self, project, batchlint) -> None:
        done = batchlint("explain", "a.py:9", cwd=project({"a.py": FINDING}))
        assert done.returncode == 0
        assert "eligible" in done.stdout


class TestClean:
    def test_it_removes_the_cache_and_nothing_else(self, project, batchlint, tmp_path) -> None:
        root, cache = project({"a.py": CLEAN}), tmp_path / "cache"
        cache.mkdir()
        (cache / "CACHEDIR.TAG").write_text("")
        done = batchlint("clean", cwd=root)
        assert (done.returncode, done.stderr) == (0, f"removed {cache}\n")
        assert not cache.exists()
        assert (root / "a.py").exists()

    def test_no_cache_is_no_error(self, batchlint) -> None:
        done = batchlint("clean")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_it_refuses_a_folder_that_is_no_cache(self, project, batchlint) -> None:
        root = project({"a.py": CLEAN, "src/b.py": CLEAN})
        done = batchlint("clean", "--cache-dir", "src", cwd=root)
        assert done.returncode == 2
        assert "nothing was removed" in done.stderr
        assert (root / "src" / "b.py").exists()


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_the_script_names_our_variable(self, batchlint, shell: str) -> None:
        assert f"_BATCHLINT_COMPLETE={shell}_complete" in batchlint("completion", shell).stdout

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("batchlint sit", "plain,sites"),
            ("batchlint --sel", "plain,--select"),
            ("batchlint check --output-f", "plain,--output-format"),
        ],
    )
    def test_words(self, words: str, expected: str) -> None:
        env = environment(
            _BATCHLINT_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))
        )
        command = [sys.executable, "-m", "batchlint"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert expected in done.stdout.splitlines()


HEAVY = {
    "libcst",
    "yaml",
    "rich",
    "genai_prices",
    "pydantic",
    "pathspec",
    "ahocorasick_rs",
    "tomllib",
    "tomli",
}


@pytest.mark.parametrize("arguments", [["--version"], ["rule", "BL101"], ["config"], ["--help"]])
def test_quick_commands_load_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from batchlint.cli.main import run; "
        f"run({arguments!r}); sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & (HEAVY - ({"tomllib"} if arguments == ["config"] else set()))
    own = {name for name in done.stderr.split() if name.startswith("batchlint.")}
    assert not [name for name in own if name.split(".")[1] in ("facts", "program", "analysis", "estimate")]


def test_the_module_is_the_console_script() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "batchlint", "--version"], env=environment(), capture_output=True, check=False
    )
    assert done.stdout.decode() == f"batchlint {__version__}{os.linesep}"

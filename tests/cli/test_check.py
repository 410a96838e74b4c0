"""What `batchlint check` reads and writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_support import BROKEN, CALLER, CLEAN, FINDING, WRAPPER, environment


def codes(done: "subprocess.CompletedProcess[str]") -> list[str]:
    return [finding["code"] for finding in json.loads(done.stdout)]


JSON = ("--output-format", "json")


class TestPaths:
    def test_check_is_the_default_command(self, project, batchlint) -> None:
        root = project({"a.py": FINDING})
        runs = [
            batchlint(*arguments, *JSON, cwd=root) for arguments in ([], ["."], ["check"], ["check", "a.py"])
        ]
        assert {run.stdout for run in runs} == {runs[0].stdout}
        assert codes(runs[0]) == ["BL101"]

    def test_a_wrapper_reports_the_finding_that_its_unchanged_caller_makes(self, project, batchlint) -> None:
        root = project({"wrapper.py": WRAPPER, "caller.py": CALLER, "other.py": CLEAN})
        for path in ("wrapper.py", "caller.py"):
            assert codes(batchlint(path, *JSON, cwd=root)) == ["BL101"]
        assert codes(batchlint("other.py", *JSON, cwd=root)) == []

    def test_a_folder_reports_what_lies_in_it(self, project, batchlint) -> None:
        root = project({"a/x.py": FINDING, "b/x.py": CLEAN})
        assert codes(batchlint("a", *JSON, cwd=root)) == ["BL101"]
        assert codes(batchlint("b", *JSON, cwd=root)) == []

    def test_the_program_is_the_project_not_the_paths(self, project, batchlint) -> None:
        root = project({"wrapper.py": WRAPPER, "jobs/caller.py": CALLER.replace("wrapper", "..wrapper")})
        root = project(
            {"lib/wrapper.py": WRAPPER, "caller.py": CALLER.replace("wrapper", "lib.wrapper")}, "two"
        )
        assert codes(batchlint("lib/wrapper.py", *JSON, cwd=root)) == ["BL101"]

    def test_paths_are_shown_from_the_working_directory(self, project, batchlint) -> None:
        root = project({"a/b/x.py": FINDING})
        done = batchlint("--output-format", "concise", cwd=root / "a")
        assert done.stdout.startswith(os.path.join("b", "x.py") + ":9:12: BL101 ")

    def test_a_project_of_its_own_inside_a_repository(self, project, batchlint) -> None:
        """Monorepo: the nearest configuration is the project, CI paths are the repository's."""
        root = project({"one/batchlint.toml": "", "one/x.py": FINDING, "two/y.py": FINDING})
        done = batchlint("--output-format", "github", cwd=root / "one")
        assert "file=one/x.py," in done.stdout
        assert "y.py" not in done.stdout

    def test_excluded_files_are_not_read(self, project, batchlint) -> None:
        root = project({"vendored/x.py": FINDING, "a.py": CLEAN})
        assert batchlint("--extend-exclude", "vendored", cwd=root).returncode == 0

    def test_force_exclude_applies_to_named_files(self, project, batchlint) -> None:
        root = project({"skip/x.py": FINDING})
        arguments = ["--extend-exclude", "skip", "skip/x.py", *JSON]
        assert codes(batchlint(*arguments, cwd=root)) == ["BL101"]
        assert codes(batchlint(*arguments, "--force-exclude", cwd=root)) == []

    def test_what_git_ignores_is_left_out(self, project, batchlint) -> None:
        root = project({"out/x.py": FINDING, ".gitignore": "out/\n"})
        assert batchlint(cwd=root).returncode == 0
        assert batchlint("--no-respect-gitignore", cwd=root).returncode == 1


class TestStandardInput:
    def test_the_source_comes_from_standard_input(self, project, batchlint) -> None:
        root = project({"a.py": CLEAN})
        done = batchlint("-", "--stdin-filename", "a.py", *JSON, cwd=root, stdin=FINDING.encode())
        assert codes(done) == ["BL101"]
        assert json.loads(done.stdout)[0]["filename"] == "a.py"
        assert (root / "a.py").read_text() == CLEAN

    def test_it_is_part_of_the_project(self, project, batchlint) -> None:
        root = project({"wrapper.py": CLEAN, "caller.py": CALLER})
        done = batchlint("-", "--stdin-filename", "wrapper.py", *JSON, cwd=root, stdin=WRAPPER.encode())
        assert codes(done) == ["BL101"]

    def test_the_snippet_is_that_of_standard_input(self, project, batchlint) -> None:
        done = batchlint("-", "--stdin-filename", "new.py", cwd=project({}), stdin=FINDING.encode())
        assert "9 |     return client.chat.completions.create(" in done.stdout

    def test_without_a_name(self, project, batchlint) -> None:
        assert codes(batchlint("-", *JSON, cwd=project({}), stdin=BROKEN.encode())) == ["BL901"]


class TestOutputs:
    def test_several_at_once(self, project, batchlint, tmp_path: Path) -> None:
        root = project({"a.py": FINDING})
        done = batchlint(
            "--output-format=concise",
            f"--sarif-output={tmp_path / 'out' / 'x.sarif'}",
            f"--markdown-output={tmp_path / 'x.md'}",
            f"--json-lines-output={tmp_path / 'x.jsonl'}",
            cwd=root,
        )
        assert done.returncode == 1
        assert done.stdout.startswith("a.py:9:12: BL101")
        assert json.loads((tmp_path / "out" / "x.sarif").read_text())["version"] == "2.1.0"
        assert (tmp_path / "x.md").read_text().startswith("## batchlint: 1 finding")
        assert json.loads((tmp_path / "x.jsonl").read_text())["code"] == "BL101"

    def test_output_file(self, project, batchlint, tmp_path: Path) -> None:
        root = project({"a.py": FINDING})
        done = batchlint("-o", str(tmp_path / "x.txt"), "--color=auto", cwd=root, FORCE_COLOR="1")
        assert (done.returncode, done.stdout) == (1, "")
        text = (tmp_path / "x.txt").read_text()
        assert "BL101" in text
        assert "\x1b" not in text

    def test_the_format_of_the_environment_and_of_the_command_line(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "batchlint.toml": 'output-format = "grouped"'})
        assert batchlint(cwd=root).stdout.startswith("a.py:\n")
        assert batchlint(cwd=root, BATCHLINT_OUTPUT_FORMAT="json").stdout.startswith("[")
        done = batchlint("--output-format=github", cwd=root, BATCHLINT_OUTPUT_FORMAT="json")
        assert done.stdout.startswith("::warning")

    def test_quiet_leaves_out_the_summary_and_silent_everything(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "b.py": CLEAN})
        quiet = batchlint("-q", "--output-format=concise", cwd=root)
        assert len(quiet.stdout.splitlines()) == 1
        assert batchlint("-q", "b.py", cwd=root).stdout == ""
        silent = batchlint("-s", cwd=root)
        assert (silent.returncode, silent.stdout, silent.stderr) == (1, "", "")

    def test_verbose_speaks_on_standard_error(self, project, batchlint) -> None:
        done = batchlint("-v", *JSON, cwd=project({"a.py": FINDING}))
        assert codes(done) == ["BL101"]
        assert "analysed 1 files" in done.stderr

    def test_statistics(self, project, batchlint) -> None:
        root = project({"a.py": FINDING})
        assert "1  BL101" in batchlint("--statistics", cwd=root).stdout
        rows = json.loads(batchlint("--statistics", *JSON, cwd=root).stdout)
        assert [(row["code"], row["count"]) for row in rows] == [("BL101", 1)]

    @pytest.mark.parametrize(
        ("arguments", "env", "coloured"),
        [
            ([], {}, False),
            ([], {"FORCE_COLOR": "1"}, True),
            ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
            (["--color=always"], {"NO_COLOR": "1"}, True),
            (["--color=never"], {"FORCE_COLOR": "1"}, False),
        ],
    )
    def test_colour(self, project, batchlint, arguments, env, coloured) -> None:
        done = batchlint(*arguments, cwd=project({"a.py": FINDING}), **env)
        assert ("\x1b[" in done.stdout) is coloured

    def test_a_terminal_that_knows_only_ascii(self, project, batchlint) -> None:
        root = project({"日本.py": FINDING})
        done = batchlint("--output-format=concise", cwd=root, PYTHONIOENCODING="ascii")
        assert done.returncode == 1
        assert done.stdout.startswith("\\u65e5\\u672c.py:9:12: BL101")

    def test_machine_formats_are_utf8_on_any_terminal(self, project, batchlint) -> None:
        root = project({"日本.py": FINDING})
        done = batchlint("--output-format=junit", cwd=root, PYTHONIOENCODING="ascii")
        assert "日本.py" in done.stdout

    def test_windows_line_ends(self, project, batchlint) -> None:
        root = project({"a.py": FINDING.replace("\n", "\r\n")})
        done = batchlint(cwd=root)
        assert "\r" not in done.stdout
        assert "9 |     return client.chat.completions.create(\n" in done.stdout

    def test_a_reader_that_goes_away_changes_nothing(self, project, tmp_path: Path) -> None:
        root = project({"a.py": FINDING})
        command = [sys.executable, "-m", "batchlint", "--no-cache", "--output-format=json"]
        process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        )
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        error = process.stderr.read()
        assert (process.wait(), error) == (1, b"")


class TestSettings:
    def test_per_file_ignores(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "evals/b.py": FINDING})
        done = batchlint("--per-file-ignores", "evals/**:BL1", *JSON, cwd=root)
        assert [finding["filename"] for finding in json.loads(done.stdout)] == ["a.py"]

    def test_selectors_separated_by_commas(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "b.py": BROKEN})
        assert codes(batchlint("--select", "BL9,BL2", *JSON, cwd=root)) == ["BL901"]

    def test_isolated_ignores_the_configuration(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "batchlint.toml": 'ignore = ["BL1"]'})
        assert batchlint(cwd=root).returncode == 0
        assert batchlint("--isolated", cwd=root).returncode == 1

    def test_a_configuration_from_elsewhere(self, project, batchlint, tmp_path: Path) -> None:
        root = project({"a.py": FINDING})
        (tmp_path / "shared.toml").write_text('ignore = ["BL1"]')
        assert batchlint("--config", "../shared.toml", cwd=root).returncode == 0
        assert batchlint("--config", 'ignore = ["BL101"]', cwd=root).returncode == 0

    @pytest.mark.parametrize(
        ("arguments", "root"),
        [
            ([], "project/inner"),
            (["--config", "jobs = 1"], "project/inner"),
            (["--isolated"], "project"),
            (["--config", "../shared.toml"], "project"),
            (["--root", "inner/sub"], "project/inner/sub"),
        ],
    )
    def test_the_root(self, project, batchlint, tmp_path: Path, arguments: list[str], root: str) -> None:
        project({"inner/batchlint.toml": "", "inner/sub/x.py": CLEAN})
        (tmp_path / "shared.toml").write_text("")
        paths = [] if "--root" in arguments else ["inner/sub"]
        done = batchlint("--show-settings", *arguments, *paths, cwd=tmp_path / "project")
        assert done.stdout.splitlines()[0] == f"root = {json.dumps(str(tmp_path / root))}"

    def test_contexts_override_what_is_inferred(self, project, batchlint) -> None:
        root = project({"a.py": FINDING})
        assert batchlint("--config", 'contexts = { "a.py" = "realtime" }', cwd=root).returncode == 0

    def test_show_settings(self, project, batchlint) -> None:
        root = project({"batchlint.toml": "jobs = 2"})
        lines = batchlint("--show-settings", "--select", "BL101", cwd=root).stdout.splitlines()
        assert f"root = {json.dumps(str(root))}" in lines
        assert 'rules = ["BL101"]' in lines
        assert "jobs = 2" in lines

    def test_show_files(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "b/c.py": CLEAN, "d.txt": ""})
        listed = batchlint("--show-files", cwd=root).stdout.splitlines()
        assert listed == [str(root / "a.py"), str(root / "b" / "c.py")]


class TestBaseline:
    def test_from_first_run_to_last_finding(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "batchlint.toml": 'baseline = "known.json"'})
        written = batchlint("--write-baseline", cwd=root)
        assert written.returncode == 0
        assert written.stderr.endswith("known.json: 1 known finding, 1 added, 0 removed\n")
        known = batchlint(cwd=root)
        assert known.returncode == 0
        assert "1 known finding in the baseline not shown." in known.stdout
        (root / "b.py").write_text(FINDING)
        assert codes(batchlint(*JSON, cwd=root)) == ["BL101"]
        (root / "a.py").write_text(CLEAN)
        before = (root / "known.json").read_bytes()
        batchlint(cwd=root)
        assert (root / "known.json").read_bytes() == before
        pruned = batchlint("--prune-baseline", cwd=root)
        assert pruned.stderr.endswith("known.json: 0 known findings, 0 added, 1 removed\n")

    def test_paths_and_selection_do_not_narrow_pruning(self, project, batchlint) -> None:
        root = project({"a.py": FINDING, "b.py": CLEAN})
        batchlint("--write-baseline", "--baseline=k.json", cwd=root)
        before = (root / "k.json").read_bytes()
        batchlint("--prune-baseline", "--baseline=k.json", "--select=BL9", "b.py", cwd=root)
        assert (root / "k.json").read_bytes() == before

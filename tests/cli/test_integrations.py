"""pre-commit and the GitHub action, run as their users run them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cli_support import CALLER, CLEAN, FINDING, WRAPPER, environment

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs, once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="module")
def action() -> dict:
    return yaml.safe_load((REPOSITORY / "action.yml").read_text("utf-8"))


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.skipif(
    not shutil.which("pre-commit", path=str(Path(sys.executable).parent)), reason="no pre-commit"
)
class TestPreCommit:
    """The hook is installed from this repository, which takes a package index, once for all tests."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        git("init", "-q", str(tmp_path), cwd=tmp_path)
        for name, text in {"wrapper.py": WRAPPER, "caller.py": CALLER, "other.py": CLEAN}.items():
            (tmp_path / name).write_text(text)
        git("add", ".", cwd=tmp_path)
        git("commit", "-q", "-m", "start", cwd=tmp_path)
        return tmp_path

    def run(
        self, hook: str, repository: Path, home: Path, *arguments: str
    ) -> "subprocess.CompletedProcess[str]":
        command = [
            sys.executable,
            "-m",
            "pre_commit",
            "try-repo",
            str(REPOSITORY),
            hook,
            "--verbose",
            *arguments,
        ]
        env = {**environment(), "PRE_COMMIT_HOME": str(home)}
        env.pop("PYTHONPATH")
        return subprocess.run(
            command, cwd=repository, env=env, capture_output=True, text=True, timeout=600, check=False
        )

    def change(self, repository: Path, name: str) -> None:
        with (repository / name).open("a") as file:
            file.write("\n# changed\n")
        git("add", name, cwd=repository)

    def test_a_changed_wrapper_reports_its_unchanged_caller(self, repository: Path, home: Path) -> None:
        self.change(repository, "wrapper.py")
        done = self.run("batchlint", repository, home)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "BL101" in done.stdout
        assert "caller.py" in done.stdout
        assert "files were modified by this hook" not in done.stdout
        assert git("status", "--porcelain", cwd=repository) == "M  wrapper.py\n"

    def test_a_change_that_no_finding_touches_passes(self, repository: Path, home: Path) -> None:
        self.change(repository, "other.py")
        done = self.run("batchlint", repository, home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert git("status", "--porcelain", cwd=repository) == "M  other.py\n"

    def test_a_configuration_file_is_no_python(self, repository: Path, home: Path) -> None:
        (repository / "settings.yaml").write_text("a: [1, 2]\n")
        (repository / "settings.toml").write_text("a = 1\n")
        git("add", ".", cwd=repository)
        done = self.run("batchlint", repository, home)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_the_project_hook_reports_everything(self, repository: Path, home: Path) -> None:
        done = self.run("batchlint-project", repository, home, "--all-files", "--hook-stage", "manual")
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stdout.count("BL101") >= 1

    def test_the_fix_hook_rewrites_on_request(self, repository: Path, home: Path) -> None:
        (repository / "job.py").write_text(FINDING)
        git("add", ".", cwd=repository)
        done = self.run("batchlint-fix", repository, home, "--files", "job.py", "--hook-stage", "manual")
        assert "files were modified by this hook" in done.stdout, done.stdout + done.stderr
        assert "llm_batch" in (repository / "job.py").read_text()
        assert (repository / "llm_batch" / "runner.py").exists()


def test_the_manifest_is_valid() -> None:
    manifest = REPOSITORY / ".pre-commit-hooks.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", str(manifest)], check=True)


class TestAction:
    def script(self, action: dict, name: str) -> str:
        return next(step["run"] for step in action["runs"]["steps"] if step.get("name") == name)

    def test_inputs_reach_scripts_only_through_the_environment(self, action: dict) -> None:
        """An input written into a script would be run as part of it."""
        for step in action["runs"]["steps"]:
            assert "${{" not in step.get("run", "")

    def test_scripts_are_bash(self, action: dict) -> None:
        for step in action["runs"]["steps"]:
            if "run" in step:
                subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)

    def run(
        self, script: str, root: Path, scratch: Path, **inputs: str
    ) -> "subprocess.CompletedProcess[str]":
        scratch.mkdir(exist_ok=True)
        env = environment(
            RUNNER_TEMP=str(scratch),
            GITHUB_OUTPUT=str(scratch / "output"),
            GITHUB_STEP_SUMMARY=str(scratch / "summary"),
            **{"INPUT_PATHS": ".", "INPUT_ARGS": "", "INPUT_SUMMARY": "true", "INPUT_SARIF": "", **inputs},
        )
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)

    def test_findings_are_annotated_and_summarised(self, action: dict, project, tmp_path: Path) -> None:
        root, scratch = project({"a.py": FINDING}), tmp_path / "runner"
        done = self.run(self.script(action, "Check"), root, scratch, INPUT_SARIF="x.sarif")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("::warning title=batchlint (BL101),file=a.py,")
        assert (scratch / "output").read_text() == "exit-code=1\n"
        assert (scratch / "summary").read_text().startswith("## batchlint: 1 finding")
        assert (root / "x.sarif").exists()

    def test_nothing_found_is_nothing_said(self, action: dict, project, tmp_path: Path) -> None:
        scratch = tmp_path / "runner"
        done = self.run(self.script(action, "Check"), project({"a.py": CLEAN}), scratch)
        assert done.stdout == ""
        assert (scratch / "output").read_text() == "exit-code=0\n"
        assert not (scratch / "summary").exists()

    def test_inputs_are_words_and_nothing_else(self, action: dict, project, tmp_path: Path) -> None:
        root, scratch = project({"a.py": CLEAN}), tmp_path / "runner"
        done = self.run(
            self.script(action, "Check"), root, scratch, INPUT_ARGS="--select=XX $(touch hacked) *"
        )
        assert (scratch / "output").read_text() == "exit-code=2\n"
        assert not (root / "hacked").exists()
        assert "error" in done.stderr.lower()

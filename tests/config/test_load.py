"""Finding, reading and layering configuration, and errors that name file, line, key and remedy."""

from pathlib import Path

import pytest

from batchlint.catalog.model import Wait
from batchlint.config import (
    Config,
    ConfigError,
    common_folder,
    find_config,
    find_root,
    load,
)
from batchlint.finding import Confidence, Severity
from batchlint.globs import matches, matches_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


OURS = "[tool.batchlint]\n"


class TestFinding:
    def test_the_nearest_file_with_our_table(self, tmp_path: Path) -> None:
        outer = write(tmp_path / "pyproject.toml", OURS)
        write(tmp_path / "a" / "pyproject.toml", "[tool.ruff]\n")
        write(tmp_path / "a" / "b" / "x.py", "")
        assert find_config(tmp_path / "a" / "b") == outer

    def test_our_own_file_comes_before_pyproject(self, tmp_path: Path) -> None:
        write(tmp_path / "pyproject.toml", OURS)
        own = write(tmp_path / "batchlint.toml", "")
        assert find_config(tmp_path) == own

    def test_the_search_ends_at_the_repository(self, tmp_path: Path) -> None:
        write(tmp_path / "pyproject.toml", OURS)
        (tmp_path / "repo" / ".git").mkdir(parents=True)
        assert find_config(tmp_path / "repo") is None

    def test_a_mention_is_no_table(self, tmp_path: Path) -> None:
        write(tmp_path / "pyproject.toml", '[project]\ndependencies = ["batchlint"]\n')
        (tmp_path / ".git").mkdir()
        assert find_config(tmp_path) is None

    def test_a_broken_pyproject_that_may_have_our_table(self, tmp_path: Path) -> None:
        path = write(tmp_path / "pyproject.toml", OURS + "select = ]\n")
        with pytest.raises(ConfigError, match=r"pyproject.toml: is not valid TOML.*line 2") as caught:
            find_config(tmp_path)
        assert str(path) in str(caught.value)

    def test_a_broken_pyproject_that_does_not_name_us_is_others_business(self, tmp_path: Path) -> None:
        write(tmp_path / "pyproject.toml", "[project\n")
        (tmp_path / ".git").mkdir()
        assert find_config(tmp_path) is None

    def test_the_root(self, tmp_path: Path) -> None:
        (tmp_path / "repo" / ".git").mkdir(parents=True)
        inner = tmp_path / "repo" / "a" / "b"
        inner.mkdir(parents=True)
        assert find_root(inner, None) == tmp_path / "repo"
        assert find_root(inner, tmp_path / "repo" / "a" / "pyproject.toml") == tmp_path / "repo" / "a"
        assert find_root(tmp_path, None) == tmp_path

    def test_the_common_folder(self, tmp_path: Path) -> None:
        one, two = write(tmp_path / "a" / "x.py", ""), write(tmp_path / "a" / "b" / "y.py", "")
        assert common_folder([], tmp_path) == tmp_path
        assert common_folder([one], tmp_path) == tmp_path / "a"
        assert common_folder([one, two], tmp_path) == tmp_path / "a"
        assert common_folder([Path("a/b"), Path("a/none/z.py")], tmp_path) == tmp_path / "a"
        assert common_folder([Path("..") / tmp_path.name / "a"], tmp_path) == tmp_path / "a"


class TestReading:
    def test_the_defaults(self) -> None:
        assert load(None) == Config()

    def test_every_key(self, tmp_path: Path) -> None:
        path = write(
            tmp_path / "batchlint.toml",
            """
select = ["BL1"]
ignore = ["BL106"]
extend-select = ["BL201"]
exclude = ["a"]
extend-exclude = ["b"]
respect-gitignore = false
force-exclude = true
min-confidence = "high"
output-format = "concise"
baseline = "known.json"
cache = false
cache-dir = ".c"
jobs = 3
catalog = ["lint/x.toml"]
per-file-ignores = { "evals/**" = ["BL103"] }
severity = { BL102 = "error" }
contexts = { "jobs/**" = "offline", "app.preview.*" = "realtime" }
volumes = { "app.f" = { requests-per-month = 5, input-tokens = [1, 2] } }
prices = { "gpt-5*" = { input = 1, output = 8.5 } }
deployments = { "prod" = "gpt-5-mini" }
assumptions = { document = [1000, 6000] }
fix = { helper = "src/vendor", unsafe = true }

[[wrappers]]
call = "acme.complete"
async = true
output-limit = "max"
""",
        )
        config = load(path)
        assert (config.selections[0].select, config.selections[0].ignore) == (("BL1",), ("BL106",))
        assert (config.exclude, config.extend_exclude) == (("a",), ("b",))
        assert (config.respect_gitignore, config.force_exclude, config.cache) == (False, True, False)
        assert config.min_confidence is Confidence.HIGH
        assert config.output_format == "concise"
        assert config.baseline == tmp_path / "known.json"
        assert config.cache_dir == tmp_path / ".c"
        assert config.catalog == (tmp_path / "lint" / "x.toml",)
        assert config.per_file_ignores == (("evals/**", ("BL103",)),)
        assert config.severity == {"BL102": Severity.ERROR}
        assert [(c.pattern, c.wait) for c in config.contexts] == [
            ("jobs/**", Wait.OFFLINE),
            ("app.preview.*", Wait.LIVE),
        ]
        assert config.volumes == {"app.f": {"requests-per-month": 5, "input-tokens": [1, 2]}}
        assert config.prices == {"gpt-5*": {"input": 1, "output": 8.5}}
        assert config.deployments == {"prod": "gpt-5-mini"}
        assert config.assumptions == {"document": [1000, 6000]}
        assert (config.fix.helper, config.fix.unsafe) == ("src/vendor", True)
        (wrapper,) = config.wrappers
        assert (wrapper.call, wrapper.is_async, wrapper.output_limit) == ("acme.complete", True, "max")
        assert (wrapper.kind, wrapper.batch, wrapper.model) == ("chat", True, None)

    def test_extend_replaces_values_merges_tables_and_adds_up_extensions(self, tmp_path: Path) -> None:
        write(
            tmp_path / "pyproject.toml",
            OURS + 'min-confidence = "high"\nbaseline = "b.json"\nextend-exclude = ["a"]\njobs = 1\n'
            '[tool.batchlint.contexts]\n"x/**" = "offline"\n"y/**" = "offline"\n',
        )
        inner = write(
            tmp_path / "service" / "batchlint.toml",
            'extend = "../pyproject.toml"\njobs = 2\nextend-exclude = ["b"]\n'
            '[contexts]\n"y/**" = "realtime"\n',
        )
        config = load(inner)
        assert (config.jobs, config.min_confidence) == (2, Confidence.HIGH)
        assert config.baseline == tmp_path / "b.json"
        assert config.extend_exclude == ("a", "b")
        assert [(c.pattern, c.wait) for c in config.contexts] == [
            ("y/**", Wait.LIVE),
            ("x/**", Wait.OFFLINE),
        ]

    def test_extend_in_a_circle(self, tmp_path: Path) -> None:
        path = write(tmp_path / "batchlint.toml", 'extend = "batchlint.toml"\n')
        with pytest.raises(ConfigError, match="in a circle"):
            load(path)

    def test_extend_of_nothing(self, tmp_path: Path) -> None:
        path = write(tmp_path / "batchlint.toml", 'extend = "none.toml"\n')
        with pytest.raises(ConfigError, match=r"none.toml: cannot be read"):
            load(path)

    def test_the_command_line_comes_last(self, tmp_path: Path) -> None:
        path = write(tmp_path / "batchlint.toml", "jobs = 1\ncache = true\n")
        config = load(path, inline=["jobs = 2", "cache = false"], options={"jobs": 3})
        assert (config.jobs, config.cache) == (3, False)

    def test_a_byte_order_mark(self, tmp_path: Path) -> None:
        path = tmp_path / "batchlint.toml"
        path.write_bytes(b"\xef\xbb\xbfjobs = 2\r\n")
        assert load(path).jobs == 2


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("\n\nslect = []\n", 3, 'slect: unknown key; did you mean "select"?'),
            ("jobs = 1\n\n[contexts]\n'a/**' = 'offlin'\n", 4, 'contexts."a/**": "offlin" is not one of'),
            ("[fix]\nhelper = 'x'\nsafe = true\n", 3, "fix.safe: unknown key"),
            (
                "select = [\n  'BL1',\n  3,\n]\njobs = 1\n",
                1,
                "select[1]: must be a string, not a whole number",
            ),
            ("a = '''\nselect = 1\n'''\n", 1, "a: unknown key"),
            (
                "[[wrappers]]\ncall = 'a'\n[[wrappers]]\ncal = 'b'\n",
                4,
                'wrappers[1].cal: unknown key; did you mean "call"?',
            ),
            ("[[wrappers]]\nprovider = 'openai'\n", 1, 'wrappers[0]: needs the key "call"'),
            (
                "volumes.'x'.requests-per-month = 'many'\n",
                1,
                "volumes.x.requests-per-month: must be a number",
            ),
        ],
    )
    def test_they_name_file_line_and_key(self, text: str, line: int, message: str, tmp_path: Path) -> None:
        path = write(tmp_path / "batchlint.toml", text)
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}:{line}: {message}")
        assert "\n" not in str(caught.value)

    def test_lines_of_a_pyproject(self, tmp_path: Path) -> None:
        path = write(tmp_path / "pyproject.toml", "[tool.ruff]\njobs = 'x'\n\n[tool.batchlint]\njobs = 'x'\n")
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert str(caught.value) == f"{path}:5: jobs: must be a whole number, not a string"

    @pytest.mark.parametrize(
        ("snippet", "message"),
        [
            ("jobs = 'x'", "--config: jobs: must be a whole number"),
            ("job = 1", 'did you mean "jobs"?'),
            ("jobs = = 1", "is neither an existing file nor a TOML KEY = VALUE pair"),
            ("extend = 'x'", "works only in a file"),
        ],
    )
    def test_of_the_command_line(self, snippet: str, message: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load(None, inline=[snippet])
        assert message in str(caught.value)

    def test_a_file_without_our_table(self, tmp_path: Path) -> None:
        path = write(tmp_path / "pyproject.toml", "[tool.ruff]\n")
        with pytest.raises(ConfigError, match="has no table"):
            load(path)

    def test_a_file_that_is_no_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "batchlint.toml"
        path.write_bytes(b"x = '\xff'\n")
        with pytest.raises(ConfigError, match="is not valid TOML"):
            load(path)

    def test_deep_nesting(self, tmp_path: Path) -> None:
        path = write(tmp_path / "batchlint.toml", "x = " + "[" * 10_000 + "]" * 10_000 + "\n")
        with pytest.raises(ConfigError, match="is not valid TOML"):
            load(path)


class TestGlobs:
    @pytest.mark.parametrize(
        ("pattern", "path", "expected"),
        [
            ("jobs/**", "jobs/a/b.py", True),
            ("jobs/**", "src/jobs/a.py", False),
            ("**/jobs/**", "src/jobs/a.py", True),
            ("jobs/*.py", "jobs/a/b.py", False),
            ("jobs/*.py", "jobs/b.py", True),
            ("*_test.py", "a/b_test.py", True),
            ("vendor", "a/vendor/b.py", True),
            ("/vendor", "a/vendor/b.py", False),
            ("a/b", "a/b/c.py", True),
            ("a/b", "a/bc.py", False),
            ("a.py", "xa.py", False),
            ("./a/?.py", "a/b.py", True),
            ("a[1].py", "a[1].py", True),
        ],
    )
    def test_paths(self, pattern: str, path: str, expected: bool) -> None:
        assert matches_path(pattern, path) is expected

    @pytest.mark.parametrize(
        ("pattern", "function", "expected"),
        [
            ("app.tasks", "app.tasks.nightly", True),
            ("app.tasks.*", "app.tasks.Job.run", True),
            ("*.nightly", "app.tasks.nightly", True),
            ("app.tasks", "app.tasksx.f", False),
            ("app.tasks.py", "app.tasks.f", False),
        ],
    )
    def test_names(self, pattern: str, function: str, expected: bool) -> None:
        assert matches(pattern, "app/x.py", function) is expected

    def test_a_pattern_speaks_of_paths_or_of_names(self) -> None:
        assert matches("app/*.py", "app/x.py", "other")
        assert matches("x.py", "app/x.py", "other")
        assert not matches("app", "app/x.py", "other")

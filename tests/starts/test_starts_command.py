"""`parse_command`: what a command line found in Python code starts."""

import pytest
from starts_cases import show_target

from batchlint.starts import Target, TargetKind, parse_command

FILES = {
    "jobs/digest.py": b"",
    "jobs/__init__.py": b"",
    "src/pkg/mod.py": b"",
    "manage.py": b"",
    "run.sh": b"cd jobs\npython digest.py $1\n",
    "Makefile": b"digest:\n\tpython jobs/digest.py\n",
}
FOLDERS = {name.rpartition("/")[0] for name in FILES} | {"", "src"}


def exists(path: str) -> bool:
    return path in FILES or path in FOLDERS


def shown(text: str, cwd: str = "", **kwargs: object) -> list[str]:
    return [show_target(target) for target in parse_command(text, cwd, exists, **kwargs)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python jobs/digest.py", ["script jobs/digest.py"]),
        ("cd jobs && python3.12 -u digest.py", ["script jobs/digest.py"]),
        ("python -m jobs.digest nightly", ["module jobs.digest nightly (jobs/digest.py)"]),
        ("PYTHONPATH=src python -m pkg.mod", ["module pkg.mod (src/pkg/mod.py)"]),
        ("python -W ignore -X dev -Im pkg.mod", ["module pkg.mod (src/pkg/mod.py)"]),
        ("python /opt/airflow/project/jobs/digest.py {{ ds }}", ["script jobs/digest.py"]),
        ("cd {{ var.value.home }} && python jobs/digest.py", ["script jobs/digest.py"]),
        ("python ${AIRFLOW_HOME}/jobs/digest.py", ["script jobs/digest.py"]),
        ("python $AIRFLOW_HOME/{{ params.script }}", []),
        ("{% if x %}python jobs/digest.py{% endif %}", ["script jobs/digest.py"]),
        ("python jobs/digest.py; python jobs/digest.py | tee log", ["script jobs/digest.py"]),
        ("echo $(python jobs/digest.py)", ["script jobs/digest.py"]),
        ("if ! python jobs/digest.py; then exit 1; fi", ["script jobs/digest.py"]),
        ("for x in 1 2; do python jobs/digest.py; done", ["script jobs/digest.py loop"]),
        ("seq 9 | xargs -P 4 -I{} sh -c 'python jobs/digest.py {}'", ["script jobs/digest.py loop"]),
        ("python -c 'from jobs.digest import run; run()'", ["attribute jobs.digest:run (jobs/digest.py)"]),
        ("python -c 'import jobs.digest as d; d.run()'", ["attribute jobs.digest:run (jobs/digest.py)"]),
        ("python -c 'import jobs.digest'", ["module jobs.digest (jobs/digest.py)"]),
        ("python -c 'import json; json.dumps(1)'", []),
        ("python -c 'not python ('", []),
        ("python manage.py digest --all", ["management-command digest"]),
        ("django-admin digest", ["management-command digest"]),
        ("python -m django digest", ["management-command digest"]),
        ("flask --app jobs.digest load-data", ["management-command load-data"]),
        ("python -m pip install x", []),
        ("python missing.py", ["script missing.py (missing)"]),
        ("python 'a b.py", ["script a b.py (missing)"]),
        ("curl http://web:8000/tasks/run -d @secret", ["route /tasks/run"]),
        ("curl http://[::1/x", []),
        ("/usr/lib/other/jobs/digest.py", ["script usr/lib/other/jobs/digest.py (missing)"]),
        ("/opt/venv/bin/jobs --all", ["console-script jobs"]),
        ("", []),
    ],
)  # fmt: skip
def test_commands(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


def test_the_folder_it_runs_in_comes_first() -> None:
    assert shown("python digest.py", "jobs") == ["script jobs/digest.py"]


def test_other_files_are_followed_only_when_they_can_be_read() -> None:
    for command in ("bash run.sh --all", "make digest", "./run.sh"):
        assert shown(command) == []
        assert shown(command, read=FILES.get) == ["script jobs/digest.py"]


def test_unknown_commands_are_left_to_look_up_unless_the_console_scripts_are_known() -> None:
    assert shown("my-digest nightly && ls -l") == ["console-script my-digest nightly"]
    known = {
        "my-digest": Target(TargetKind.ATTRIBUTE, "pkg.mod", attribute="main", paths=("src/pkg/mod.py",))
    }
    assert shown("my-digest nightly; other", console_scripts=known) == [
        "attribute pkg.mod:main nightly (src/pkg/mod.py)"
    ]


def test_only_plain_words_are_taken_for_subcommands() -> None:
    (target,) = parse_command("python jobs/digest.py load all sk-123456 --token x", "", exists)
    assert target.subcommands == ("load", "all")


def test_a_path_that_leaves_the_root_is_not_followed() -> None:
    assert shown("python ../jobs/digest.py", "jobs") == ["script jobs/digest.py"]
    asked: list[str] = []
    parse_command(
        "python ../../etc/x.py; cd / && bash ../../../etc/y.sh", "jobs", lambda path: bool(asked.append(path))
    )
    assert asked
    assert not [path for path in asked if path.startswith(("/", "..")) or "/../" in path]

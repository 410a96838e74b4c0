"""The user's own word on who waits overrides what the code shows."""

import pytest
from engine_project import APP, JOB, NOWHERE

OFFLINE = "# batchlint: offline"


def test_without_a_word_the_route_waits(project):
    assert project.write({"app.py": APP.format(**NOWHERE)}).site()["verdict"] == "realtime"


@pytest.mark.parametrize(
    "place",
    [
        {"function": f"  {OFFLINE}"},
        {"decorator": OFFLINE},
        {"module": f"{OFFLINE}\n"},
        {"method": f"  {OFFLINE}"},
        {"cls": OFFLINE},
    ],
    ids=["def line", "above the decorator", "module", "method", "class"],
)
def test_offline_by_comment(project, place):
    site = project.write({"app.py": APP.format(**{**NOWHERE, **place})}).site()
    assert site["verdict"] == "eligible"
    assert site["witness"][0]["message"].startswith("`# batchlint: offline` says that nobody waits for ")


def test_realtime_by_comment(project):
    site = project.write({"job.py": JOB.format(mark="  # batchlint: realtime")}).site()
    assert site["verdict"] == "realtime"
    (obstacle,) = site["obstacles"]
    assert obstacle["code"] == "asserted"
    assert (obstacle["path"], obstacle["line"]) == ("job.py", 6)


def test_a_comment_in_a_body_or_a_string_says_nothing(project):
    code = JOB.format(mark='\n    "# batchlint: realtime"')
    assert project.write({"job.py": code}).site()["verdict"] == "eligible"


@pytest.mark.parametrize(
    ("pattern", "wait", "verdict"),
    [
        ("app.py", "offline", "eligible"),
        ("app.ask", "offline", "eligible"),
        ("app.*", "offline", "eligible"),
        ("other.*", "offline", "realtime"),
    ],
)
def test_contexts_of_the_configuration(project, pattern, wait, verdict):
    config = f'[tool.batchlint.contexts]\n"{pattern}" = "{wait}"\n'
    project.write({"app.py": APP.format(**NOWHERE), "pyproject.toml": config})
    site = project.site()
    assert site["verdict"] == verdict
    if verdict == "eligible":
        assert f'"{pattern}" in [tool.batchlint.contexts]' in site["witness"][0]["message"]


def test_a_glob_over_a_whole_file_keeps_its_loops(project):
    config = '[tool.batchlint.contexts]\n"job.py" = "offline"\n'
    site = project.write({"job.py": JOB.format(mark=""), "pyproject.toml": config}).site()
    assert (site["verdict"], site["shape"]) == ("eligible", "loop-via-function")


def test_the_nearest_comment_wins_over_the_configuration(project):
    config = '[tool.batchlint.contexts]\n"job.py" = "offline"\n'
    code = JOB.format(mark="  # batchlint: realtime")
    assert project.write({"job.py": code, "pyproject.toml": config}).site()["verdict"] == "realtime"


def test_wrappers_of_the_configuration(project):
    code = """\
from acme_llm import complete


def main():
    with open("out.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(complete("gpt-4o", line))


main()
"""
    config = '[[tool.batchlint.wrappers]]\ncall = "acme_llm.complete"\nmodel = "#0|model"\nprompt = "#1"\n'
    site = project.write({"job.py": code, "pyproject.toml": config}).site()
    assert (site["verdict"], site["model"], site["vendor"]) == ("eligible", "gpt-4o", None)
    assert site["savings"]["usd_per_1k_requests_low"] > 0
    project.write({"pyproject.toml": config + 'provider = "openai"\n'})
    assert project.site()["vendor"] == "openai"
    project.write({"pyproject.toml": config + "batch = false\n"})
    assert project.site()["verdict"] == "unsupported"
    project.write({"pyproject.toml": config + 'provider = "opanai"\n'})
    done = project.run("sites")
    assert done.returncode == 2
    assert "unknown provider 'opanai'" in done.stderr

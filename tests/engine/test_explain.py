"""`batchlint explain PATH:LINE` tells the whole story of one site."""

from engine_project import APP, JOB, NOWHERE

MIXED = (
    APP.format(**NOWHERE)
    + """

def nightly():
    with open("out.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(send(line)))


if __name__ == "__main__":
    nightly()
"""
)


def test_an_eligible_site(project):
    project.write({"job.py": JOB.format(mark="")})
    story = project.run("explain", "job.py:7").stdout
    for words in (
        "job.py:7: OpenAI chat.completions.create in job.label",
        "Verdict: eligible",
        "Confidence: high",
        "1. script job.py: nobody waits",
        "job.py:12  `for line` works through records",
        "Nothing that a request is built from comes out of an earlier iteration's response",
        "per 1,000 requests in a batch",
        "requests-per-month",
    ):
        assert words in story, story


def test_a_mixed_site_names_both_ways(project):
    story = project.write({"app.py": MIXED}).run("explain", "app.py:18").stdout
    assert "Verdict: mixed" in story
    assert "web route ask (fastapi): somebody waits" in story
    assert "script app.py: nobody waits" in story
    assert "What speaks against a batch" in story


def test_a_sequential_site_names_the_dependence(project):
    code = """\
from openai import OpenAI

client = OpenAI()
messages = []
for line in open("lines.txt"):
    messages.append({"role": "user", "content": line})
    reply = client.chat.completions.create(model="gpt-4o", messages=messages)
    messages.append(reply.choices[0].message)
open("out.txt", "w").write(str(messages))
"""
    story = project.write({"job.py": code}).run("explain", "job.py:7").stdout
    assert "Verdict: sequential" in story
    assert "A request is built from the response to an earlier one. See job.py:5." in story


def test_an_unclear_site_says_how_to_clear_it_up(project):
    code = JOB.format(mark="").partition("\n\ndef main")[0]
    story = project.write({"lib.py": code, "use.py": "import lib\n"}).run("explain", "lib.py:7").stdout
    assert "Verdict: unclear" in story
    assert "No root reaches the call" in story
    assert '"lib.label" = "offline" in [tool.batchlint.contexts]' in story


def test_a_line_without_a_site_is_one_line_of_error_that_names_the_nearest(project):
    project.write({"job.py": JOB.format(mark=""), "plain.py": "x = 1\n"})
    done = project.run("explain", "job.py:12")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: job.py:12: no LLM call here; "
        "the nearest is chat.completions.create at job.py:7 in job.label\n"
    )
    done = project.run("explain", "plain.py:1")
    assert done.returncode == 2
    assert "nor anywhere in this file" in done.stderr

"""What `sites` and `explain` say of the rewrite of a call."""

import json

PROGRAM = """from openai import OpenAI

client = OpenAI()


def ask(text):
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


def main(path):
    for line in open(path).read().splitlines():
        print(ask(line))


if __name__ == "__main__":
    main("docs.txt")
"""
LOOP = """    for line in open(path).read().splitlines():
        print(ask(line))
"""
CARRIED = """    seen = []
    for line in open(path).read().splitlines():
        print(ask(line + str(seen)))
        seen.append(1)
"""


def test_sites_say_what_a_fix_can_do(project, batchlint) -> None:
    done = batchlint("sites", "--output-format", "json", cwd=project({"job.py": PROGRAM}))
    assert [site["fix"] for site in json.loads(done.stdout)["sites"]] == ["safe"]


def test_explain_shows_the_rewrite_and_writes_nothing(project, batchlint) -> None:
    root = project({"job.py": PROGRAM})
    done = batchlint("explain", "job.py:7", cwd=root)
    assert "`batchlint --fix` rewrites this call." in done.stdout
    assert "+    reply = yield chat_request(client, model=" in done.stdout
    assert "The batch helpers are copied to llm_batch/." in done.stdout
    assert (root / "job.py").read_text("utf-8") == PROGRAM
    assert not (root / "llm_batch").exists()


def test_explain_says_why_nothing_is_rewritten(project, batchlint) -> None:
    carried = PROGRAM.replace(LOOP, CARRIED)
    done = batchlint("explain", "job.py:7", cwd=project({"job.py": carried}))
    assert "`batchlint --fix` leaves this call as it is:" in done.stdout
    assert "- loop-carried: 'seen', which a record changes, is read for the next (job.py:13)" in done.stdout

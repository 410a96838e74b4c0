"""What of a prompt is static, and what of it varies."""

import re

import pytest
from engine_project import program

LONG = "You are a careful clerk who labels tickets. " * 50
"""About 450 tokens."""


def static(basis: list[str]) -> int:
    """The upper bound of static tokens that a basis names, 0 where it names none."""
    for line in basis:
        if match := re.match(r"(?:[\d,]+\u2013)?([\d,]+) tokens of static prompt text", line):
            return int(match[1].replace(",", ""))
    return 0


def chat(messages: str, before: str = "") -> str:
    imports = f"from pathlib import Path\nfrom openai import OpenAI\n{before}"
    return program(
        imports, "OpenAI()", f'client.chat.completions.create(model="gpt-4o", messages={messages})'
    )


USER = '[{"role": "user", "content": %s}]'


@pytest.mark.parametrize(
    ("messages", "before"),
    [
        (USER % repr(LONG), ""),
        (USER % "PROMPT + row", f"PROMPT = {LONG!r}"),
        (USER % 'f"{PROMPT} {row}"', f"PROMPT = {LONG!r}"),
        (USER % "PROMPT.format(row=row)", f"PROMPT = {LONG + '{row}'!r}"),
        (USER % "PROMPT % row", f"PROMPT = {LONG + '%s'!r}"),
        (USER % "build(row)", f"def build(text):\n    return {LONG!r} + text"),
        (f'[{{"role": "system", "content": {LONG!r}}}, {{"role": "user", "content": row}}]', ""),
        (USER % f'[{{"type": "text", "text": {LONG!r}}}]', ""),
        (USER % "PROMPT + row", 'PROMPT = open("prompts/label.txt").read()'),
        (USER % "PROMPT + row", 'PROMPT = Path("prompts/label.txt").read_text()'),
        (USER % "PROMPT + row", 'PROMPT = (Path(__file__).parent / "prompts" / "label.txt").read_text()'),
        (USER % "PROMPT + row", 'with open("prompts/label.txt") as f:\n    PROMPT = f.read()'),
        (
            USER % "load() + row",
            'def load():\n    with open("prompts/label.txt") as f:\n        return f.read()',
        ),
    ],
    ids=[
        "constant", "sum", "f-string", "format", "percent", "function", "system", "parts",
        "open", "read_text", "beside the module", "with", "loader",
    ],
)  # fmt: skip
def test_static_text_is_counted_wherever_it_stands(project, messages, before):
    project.write({"job.py": chat(messages, before), "prompts/label.txt": LONG})
    assert 400 < static(project.savings()["basis"]) < 700


def test_a_prompt_file_of_another_module(project):
    project.write(
        {
            "prompts/label.txt": LONG,
            "texts.py": 'from pathlib import Path\nLABEL = Path("prompts/label.txt").read_text()\n',
            "job.py": chat(USER % "LABEL + row", "from texts import LABEL"),
        }
    )
    assert static(project.savings()["basis"]) > 400


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ('Environment(loader=FileSystemLoader("texts"))', "texts"),
        ('Environment(loader=FileSystemLoader(Path(__file__).parent / "texts"))', "texts"),
        ('Environment(loader=PackageLoader("app"))', "templates"),
    ],
)
def test_a_jinja_template_of_the_project(project, environment, folder):
    before = f"from jinja2 import Environment, FileSystemLoader, PackageLoader\nENV = {environment}\n"
    content = 'ENV.get_template("label.j2").render(article=row)'
    project.write(
        {"job.py": chat(USER % content, before), f"{folder}/label.j2": LONG + "{{ article }} {% if x %}"}
    )
    basis = project.savings()["basis"]
    assert static(basis) > 400


def test_files_outside_of_the_project_are_not_read(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text(LONG, encoding="utf-8")
    (project.root / "link.txt").symlink_to(outside)
    for path in (str(outside), f"../{outside.parent.name}/secret.txt", "link.txt"):
        project.write({"job.py": chat(USER % "PROMPT + row", f'PROMPT = open("{path}").read()')})
        assert static(project.savings()["basis"]) == 0


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("row['title']", "one field of a record"),
        ("json.dumps(row)", "a whole record or row"),
        ("row.article", "a document of two to ten pages"),
        ("row.abstract", "a paragraph or retrieved chunk"),
        ("len(row)", "a number or a date"),
        ("row.tolist()", "a table, a column or a list of records"),
        ("row", "a whole record or row"),
    ],
)
def test_varying_parts_are_assumed_by_their_names(project, part, words):
    basis = project.write({"job.py": chat(USER % f'f"Label this: {{{part}}}"', "import json")}).savings()[
        "basis"
    ]
    assert any(words in line for line in basis), basis


def test_a_key_that_is_computed_names_nothing(project):
    content = "f\"Label: {row['a' + prefix]['title']}\""
    basis = project.write({"job.py": chat(USER % content, "prefix = input")}).savings()["basis"]
    assert any(line.startswith("row.title: ") for line in basis), basis


def test_an_image_is_assumed_to_be_one(project):
    content = '[{"type": "text", "text": "Describe"}, {"type": "image_url", "image_url": {"url": row}}]'
    basis = project.write({"job.py": chat(USER % content)}).savings()["basis"]
    assert any(line.startswith("image: ") for line in basis)


def test_prompts_are_never_shown(project):
    secret = "the walrus paints at midnight"
    project.write({"job.py": chat(USER % "PROMPT + row", f"PROMPT = {secret!r}")})
    shown = (
        project.run("explain", "job.py:12").stdout + project.run("sites", "--output-format", "json").stdout
    )
    assert "OpenAI" in shown
    assert secret not in shown


def test_the_argument_on_this_way_counts_and_not_that_of_another_caller(project):
    code = f"""\
from openai import OpenAI
from fastapi import FastAPI

client = OpenAI()
app = FastAPI()


def ask(system, text):
    return client.chat.completions.create(
        model="gpt-4o",
        messages=[{{"role": "system", "content": system}}, {{"role": "user", "content": text}}],
    )


@app.post("/ask")
def route(question: str):
    return ask({LONG!r} * 1 + {LONG!r}, question)


def main():
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(ask("Be short.", line)))


if __name__ == "__main__":
    main()
"""
    site = project.write({"job.py": code}).site()
    assert site["verdict"] == "mixed"
    assert 0 < static(site["savings"]["basis"]) < 20


def test_values_that_hold_one_another_end(project):
    before = 'def a(x):\n    return b(x) + "."\n\ndef b(x):\n    return a(x) + "!"\n'
    savings = project.write({"job.py": chat(USER % "a(row)", before)}).savings()
    assert savings["usd_per_1k_requests_low"] > 0


def test_the_output_limit_of_a_wrapper_library(project):
    imports = "from langchain_openai import ChatOpenAI"
    code = program(imports, 'ChatOpenAI(model="gpt-4o", max_tokens=77)', "client.invoke(row)")
    assert any("token limit of 77" in line for line in project.write({"job.py": code}).savings()["basis"])


def test_the_fields_of_a_structured_response(project):
    before = "from pydantic import BaseModel\nclass Answer(BaseModel):\n    label: str\n    reason: str\n"
    call = (
        'client.beta.chat.completions.parse(model="gpt-4o", '
        'messages=[{"role": "user", "content": row}], response_format=Answer)'
    )
    code = program(f"from openai import OpenAI\n{before}", "OpenAI()", call)
    assert any(
        "2 fields of a structured response" in line
        for line in project.write({"job.py": code}).savings()["basis"]
    )


def test_a_joined_list_is_several_of_its_elements_once(project):
    content = '"Label: " + ", ".join(f"{item[\'title\']}" for item in row)'
    basis = project.write({"job.py": chat(USER % content)}).savings()["basis"]
    assert any(line.startswith("item.title: 10\u20131,500 tokens") for line in basis), basis


def test_a_joined_list_of_something_unknown_is_no_list_of_documents(project):
    content = '"Label: " + ", ".join(text for text in row)'
    basis = project.write({"job.py": chat(USER % content)}).savings()["basis"]
    assert any("10\u20131,500 tokens" in line for line in basis), basis

"""Model, output limit and prompt of a call as the arguments on its very way make them."""

import pytest
from engine_project import Project, program

TWO_CALLERS = """\
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


def ask(text, model="gpt-4o-mini", limit=50):
    return client.chat.completions.create(
        model=model, max_tokens=limit, messages=[{"role": "user", "content": text}]
    )


@app.post("/ask")
def route(question: str):
    return ask(question, limit=900)


def main():
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(ask(line, model="gpt-4o", limit=70)))


if __name__ == "__main__":
    main()
"""

INSTANCES = """\
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


class Labeller:
    def __init__(self, model, limit=800):
        self.model = model
        self.limit = limit

    def ask(self, text):
        return self.send(text)

    def send(self, text):
        return client.chat.completions.create(
            model=self.model, max_tokens=self.limit, messages=[{"role": "user", "content": text}]
        )


@app.post("/ask")
def route(question: str):
    return Labeller("gpt-4o").ask(question)


def main():
    labeller = Labeller("gpt-4o-mini", 60)
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(labeller.ask(line)))


if __name__ == "__main__":
    main()
"""


def test_the_model_and_the_limit_that_this_way_passes(project: Project) -> None:
    savings = project.write({"job.py": TWO_CALLERS}).savings()
    assert savings["model"] == "gpt-4o"
    assert any("token limit of 70" in line for line in savings["basis"])


def test_a_default_that_this_way_leaves(project: Project) -> None:
    code = TWO_CALLERS.replace(', model="gpt-4o", limit=70', "").replace(
        "limit=900", 'model="gpt-4o", limit=900'
    )
    savings = project.write({"job.py": code}).savings()
    assert savings["model"] == "gpt-4o-mini"
    assert any("token limit of 50" in line for line in savings["basis"])


def test_an_instance_is_configured_as_this_way_configures_it(project: Project) -> None:
    savings = project.write({"job.py": INSTANCES}).savings()
    assert savings["model"] == "gpt-4o-mini"
    assert any("token limit of 60" in line for line in savings["basis"])


def test_an_instance_of_another_module(project: Project) -> None:
    head, tail = INSTANCES.split('@app.post("/ask")')
    project.write(
        {
            "labels.py": head,
            "job.py": f"from labels import Labeller, app\n\n\n@app.post('/ask'){tail}",
        }
    )
    assert project.savings()["model"] == "gpt-4o-mini"


def test_a_client_that_a_factory_configures(project: Project) -> None:
    code = """\
from fastapi import FastAPI
from langchain_openai import ChatOpenAI

app = FastAPI()


def make(name):
    return ChatOpenAI(model=name, max_tokens=40)


def ask(text, name):
    return make(name).invoke(text)


@app.post("/ask")
def route(question: str):
    return ask(question, "gpt-4o")


def main():
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(ask(line, "gpt-4o-mini")))


if __name__ == "__main__":
    main()
"""
    savings = project.write({"job.py": code}).savings()
    assert savings["model"] == "gpt-4o-mini"
    assert any("token limit of 40" in line for line in savings["basis"])


BODIES = {
    "claude": '{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 77, "system": RULES, '
    '"messages": [{"role": "user", "content": [{"type": "text", "text": row}]}]}',
    "titan": '{"inputText": RULES + row, "textGenerationConfig": {"maxTokenCount": 77}}',
    "llama": '{"prompt": RULES + row, "max_gen_len": 77}',
    "nova": '{"system": [{"text": RULES}], "messages": [{"role": "user", "content": [{"text": row}]}], '
    '"inferenceConfig": {"max_new_tokens": 77}}',
}
RULES = "You label support tickets with care and say nothing else. " * 30


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("how", ["inline", "variable", "keywords"])
def test_a_serialised_body(project: Project, body: str, how: str) -> None:
    code = f"""\
import json

import boto3

client = boto3.client("bedrock-runtime")
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
RULES = {RULES!r}


def ask(row):
    body = {BODIES[body]}
    payload = json.dumps(body)
    request = dict(modelId=MODEL, body=payload)
    return client.invoke_model(CALL)


def main():
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(ask(line)))


if __name__ == "__main__":
    main()
"""
    call = {"inline": "modelId=MODEL, body=json.dumps(body)", "variable": "modelId=MODEL, body=payload"}
    code = code.replace("CALL", call.get(how, "**request"))
    savings = project.write({"job.py": code}).savings()
    assert "claude-3-haiku" in savings["model"]
    assert any("token limit of 77" in line for line in savings["basis"]), savings["basis"]
    assert any("static prompt text" in line for line in savings["basis"]), savings["basis"]
    assert not any("dumps" in line or "body" in line for line in savings["basis"]), savings["basis"]


def test_a_posted_body(project: Project) -> None:
    call = (
        'requests.post("https://api.openai.com/v1/chat/completions", data=json.dumps({"model": "gpt-4o", '
        f'"max_tokens": 77, "messages": [{{"role": "user", "content": {RULES!r} + row}}]}}))'
    )
    savings = project.write({"job.py": program("import json, requests", "None", call)}).savings()
    assert savings["model"] == "gpt-4o"
    assert any("token limit of 77" in line for line in savings["basis"])
    assert any("static prompt text" in line for line in savings["basis"])


TEMPLATES = {
    "messages": 'ChatPromptTemplate.from_messages([("system", RULES), ("human", "Label this: {title}")])',
    "message objects": "ChatPromptTemplate.from_messages([SystemMessage(content=RULES), "
    'HumanMessagePromptTemplate.from_template("Label this: {title}")])',
    "template": 'ChatPromptTemplate.from_template(RULES + "Label this: {title}")',
    "prompt": 'PromptTemplate(input_variables=["title"], template=RULES + "Label this: {title}")',
    "prompt from": 'PromptTemplate.from_template(RULES + "Label this: {title}")',
}
LANGCHAIN = (
    "from langchain_core.messages import SystemMessage\n"
    "from langchain_core.prompts import ChatPromptTemplate, HumanMessagePromptTemplate, PromptTemplate\n"
    "from langchain_core.output_parsers import StrOutputParser\n"
    "from langchain_openai import ChatOpenAI\n"
    f"RULES = {RULES!r}\n"
)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    ("made", "call"),
    [
        ("PROMPT | ChatOpenAI(model='gpt-4o') | StrOutputParser()", "client.invoke({'title': row})"),
        ("LLMChain(llm=ChatOpenAI(model='gpt-4o'), prompt=PROMPT)", "client.invoke({'title': row})"),
        ("ChatOpenAI(model='gpt-4o')", "client.invoke(PROMPT.format(title=row))"),
        ("ChatOpenAI(model='gpt-4o')", "client.invoke(PROMPT.format_messages(title=row))"),
        ("ChatOpenAI(model='gpt-4o')", "client.invoke(PROMPT.invoke({'title': row}))"),
    ],
    ids=["pipe", "LLMChain", "format", "format_messages", "invoke"],
)
def test_prompt_templates(project: Project, template: str, made: str, call: str) -> None:
    imports = f"{LANGCHAIN}from langchain.chains import LLMChain\nPROMPT = {TEMPLATES[template]}\n"
    savings = project.write({"job.py": program(imports, made, call)}).savings()
    assert savings["model"] == "gpt-4o"
    static = [line for line in savings["basis"] if "static prompt text" in line]
    assert static, savings["basis"]
    assumed = [line.partition(":")[0] for line in savings["basis"] if ", assumed (" in line]
    assert assumed == ["row", "output"]


def test_a_chain_that_is_piped_with_a_structured_response(project: Project) -> None:
    imports = (
        f"{LANGCHAIN}from pydantic import BaseModel\nPROMPT = {TEMPLATES['messages']}\n"
        "class Label(BaseModel):\n    name: str\n    reason: str\n"
    )
    made = "PROMPT | ChatOpenAI(model='gpt-4o').with_structured_output(Label)"
    savings = project.write({"job.py": program(imports, made, "client.invoke({'title': row})")}).savings()
    assert any("2 fields of a structured response" in line for line in savings["basis"]), savings["basis"]


def test_the_deployment_of_one_function_by_configuration(project: Project) -> None:
    code = """\
import os

from openai import AzureOpenAI

client = AzureOpenAI(azure_endpoint="https://x.openai.azure.com")


def label(text):
    return client.chat.completions.create(
        model=os.environ["DEPLOYMENT"], messages=[{"role": "user", "content": text}]
    )


def main():
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(label(line)))


if __name__ == "__main__":
    main()
"""
    basis = project.write({"job.py": code}).savings()["basis"]
    assert any('[tool.batchlint.deployments]: "DEPLOYMENT" = ' in line for line in basis), basis
    for key in ("DEPLOYMENT", "job.label", "job.*", "job*.py"):
        project.write({"pyproject.toml": f'[tool.batchlint.deployments]\n"{key}" = "gpt-4o-mini"\n'})
        assert project.savings()["model"] == "gpt-4o-mini"


def test_a_model_from_nowhere_is_named_by_the_function(project: Project) -> None:
    code = program(
        "from openai import OpenAI",
        "OpenAI()",
        'client.chat.completions.create(model=open("model.txt").read(), '
        'messages=[{"role": "user", "content": row}])',
    )
    basis = project.write({"job.py": code}).savings()["basis"]
    assert any('[tool.batchlint.deployments]: "job.main" = ' in line for line in basis), basis


def test_of_several_texts_only_models_count(project: Project) -> None:
    code = """\
import sys
from openai import OpenAI

client = OpenAI()
SETTINGS = {"port": "web", "model": "gpt-4o"}


def main():
    key = sys.argv[1]
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(client.chat.completions.create(
                model=SETTINGS[key], messages=[{"role": "user", "content": line}]
            )))


if __name__ == "__main__":
    main()
"""
    savings = project.write({"job.py": code}).savings()
    assert savings["model"] == "gpt-4o"
    savings = project.write({"job.py": code.replace('"gpt-4o"', '"our-own"')}).savings()
    assert savings["basis"][0].startswith("the model is not known from the code")


def test_an_attribute_that_a_base_class_sets(project: Project) -> None:
    code = """\
import os
from langchain_openai import ChatOpenAI


class Base:
    def __init__(self, name=None):
        name = name or os.getenv("MODEL", "gpt-4o-mini")
        self.llm = ChatOpenAI(model=name, max_tokens=30)


class Labeller(Base):
    def run(self, text):
        return self.llm.invoke(text)


def main():
    labeller = Labeller()
    with open("answers.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(labeller.run(line)))


if __name__ == "__main__":
    main()
"""
    savings = project.write({"job.py": code}).savings()
    assert savings["model"] == "gpt-4o-mini"
    assert any("token limit of 30" in line for line in savings["basis"])


def test_an_entry_is_found_by_its_key_and_not_by_a_variable_of_that_name(project: Project) -> None:
    body = '{model: "gpt-4", "model": "gpt-4o", "messages": [{"role": "user", "content": row}]}'
    call = f'requests.post("https://api.openai.com/v1/chat/completions", data=json.dumps({body}))'
    code = program("import json, requests\nmodel = 'x'", "None", call)
    assert project.write({"job.py": code}).savings()["model"] == "gpt-4o"

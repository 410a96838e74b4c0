"""What a call site could save, from code to figures, through the command line."""

import pytest
from engine_project import LABEL, openai, program


def test_the_published_example(project):
    """500,000 documents a month, 2,000 tokens in and 500 out, with Claude Sonnet 4.5."""
    project.write(
        {
            "job.py": LABEL.format(model="claude-sonnet-4-5"),
            "pyproject.toml": "[tool.batchlint.volumes]\n"
            '"job.label" = { requests-per-month = 500_000, input-tokens = 2_000, output-tokens = 500 }\n',
        }
    )
    savings = project.savings()
    assert savings["realtime_usd_per_month"] == {"low": 6750, "high": 6750}
    assert savings["batch_usd_per_month"] == {"low": 3375, "high": 3375}
    assert savings["usd_per_month_low"] == savings["usd_per_month_high"] == 3375
    assert "saves:  $3,375 per month" in project.run("check").stdout
    assert "$3,375 a month in a batch, $40,500 a year" in project.run("explain", "job.py:9").stdout


def test_a_volume_may_name_the_job_instead_of_the_helper(project):
    project.write(
        {
            "job.py": LABEL.format(model="claude-sonnet-4-5"),
            "pyproject.toml": '[tool.batchlint.volumes]\n"job.main" = { requests-per-month = 10 }\n',
        }
    )
    assert project.savings()["requests_per_month"] == {"low": 10, "high": 10}


def test_an_unknown_model_leaves_the_discount(project):
    savings = project.write({"job.py": openai("our-secret-model")}).savings()
    assert savings["usd_per_1k_requests_low"] is None
    assert savings["discount"] == 0.5
    assert any("no price for `our-secret-model`" in line for line in savings["basis"])


def test_a_model_that_the_code_does_not_show_leaves_the_discount(project):
    code = openai().replace('model="gpt-4o-mini"', "model=open('model.txt').read()")
    savings = project.write({"job.py": code}).savings()
    assert savings["usd_per_1k_requests_low"] is None
    assert savings["basis"][0].startswith("the model is not known from the code; name it in ")


def test_an_unknown_volume_gives_figures_per_thousand_only(project):
    savings = project.write({"job.py": openai()}).savings()
    assert 0 < savings["usd_per_1k_requests_low"] < savings["usd_per_1k_requests_high"]
    assert savings["usd_per_month_low"] is None
    assert any("[tool.batchlint.volumes]" in line for line in savings["basis"])


def test_negotiated_prices(project):
    project.write(
        {
            "job.py": openai("gpt-4o-mini"),
            "pyproject.toml": "[tool.batchlint.prices]\n"
            '"gpt-4o-mini" = { input = 100.0, output = 0.0, batch-discount = 0.2 }\n'
            "[tool.batchlint.volumes]\n"
            '"job.*" = { requests-per-month = 1000, input-tokens = 1000, output-tokens = 1 }\n',
        }
    )
    savings = project.savings()
    assert savings["realtime_usd_per_month"] == {"low": 100, "high": 100}
    assert savings["usd_per_month_low"] == pytest.approx(20)


def test_prices_from_a_file(project):
    project.write({"job.py": openai(), "rates.toml": '["gpt-4o-mini"]\ninput = 7.0\noutput = 8.0\n'})
    basis = project.savings("--prices", "rates.toml")["basis"]
    assert any("$7 in, $8 out" in line for line in basis)


def test_a_price_file_that_cannot_be_used_is_an_error_even_without_call_sites(project):
    project.write({"a.py": "print(1)\n", "rates.toml": "["})
    done = project.run("sites", "--prices", "rates.toml")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "rates.toml" in done.stderr
    assert done.stderr.count("\n") == 1


def test_moderation_is_free(project):
    call = 'client.moderations.create(model="omni-moderation-latest", input=row)'
    savings = project.write({"job.py": program("from openai import OpenAI", "OpenAI()", call)}).savings()
    assert savings["usd_per_1k_requests_high"] == 0
    assert "free of charge" in savings["basis"][0]


def test_a_generated_image_is_billed_by_the_rate_for_images(project):
    call = 'client.images.generate(model="gpt-image-1.5", prompt=row)'
    savings = project.write({"job.py": program("from openai import OpenAI", "OpenAI()", call)}).savings()
    assert "$32 out" in savings["basis"][0]
    assert savings["discount"] == 0.5
    assert any("one generated image" in line for line in savings["basis"])
    assert savings["realtime_usd_per_1k"]["low"] > 272 * 32 / 1000


def test_a_model_that_is_sold_by_the_image_has_no_figure(project):
    call = 'client.images.generate(model="dall-e-3", prompt=row)'
    savings = project.write({"job.py": program("from openai import OpenAI", "OpenAI()", call)}).savings()
    assert savings["usd_per_1k_requests_low"] is None
    assert savings["discount"] == 0.5


def test_a_provider_without_batches_saves_nothing_and_says_why(project):
    client = 'OpenAI(base_url="https://api.deepseek.com")'
    site = project.write({"job.py": openai("deepseek-chat", client)}).site()
    assert site["verdict"] == "unsupported"
    assert site["savings"] is None
    assert any("DeepSeek" in obstacle["message"] for obstacle in site["obstacles"])


def test_a_discount_of_twenty_per_cent(project):
    client = 'OpenAI(base_url="https://api.x.ai/v1")'
    savings = project.write({"job.py": openai("grok-4.3", client)}).savings()
    assert savings["vendor"] == "xai"
    assert savings["discount"] == pytest.approx(0.2)
    per_1k, batch = savings["realtime_usd_per_1k"], savings["batch_usd_per_1k"]
    assert batch["high"] == pytest.approx(per_1k["high"] * 0.8)


def test_a_model_that_the_batch_api_does_not_take(project):
    client = 'OpenAI(base_url="https://api.x.ai/v1")'
    site = project.write({"job.py": openai("grok-3", client)}).site()
    assert site["savings"] is None
    assert any("does not take grok-3" in obstacle["message"] for obstacle in site["obstacles"])


def test_bedrock(project):
    call = (
        'client.converse(modelId="anthropic.claude-3-5-sonnet-20240620-v1:0", '
        'messages=[{"role": "user", "content": [{"text": row}]}], inferenceConfig={"maxTokens": 300})'
    )
    code = program("import boto3", 'boto3.client("bedrock-runtime")', call)
    savings = project.write({"job.py": code}).savings()
    assert savings["vendor"] == "bedrock"
    assert savings["discount"] == 0.5
    assert any("token limit of 300" in line for line in savings["basis"])
    assert savings["usd_per_1k_requests_low"] > 0


def test_vertex(project):
    call = (
        'client.models.generate_content(model="gemini-2.5-flash", contents=row, '
        "config=types.GenerateContentConfig(max_output_tokens=200))"
    )
    imports = "from google import genai\nfrom google.genai import types"
    code = program(imports, 'genai.Client(vertexai=True, project="p", location="l")', call)
    savings = project.write({"job.py": code}).savings()
    assert savings["vendor"] == "vertex"
    assert savings["discount"] == 0.5
    assert any("token limit of 200" in line for line in savings["basis"])


def test_azure_deployments_by_configuration(project):
    code = openai("prod-chat", 'AzureOpenAI(azure_endpoint="https://x.openai.azure.com")')
    project.write(
        {
            "job.py": code.replace("import OpenAI", "import AzureOpenAI"),
            "pyproject.toml": '[tool.batchlint.deployments]\n"prod-chat" = "gpt-4o-mini"\n',
        }
    )
    savings = project.savings()
    assert (savings["vendor"], savings["model"]) == ("azure", "gpt-4o-mini")
    assert savings["usd_per_1k_requests_low"] > 0


def test_one_of_two_models_gives_the_bounds_of_both(project):
    code = openai().replace(
        "client = OpenAI()", 'import sys\nclient = OpenAI()\nM = "gpt-4o-mini" if sys.argv else "gpt-4o"'
    )
    both = project.write({"job.py": code.replace('model="gpt-4o-mini"', "model=M")}).savings()
    small = project.write({"job.py": openai("gpt-4o-mini")}).savings()
    large = project.write({"job.py": openai("gpt-4o")}).savings()
    assert both["usd_per_1k_requests_low"] == small["usd_per_1k_requests_low"]
    assert both["usd_per_1k_requests_high"] == large["usd_per_1k_requests_high"]
    assert "one of 2 models" in both["basis"][0]
    assert both["model"] is None


def test_nothing_is_priced_for_a_call_that_somebody_waits_for(project):
    code = """\
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


@app.post("/ask")
def ask(question: str):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
"""
    site = project.write({"app.py": code}).site()
    assert (site["verdict"], site["savings"]) == ("realtime", None)


def test_a_sequential_site_is_priced_at_the_flex_rate(project):
    code = """\
from openai import OpenAI

client = OpenAI()


def main():
    summary = ""
    for chapter in open("chapters.txt"):
        response = client.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": f"So far: {summary} Next: {chapter}"}]
        )
        summary = response.choices[0].message.content
    open("summary.txt", "w").write(summary)


if __name__ == "__main__":
    main()
"""
    site = project.write({"job.py": code}).site()
    assert site["verdict"] == "sequential"
    assert site["savings"]["route"] == "flex"
    assert site["savings"]["flex_usd_per_1k"]["high"] > 0
    assert "BL201" in project.run("check", "--select", "ALL", "--output-format", "concise").stdout


def test_the_page_for_a_team_lead_is_written(project):
    project.write({"job.py": LABEL.format(model="claude-sonnet-4-5")})
    done = project.run("sites", "--output-format", "html")
    assert done.returncode == 0
    assert "claude-sonnet-4-5" in done.stdout

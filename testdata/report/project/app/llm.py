import anthropic
from openai import OpenAI

openai_client = OpenAI()
anthropic_client = anthropic.Anthropic()


def summarize(document):
    return openai_client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": f"Summarize {document}"}])


def is_spam(text):
    return anthropic_client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=10,
        messages=[{"role": "user", "content": f"Is this spam? {text}"}],
    )

"""The clients, and the one way in which this shop asks a model."""

import os

import anthropic
from openai import OpenAI

openai_client = OpenAI()
claude = anthropic.Anthropic()

WRITER = os.environ.get("WRITER_MODEL", "claude-sonnet-4-5")


def complete(prompt: str, model: str = "gpt-5-mini", max_tokens: int = 400) -> str:
    """Ask OpenAI for a short text."""
    response = openai_client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": prompt}],
        max_completion_tokens=max_tokens,
    )
    return response.choices[0].message.content or ""

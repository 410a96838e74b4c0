"""Translates the blurbs into German with Claude on Bedrock."""

import json

import boto3

from harbor.store import execute, rows

bedrock = boto3.client("bedrock-runtime", region_name="eu-central-1")
MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"


def translate(text: str) -> str:
    """A text in German."""
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 600,
        "messages": [{"role": "user", "content": f"Translate into German:\n\n{text}"}],
    }
    response = bedrock.invoke_model(modelId=MODEL, body=json.dumps(body))
    return json.loads(response["body"].read())["content"][0]["text"]


if __name__ == "__main__":
    for book in rows("SELECT isbn, blurb FROM books WHERE blurb_de IS NULL"):
        execute("UPDATE books SET blurb_de = ? WHERE isbn = ?", translate(book["blurb"]), book["isbn"])

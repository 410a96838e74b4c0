"""Decides what to order, one look at the shelf at a time."""

import json

from celery import shared_task

from harbor.llm import openai_client
from harbor.store import rows

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "stock",
            "description": "How many copies of a book are left.",
            "parameters": {"type": "object", "properties": {"isbn": {"type": "string"}}},
        },
    }
]


def stock(isbn: str) -> int:
    """How many copies are left."""
    return next(row["copies"] for row in rows("SELECT copies FROM books WHERE isbn = ?", isbn))


@shared_task
def restock() -> None:
    """Let the model look until it has decided."""
    messages: list = [{"role": "user", "content": "Which of this week's bestsellers should we order?"}]
    while True:
        response = openai_client.chat.completions.create(model="gpt-5-mini", messages=messages, tools=TOOLS)
        reply = response.choices[0].message
        messages.append(reply)
        if not reply.tool_calls:
            break
        for call in reply.tool_calls:
            copies = stock(json.loads(call.function.arguments)["isbn"])
            messages.append({"role": "tool", "tool_call_id": call.id, "content": str(copies)})
    with open("orders.txt", "w") as orders:
        orders.write(reply.content or "")

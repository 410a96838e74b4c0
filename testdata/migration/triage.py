"""Labels the support tickets of the day; cron runs it at night."""

import json

import openai
from openai import OpenAI

client = OpenAI()


def label(text: str) -> str:
    """One word for a ticket."""
    for attempt in range(3):
        try:
            response = client.chat.completions.create(
                model="gpt-5-mini",
                messages=[{"role": "user", "content": f"Label this ticket with one word: {text}"}],
            )
            return response.choices[0].message.content
        except openai.RateLimitError:
            continue
    return "unknown"


def main() -> None:
    with open("tickets.jsonl") as file:
        tickets = [json.loads(line) for line in file]
    for ticket in tickets:
        ticket["label"] = label(ticket["text"])
    with open("labelled.jsonl", "w") as file:
        file.writelines(json.dumps(ticket) + "\n" for ticket in tickets)


if __name__ == "__main__":
    main()

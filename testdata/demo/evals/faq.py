"""Asks the assistant the questions of the FAQ and lets a second model judge the answers."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harbor.chat import SYSTEM
from harbor.llm import claude, openai_client

CASES = Path(__file__).with_name("faq.jsonl")


def answer_to(question: str) -> str:
    """What the assistant says."""
    response = openai_client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
    )
    return response.choices[0].message.content or ""


def score(case: dict[str, str]) -> int:
    """What the judge gives to one answer, from 1 to 5."""
    answer = answer_to(case["question"])
    verdict = claude.messages.create(
        model="claude-opus-4-5",
        max_tokens=5,
        messages=[
            {
                "role": "user",
                "content": (
                    "Give the answer 1 to 5 points and say nothing else.\n\n"
                    f"Question: {case['question']}\nExpected: {case['expected']}\nAnswer: {answer}"
                ),
            }
        ],
    )
    return int(verdict.content[0].text)


def main() -> None:
    """Print the average score."""
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    with ThreadPoolExecutor(max_workers=16) as executor:
        scores = list(executor.map(score, cases))
    print(f"{len(scores)} cases, {sum(scores) / len(scores):.2f} points on average")


if __name__ == "__main__":
    main()

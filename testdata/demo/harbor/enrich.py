"""Tags the catalogue: `python -m harbor.enrich books.csv`."""

import sys

import pandas as pd

from harbor.llm import openai_client

PROMPT = "List five topics of this book, separated by commas."


def topics(row: pd.Series) -> str:
    """The topics of one book."""
    response = openai_client.responses.create(
        model="gpt-5-nano",
        instructions=PROMPT,
        input=f"{row['title']}: {row['description']}",
    )
    return response.output_text


def main(path: str) -> None:
    """Read the catalogue, tag it, write it back."""
    books = pd.read_csv(path)
    books["topics"] = books.apply(topics, axis=1)
    books.to_csv(path, index=False)


if __name__ == "__main__":
    main(sys.argv[1])

"""Blurbs for the catalogue."""

from harbor.llm import WRITER, claude
from harbor.store import execute, rows


def write_blurb(title: str, description: str) -> str:
    """A blurb of three sentences."""
    message = claude.messages.create(
        model=WRITER,
        max_tokens=300,
        system="You write blurbs of three sentences for the catalogue of a bookshop.",
        messages=[{"role": "user", "content": f"{title}\n\n{description}"}],
    )
    return message.content[0].text


def backfill() -> None:
    """Write the blurbs that are missing."""
    for book in rows("SELECT isbn, title, description FROM books WHERE blurb IS NULL"):
        blurb = write_blurb(book["title"], book["description"])
        execute("UPDATE books SET blurb = ? WHERE isbn = ?", blurb, book["isbn"])


if __name__ == "__main__":
    backfill()

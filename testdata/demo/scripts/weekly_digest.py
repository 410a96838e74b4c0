"""Mails each subscriber a digest of the week's new books. The workflow weekly-digest starts it."""

import os
import smtplib
from email.message import EmailMessage

from harbor.llm import openai_client
from harbor.store import rows


def digest(interests: str, titles: list[str]) -> str:
    """The text for one subscriber."""
    response = openai_client.responses.create(
        model="gpt-5-mini",
        instructions="You write to readers of a bookshop's newsletter.",
        input=f"A reader likes {interests}. Recommend three of these books:\n" + "\n".join(titles),
    )
    return response.output_text


def main() -> None:
    """One mail for each subscriber."""
    titles = [row["title"] for row in rows("SELECT title FROM books WHERE added > date('now', '-7 days')")]
    with smtplib.SMTP(os.environ["SMTP_HOST"]) as server:
        for subscriber in rows("SELECT mail, interests FROM subscribers"):
            mail = EmailMessage()
            mail["To"] = subscriber["mail"]
            mail["Subject"] = "New at the harbour"
            mail.set_content(digest(subscriber["interests"], titles))
            server.send_message(mail)


if __name__ == "__main__":
    main()

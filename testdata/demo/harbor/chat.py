"""The shop assistant on the web page."""

from fastapi import FastAPI
from pydantic import BaseModel

from harbor.blurbs import write_blurb
from harbor.llm import openai_client

SYSTEM = "You are the assistant of a bookshop. Be brief and kind."

app = FastAPI()


class Question(BaseModel):
    """What a customer asks."""

    text: str


@app.post("/chat")
def chat(question: Question) -> dict[str, str | None]:
    """Answer a customer, who is looking at the page."""
    response = openai_client.chat.completions.create(
        model="gpt-5-mini",
        messages=[
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": question.text},
        ],
    )
    return {"answer": response.choices[0].message.content}


@app.post("/books/{isbn}/blurb")
def preview_blurb(isbn: str, title: str, description: str) -> dict[str, str]:
    """Show an editor what a blurb would look like."""
    return {"isbn": isbn, "blurb": write_blurb(title, description)}

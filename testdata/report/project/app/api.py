from fastapi import FastAPI

from app.llm import is_spam

api = FastAPI()


@api.post("/comments")
def post_comment(text: str):
    return is_spam(text)

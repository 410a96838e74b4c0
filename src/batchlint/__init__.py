"""batchlint: find real-time LLM calls that nobody waits for, and move them to the batch API."""

__version__ = "0.1.0"

"""A loopback stand-in for the batch providers, for the official SDKs to talk to.

It plays the real-time and the batch endpoints of each provider over real HTTP, as the providers' documents
and SDK sources describe them. What it answers depends on the request alone (see ``replies``), so a
real-time answer and a batch answer to the same request can be compared. Everything that was paid for is
counted.
"""

from . import (  # noqa: F401  (they register routes)
    anthropic_api,
    bedrock_api,
    gemini_api,
    mistral_api,
    openai_api,
    vertex_api,
)
from .replies import Answer
from .server import FakeProvider, Fault

__all__ = ["Answer", "FakeProvider", "Fault"]

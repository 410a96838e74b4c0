"""Sends many real-time LLM requests at once, with threads, `asyncio.gather` or a library's own "batch"
method, and nobody waits for them.

## Why it costs

Concurrency makes a run shorter, not cheaper: every one of these requests is billed at the real-time
price. That holds for LangChain's `.batch()` and `litellm.batch_completion` too, whose names say batch
and whose requests are ordinary ones, sent by a thread pool. The provider's batch API takes the same
requests for about half of the price, and needs neither semaphore nor back-off.

## Example

```py enrich.py
import json
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def enrich(product):
    response = client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": f"Describe this product: {product['title']}"}],
    )
    return {**product, "description": response.choices[0].message.content}


def main():
    products = [json.loads(line) for line in open("products.jsonl")]
    with ThreadPoolExecutor(max_workers=16) as pool, open("enriched.jsonl", "w") as target:
        for product in pool.map(enrich, products):
            target.write(json.dumps(product))


if __name__ == "__main__":
    main()
```

## Use instead

```py enrich.py
import json

from openai import OpenAI
from llm_batch import chat_request, run_batch

client = OpenAI()


def enrich_steps(product):
    response = yield chat_request(
        client,
        model="gpt-5-mini",
        messages=[{"role": "user", "content": f"Describe this product: {product['title']}"}],
    )
    return {**product, "description": response.choices[0].message.content}


def main():
    products = [json.loads(line) for line in open("products.jsonl")]
    with open("enriched.jsonl", "w") as target:
        for product in run_batch([enrich_steps(product) for product in products]):
            target.write(json.dumps(product))


if __name__ == "__main__":
    main()
```

## When it stays silent

Somebody waits for all of them:

```py api.py
import asyncio

from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = AsyncOpenAI()


async def ask(prompt):
    return await client.chat.completions.create(
        model="gpt-5-mini", messages=[{"role": "user", "content": prompt}]
    )


@app.post("/compare")
async def compare(prompts: list[str]):
    return await asyncio.gather(*[ask(prompt) for prompt in prompts])
```

A more specific rule reports the site: in an evaluation that is realtime-call-in-eval, in a scheduled
job realtime-call-in-scheduled-job.

## Fix safety

Safe and unsafe as for realtime-call-in-record-loop; the executor or the gather goes away.
"""

from batchlint.finding import Severity, Site
from batchlint.rules.base import Rule
from batchlint.rules.wording import CONCURRENT_SHAPES, batch_remedy, is_eligible, origin, provider


def applies(site: Site) -> bool:
    """Whether the requests are sent side by side."""
    return is_eligible(site) and (site.shape in CONCURRENT_SHAPES or site.fan_out)


def message(site: Site) -> str:
    """What the finding says of a site."""
    start = f"concurrent real-time {provider(site)} calls pay full price and nobody waits for them"
    return f"{start}: {origin(site)}"


RULE = Rule("BL105", __name__, Severity.WARNING, applies, message, batch_remedy)

"""What batchlint knows about the world outside the linted program, as data files.

`providers/*.toml` describe SDKs and wrapper libraries that reach a language model, `frameworks/*.toml`
describe what starts functions and what calls callables. Code speaks with them in access paths:
`openai.OpenAI().chat.completions.create` is the attribute path from an import to a value, `()` the
value returned by a call and `[]` an element.
"""

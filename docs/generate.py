"""Write the pages that are made from the program: `python docs/generate.py`.

The rule pages come from the rules' docstrings, the configuration page from the table of keys, the output
that the README and the first page show from a run on the demo. A test fails when a page is not what this
script would write.
"""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
SHOWING = (DOCS.parent / "README.md", DOCS / "index.md")
DEMO = DOCS.parent / "testdata" / "demo"
# The findings of the demo that those pages show, by the file they are in.
SHOWN = ("harbor/llm.py", "harbor/blurbs.py")
sys.path.insert(0, str(DOCS.parent / "src"))

from batchlint.config.keys import KEYS  # noqa: E402
from batchlint.report import config_pages, rule_pages  # noqa: E402
from batchlint.rules.base import Rule  # noqa: E402
from batchlint.rules.registry import BY_SPECIFICITY, RULES  # noqa: E402

_CONFIGURATION = """\
# Configuration

Settings stand in `[tool.batchlint]` of the nearest `pyproject.toml` that has this table, or in a
`batchlint.toml` or `.batchlint.toml`, where the table's name is left out. The search goes up from the
folder that all paths of the command line share and ends at the root of the git repository. The folder of
the file that is found is the root of the program. Files are not merged with those above them; `extend`
says so where it is wanted.

An unknown key or a wrong type is an error (exit code 2) that names the file, the line and the nearest
key. `batchlint config KEY` prints what this page says of a key, `batchlint config --output-format schema`
a JSON schema for editors. `--config 'KEY = VALUE'` sets any key for one run.

Globs are relative to the project root. A glob with a `/`, or one that ends in `.py` or `.ipynb`, is
matched against paths; any other against dotted names of functions, where a name also stands for all that
is defined inside it.
"""


def pages() -> dict[str, str]:
    """The generated pages by their path under `docs`."""
    written = {f"rules/{rule.name}.md": rule_pages.markdown(rule) for rule in RULES}
    written["rules/index.md"] = _rules()
    written["configuration.md"] = "\n".join([_CONFIGURATION, *map(config_pages.markdown, KEYS)])
    return written


def _rules() -> str:
    lines = ["# Rules", "", "| Code | Name | What it reports |", "| --- | --- | --- |", *map(_row, RULES), ""]
    lines += [
        "A call site gets one finding. When several rules apply, the first of this list reports it: "
        + ", ".join(rule.code for rule in BY_SPECIFICITY)
        + ". What a call is for comes before how it is written, so ignoring BL103 silences evaluations of "
        "every shape, and ignoring a rule never brings up the next one.",
        "",
        "Reserved: BL3 for misuse of batch APIs, BL4 for prompt caching, BL5 for model routing.",
    ]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    return f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.documentation.summary} |"


def showing() -> dict[Path, str]:
    """The pages that show the demo's output, with the output of today."""
    command = [sys.executable, "-m", "batchlint", "--no-cache"]
    output = subprocess.run(command, cwd=DEMO, capture_output=True, encoding="utf-8", check=False).stdout
    findings, end = output.split("\n\nFound ")
    by_file = {re.findall(r"--> ([^:]+):", finding)[0]: finding for finding in findings.split("\n\n")}
    parts = [*(by_file[path] for path in SHOWN), f"Found {end.strip()}"]
    block = "```text\n" + "\n\n[...]\n\n".join(parts) + "\n```"
    shown = re.compile(r"```text\n.*?\n```", flags=re.DOTALL)
    return {path: shown.sub(lambda _: block, path.read_text("utf-8")) for path in SHOWING}


def main() -> None:
    """Write the pages and remove rule pages that no rule has any more."""
    written = pages()
    for old in (DOCS / "rules").glob("*.md"):
        if f"rules/{old.name}" not in written:
            old.unlink()
    for name, text in written.items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(text, "utf-8", newline="\n")
    for path, text in showing().items():
        path.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()

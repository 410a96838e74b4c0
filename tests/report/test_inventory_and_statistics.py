"""The inventory (`batchlint sites`) and `--statistics`."""

import json
import re

from finding_samples import NIGHTLY, PROJECT, SHARED, found, results, site

from batchlint.finding import Failure, Verdict
from batchlint.report import sites_json, sites_text, statistics
from batchlint.text import Location

FAILURE = Failure(Location("bad.py", 3, 1, 3, 1), "cannot be parsed")
CONTRACT = {
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "function",
    "provider",
    "operation",
    "is_async",
    "model",
    "verdict",
    "confidence",
    "category",
    "shape",
    "witness",
    "obstacles",
    "savings",
    "fix",
}


def test_the_inventory_has_every_site_with_the_keys_of_version_1() -> None:
    text = sites_json.render(str(PROJECT), (NIGHTLY, SHARED), (FAILURE,), {"files": 4})
    inventory = json.loads(text)
    assert inventory["version"] == 1
    assert set(inventory) == {"version", "root", "sites", "errors", "statistics"}
    first, second = inventory["sites"]
    assert set(first) >= CONTRACT
    assert (first["path"], first["line"], first["column"]) == ("app/llm.py", 9, 12)
    assert (first["verdict"], second["verdict"]) == ("eligible", "mixed")
    assert set(first["witness"][0]) >= {"path", "line", "message"}
    assert set(second["obstacles"][0]) == {"code", "message", "path", "line", "column"}
    assert inventory["errors"][0]["path"] == "bad.py"
    assert inventory["statistics"] == {"sites": 2, "verdicts": {"eligible": 1, "mixed": 1}, "files": 4}


def test_the_table_is_grouped_by_verdict_what_can_be_saved_first() -> None:
    unclear = site(verdict=Verdict.UNCLEAR, witness=(), savings=None)
    text = sites_text.render((unclear, SHARED, NIGHTLY), (FAILURE,), results())
    headings = [line.split(":")[0] for line in text.splitlines() if line and not line.startswith(" ")]
    assert headings[:3] == ["eligible", "mixed", "unclear"]
    assert re.search(r"app/llm.py:9 +openai chat.completions.create +gpt-5-mini +high +Celery beat", text)
    assert "3 call sites in 1 file." in text
    assert "  bad.py:3: cannot be parsed" in text


def test_statistics_count_by_rule_and_sum_savings() -> None:
    items = found(NIGHTLY, site(function="app.other"), SHARED)
    text = statistics.render(results(*items))
    assert text.splitlines()[:2] == [
        "2  BL102  [*] realtime-call-in-scheduled-job, saves about $6,750 per month",
        "1  BL106  [ ] offline-path-through-live-helper",
    ]
    assert "(2 of 3 call sites)" in text
    assert re.search(r"^  model +now +after +saves\n  gpt-5-mini .* \$6,750$", text, flags=re.MULTILINE)


def test_statistics_without_known_volumes_have_no_amounts() -> None:
    assert statistics.render(results(*found(SHARED))) == "1  BL106  [ ] offline-path-through-live-helper\n"


def test_statistics_as_json() -> None:
    rows = json.loads(statistics.render_json(results(*found(NIGHTLY))))
    assert rows == [
        {
            "code": "BL102",
            "name": "realtime-call-in-scheduled-job",
            "count": 1,
            "fixable": True,
            "usd_per_month": 3375.0,
        }
    ]


def test_statistics_of_nothing() -> None:
    assert statistics.render(results()) == ""

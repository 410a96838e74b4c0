"""The rules, one module each (`registry`), and the findings they make of an inventory."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchlint.config import Config
    from batchlint.finding import Finding
    from batchlint.rules.check import Inventory


def findings(report: "Inventory", config: "Config") -> "tuple[Finding, ...]":
    """The findings to report, by path and line; see `batchlint.rules.check`.

    Imported when called: `batchlint rule` needs the registry and nothing of this.
    """
    from batchlint.rules.check import findings as check

    return check(report, config)

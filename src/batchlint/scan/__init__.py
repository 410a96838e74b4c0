"""Which files of a program can reach an LLM call, found out without parsing any of them.

`scan` reads every file once and looks for the words that name a provider; `relevant` adds what imports
those files and what is needed to link them.
"""

from batchlint.scan.files import FileScan, ScanResult, scan
from batchlint.scan.needles import Needles, needles_of
from batchlint.scan.relevance import TEXT_MAX, Relevant, relevant

__all__ = ["TEXT_MAX", "FileScan", "Needles", "Relevant", "ScanResult", "needles_of", "relevant", "scan"]

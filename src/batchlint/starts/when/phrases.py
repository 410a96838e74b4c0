"""How often a schedule in words happens: durations, `rate(...)`, App Engine's English, plain phrases.

App Engine and Cloud Scheduler: cloud.google.com/appengine/docs/standard/scheduling-jobs-with-cron-yaml.
"""

import re

from batchlint.starts.when.cron import DAYS_PER_MONTH

_DAY = 86_400.0
_SECONDS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3_600.0,
    "day": _DAY,
    "night": _DAY,
    "week": 7 * _DAY,
    "fortnight": 14 * _DAY,
    "month": DAYS_PER_MONTH * _DAY,
    "quarter": 3 * DAYS_PER_MONTH * _DAY,
    "year": 12 * DAYS_PER_MONTH * _DAY,
}
_UNITS = {
    "us": 1e-6, "ms": 1e-3, "millisecond": 1e-3,
    "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "hr": 3_600.0, "d": _DAY,
    "w": 7 * _DAY, "mo": _SECONDS["month"], "mon": _SECONDS["month"], "y": _SECONDS["year"],
    "yr": _SECONDS["year"],
} | _SECONDS  # fmt: skip
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*,?\s*(?:and\s+)?")
_CLOCK_SPAN = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)(?:\.\d+)?")
_ISO = re.compile(
    r"P(?:(?P<year>[\d.]+)Y)?(?:(?P<month>[\d.]+)M)?(?:(?P<week>[\d.]+)W)?(?:(?P<day>[\d.]+)D)?"
    r"(?:T(?:(?P<hour>[\d.]+)H)?(?:(?P<minute>[\d.]+)M)?(?:(?P<second>[\d.]+)S)?)?"
)
_ADVERBS = {
    "minutely": "minute", "hourly": "hour", "daily": "day", "nightly": "night", "midnight": "day",
    "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year", "annually": "year",
}  # fmt: skip
_TWICE_A_YEAR = ("semiannually", "semi-annually", "biannually")
_OFTEN = re.compile(r"(once|twice|thrice|\d+ times|\d+x)\s+(?:a|an|per|every|each)\s+([a-z]+)")
_EVERY = re.compile(r"every\s+(?:(\d+(?:\.\d+)?|other)\s*)?([a-z]+)(?:\s+synchronized)?")
_WINDOW = re.compile(r"\s+(?:from|between)\s+(\d{1,2}):(\d\d)\s+(?:to|and)\s+(\d{1,2}):(\d\d)$")
_CLOCK = re.compile(
    r"(?:\s+(?:at\s+)?|,\s*|\s+and\s+)(?:\d{1,2}:\d\d(?::\d\d)?|\d{1,2}\s?[ap]m|noon|midnight)\b"
)
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*")
_MONTH = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*")
_ORDINAL = re.compile(r"\b(1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last)\b")


def phrase_runs(text: str) -> float | None:
    """Runs in an average month of a schedule in words ("every 5 minutes", "1st monday of month 09:00").

    None for what is not understood, and for what happens once.
    """
    words = " ".join(text.lower().replace("@", " ").split())
    if words in _TWICE_A_YEAR:
        return 1 / 6
    if words in _ADVERBS:
        return _monthly(_SECONDS[_ADVERBS[words]])
    if match := _OFTEN.fullmatch(words):
        times = {"once": 1, "twice": 2, "thrice": 3}.get(match[1]) or int(re.sub(r"\D", "", match[1]))
        unit = _unit(match[2])
        return times * _monthly(unit) if unit else None
    return _every(words) or _ordinal(words)


def span_runs(text: str) -> float | None:
    """Runs in an average month at intervals of `text`: `15min`, `1h 30m`, `1 day, 0:00:00`, `PT5M`, `300`.

    A bare number is seconds. None where the text is no duration or an empty one.
    """
    seconds = _seconds(text.strip())
    return _monthly(seconds) if seconds else None


def _monthly(seconds: float) -> float:
    return DAYS_PER_MONTH * _DAY / seconds


def _unit(word: str) -> float | None:
    """The length of a unit; `m` and `M` differ in systemd, which is left to the caller."""
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s"))


def _seconds(text: str) -> float | None:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if match := _CLOCK_SPAN.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * _DAY + hours * 3_600 + minutes * 60 + seconds
    iso = text.rsplit("/", 1)[-1]
    if (match := _ISO.fullmatch(iso)) and match.lastgroup:
        try:
            return sum(_SECONDS[unit] * float(part) for unit, part in match.groupdict().items() if part)
        except ValueError:
            return None
    total, at = 0.0, 0
    while match := _SPAN.match(text, at):
        unit = _SECONDS["month"] if match[2] == "M" else _unit(match[2].lower())
        if unit is None:
            return None
        total += float(match[1]) * unit
        at = match.end()
    return total if at == len(text) else None


def _every(words: str) -> float | None:
    """`every 2 hours`, `every day 09:00`, `every mon,wed at 10:00`, `every 5 minutes from 10:00 to 14:00`."""
    window = _WINDOW.search(words)
    body = words[: window.start()] if window else words
    times = max(1, len(_CLOCK.findall(body)))
    body = _CLOCK.sub("", body).strip()
    months = _share_of_year(body)
    body = re.sub(r"\s+of\s+.*", "", body)
    if match := _EVERY.fullmatch(body):
        number = {None: 1.0, "other": 2.0}.get(match[1]) or float(match[1])
        if unit := _unit(match[2]):
            if not number:
                return None
            interval = number * unit
            return (_in_window(window, interval) if window else times * _monthly(interval)) * months
    if not body.startswith("every "):
        return None
    days = 5 if re.search(r"\bweekdays?\b", body) else 2 if re.search(r"\bweekends?\b", body) else None
    days = days or len(set(_WEEKDAY.findall(body)))
    return days * times * DAYS_PER_MONTH / 7 * months if days else None


def _in_window(window: re.Match[str], interval: float) -> float:
    start, end = (int(window[n]) * 3_600 + int(window[n + 1]) * 60 for n in (1, 3))
    return ((end - start) % _DAY // interval + 1) * DAYS_PER_MONTH


def _ordinal(words: str) -> float | None:
    """`1st,third monday of month 09:00`, `1,15 of jan,apr 17:00`."""
    times = max(1, len(_CLOCK.findall(words)))
    days, separator, _ = words.partition(" of ")
    if not separator:
        return None
    if ordinals := _ORDINAL.findall(days):
        weekdays = set(_WEEKDAY.findall(days))
        everyday = 7 if re.search(r"\bday\b", days) else 1
        return float(len(ordinals) * (len(weekdays) or everyday) * times) * _share_of_year(words)
    numbers = re.findall(r"\b\d{1,2}\b", days)
    return float(len(numbers) * times) * _share_of_year(words) if numbers else None


def _share_of_year(words: str) -> float:
    _, separator, months = words.partition(" of ")
    return len(set(_MONTH.findall(months))) / 12 or 1.0 if separator else 1.0

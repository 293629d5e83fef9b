"""Dates as platforms and people write them, in the languages of their readers; the one place that knows dateparser."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import dateparser

from nbviva.week.deadline import local_time, parse_stamp

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "cs"]
_CLOCK = re.compile(r"\b\d{1,2}\s?[:.h]\s?\d\d(?!\d|\.\d)")
_NUMBERS = re.compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d\d)\b")
_FILLERS = re.compile(r"\b(o.clock|uhr|heures?|horas?|um|at|alle ore|om)\b|\bà(?=\s)", re.IGNORECASE)
_ZONES = re.compile(r"\b(?!AM\b|PM\b)[A-Z]{2,5}\b\s*$")


def read_date(text: str, order: str = "") -> datetime | None:
    """Read a date with its time of day; None where there is none.

    Parameters
    ----------
    order
        Of numbers such as 5/1/2024, `DMY` or `MDY`; where it is not known, they are read only if nothing else fits.

    Returns
    -------
    datetime
        A local time; a moment where the text has ISO's form with a zone.
    """
    text = " ".join(text[:200].split())
    if moment := _iso(text):
        return moment
    if not _CLOCK.search(text):
        return None
    order = order or order_of([text])
    if order == "?":
        return None
    plain = _ZONES.sub("", _FILLERS.sub(" ", text)).strip()
    found = dateparser.parse(
        plain,
        languages=LANGUAGES,
        settings={
            "DATE_ORDER": order or "DMY",
            "PARSERS": ["absolute-time"],
            "REQUIRE_PARTS": ["day", "month", "year"],
        },
    )
    return found.replace(tzinfo=None) if found else None


def _iso(text: str) -> datetime | None:
    if re.search(r"\d\s?(Z|UTC|[+-]\d\d:?\d\d)$", text):
        return parse_stamp(text)
    try:
        return local_time(text)
    except ValueError:
        return None


def order_of(texts: Iterable[str]) -> str:
    """Tell the order of dates in numbers: `DMY` or `MDY`, `?` where both fit, nothing where there are none."""
    found = [match for text in texts if (match := _NUMBERS.search(text))]
    pairs = [(int(match[1]), int(match[2])) for match in found]
    if any(first > 12 for first, _ in pairs):
        return "DMY"
    if any(second > 12 for _, second in pairs):
        return "MDY"
    return "?" if any(first != second for first, second in pairs) else ""

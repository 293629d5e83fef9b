"""What an LMS writes beside hand-ins: Blackboard's receipts, and the times in Moodle's grading worksheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nbviva.listing import read_listing
from nbviva.week.deadline import in_zone, local_time


@dataclass(frozen=True)
class Receipt:
    """A receipt's words; `date` is local, `comment` tells whether the student wrote one."""

    name: str = ""
    login: str = ""
    date: datetime | None = None
    comment: bool = False


_MONTHS = (
    ("january", "januar", "jan"), ("february", "februar", "feb"), ("march", "märz", "mar", "mär", "mrz"),
    ("april", "apr"), ("may", "mai"), ("june", "juni", "jun"), ("july", "juli", "jul"), ("august", "aug"),
    ("september", "sep", "sept"), ("october", "oktober", "oct", "okt"), ("november", "nov"),
    ("december", "dezember", "dec", "dez"),
)  # fmt: skip


def read_receipt(text: str) -> Receipt:
    """Read Blackboard's receipt: `Name: Full Name (login)`, `Date Submitted: ...`, and what follows `Comments:`."""
    text = text[:100_000]
    line = re.search(r"^[^\S\n]*+Name:([^\n]*+)", text, re.MULTILINE)
    name, bracket, login = line[1].strip().removesuffix(")").rpartition("(") if line else ("", "", "")
    date = re.search(r"^(?:Date Submitted|Submission Date|Abgabedatum|Eingereicht am):([^\n]*)$", text, re.MULTILINE)
    comment = re.search(r"^(?:Comments|Kommentare):[^\S\n]*+\n([^\n]*+)", text, re.MULTILINE)
    default = comment is None or not comment[1].strip() or comment[1].lstrip().startswith(("There are no", "Es gibt k"))
    return Receipt(
        name.strip() if bracket else "",
        login.strip() if bracket else "",
        spoken_date(date[1]) if date else None,
        not default,
    )


def spoken_date(text: str) -> datetime | None:
    """Read a local time as people write it, in English or German: 'Thursday, 20 June 2024, 4:12:40 PM CEST'."""
    clock = re.search(r"\b(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s*([ap])\.?m\b)?", text[:200], re.IGNORECASE)
    months = {name: i for i, names in enumerate(_MONTHS, start=1) for name in names}
    words = [months[word] for word in re.findall(r"[^\W\d]+", text[:200].casefold()) if word in months]
    try:
        if not words or not clock:
            return local_time(text)
        date = text[: clock.start()] + text[clock.end() :]
        (year,) = re.findall(r"\b(\d{4})\b", date)[:1]
        (day,) = re.findall(r"\b(\d{1,2})\b", date)[:1]
        hour = int(clock[1])
        if clock[4]:
            hour = hour % 12 + 12 * (clock[4].lower() == "p")
        return datetime(int(year), words[0], int(day), hour, int(clock[2]), int(clock[3] or 0))  # noqa: DTZ001 - local
    except ValueError:
        return None


def worksheet_times(path: Path, zone: ZoneInfo) -> dict[str, datetime]:
    """Read hand-in times from Moodle's grading worksheet (CSV): by participant, from `Last modified (submission)`."""
    columns = (("Identifier", "ID"), ("Last modified (submission)", "Zuletzt geändert (Abgabe)"))
    times = {}
    for line in read_listing(path, columns, required=2).lines:
        number, date = re.search(r"(?<!\d)(\d++)\s*+$", line.texts[0]), spoken_date(line.texts[1])
        if number and date:
            times[f"participant_{number[1]}"] = in_zone(date, zone)
    return times

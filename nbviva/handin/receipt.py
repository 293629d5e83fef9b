"""What Blackboard writes beside the files of an attempt: its receipt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from nbviva.handin.dates import read_date


@dataclass(frozen=True)
class Receipt:
    """A receipt's words; `date` is local, `comment` tells whether the student wrote one."""

    name: str = ""
    login: str = ""
    date: datetime | None = None
    comment: bool = False


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
        read_date(date[1]) if date else None,
        not default,
    )

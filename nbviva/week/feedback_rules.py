"""`[feedback]` of assignment.toml: what a group's page tells beside its marks, and whom it may ask about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from nbviva.week.toml_fields import TomlFields

_MAIL = re.compile(r"[^\s@<>\"'?&#%]{1,64}@[^\s@<>\"'?&#%]{1,190}")
_FILE = re.compile(r"[\w-]{1,60}\.txt", re.ASCII)


@dataclass(frozen=True)
class FeedbackRules:
    """What the week says of its feedback.

    Attributes
    ----------
    class_points
        Whether the page shows how many points the class has, from ten marked hand-ins on.
    solution
        Whether it shows the reference solution once the week's last extension is over.
    requests
        The mail address, or the name of the text file, by which a group asks to look at a mark again; or nothing.
    """

    class_points: bool = False
    solution: bool = False
    requests: str = ""

    @property
    def is_mail(self) -> bool:
        """Whether requests come by mail."""
        return "@" in self.requests


AS_USUAL = FeedbackRules()


def read_feedback_rules(reader: TomlFields, table: Any) -> FeedbackRules:
    """Read the table `[feedback]`; raises `SpecError` with a sentence that names line and field."""
    if type(table) is not dict:
        reader.fail("feedback", "must be a table: a line [feedback], then class = true or solution = true")
    below = next(iter(reader.starts(r"\[\s*(?:assignment\s*\.\s*)?feedback\s*\]")), None)
    names = [field.name.removesuffix("_points") for field in fields(FeedbackRules)]
    for name in table:
        if name not in names:
            reader.fail(name, f"is not known; [feedback] has {', '.join(names)}", below)
    requests = table.get("requests", "")
    known = type(requests) is str and (not requests or _MAIL.fullmatch(requests) or _FILE.fullmatch(requests))
    if not known:
        reader.fail("requests", 'must be a mail address, or the name of a text file such as "regrade.txt"', below)
    return FeedbackRules(reader.truth(table, "class", below), reader.truth(table, "solution", below), requests)

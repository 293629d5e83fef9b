"""What `nbviva doctor` says about one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing is: a warning may be wanted, a fault is in the way of marking."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Symptom:
    """A row of the table.

    Attributes
    ----------
    area
        "environment", "sandbox", "repeatable marks" or "course".
    found
        How it is.
    mend
        What to do where it is not good.
    """

    area: str
    name: str
    state: State
    found: str
    mend: str = ""


def judged(area: str, name: str, found: str, mend: str = "", state: State = State.WARNING) -> Symptom:
    """Give a row that is good where there is nothing to mend, and else of the state."""
    return Symptom(area, name, state if mend else State.GOOD, found, mend)

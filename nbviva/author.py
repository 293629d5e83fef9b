"""The names that the author of a week imports; nothing else of nbviva is for a week's files."""

from nbviva.kernel.student import NoAnswer, Remote, Student, exactly, hold
from nbviva.week.compare import Mismatch, as_number, as_numbers, assert_close, assert_equal, require
from nbviva.week.declare import Plot, PlotKind, Series, alternative, check, fixture, mutant
from nbviva.week.findings import Findings

__all__ = [
    "Findings",
    "Mismatch",
    "NoAnswer",
    "Plot",
    "PlotKind",
    "Remote",
    "Series",
    "Student",
    "alternative",
    "as_number",
    "as_numbers",
    "assert_close",
    "assert_equal",
    "check",
    "exactly",
    "fixture",
    "hold",
    "mutant",
    "require",
]

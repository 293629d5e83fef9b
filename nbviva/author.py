"""The names that the author of a week imports; nothing else of nbviva is for a week's files."""

from nbviva.compare import Mismatch, as_number, as_numbers, assert_close, assert_equal, require
from nbviva.declare import alternative, check, fixture, mutant
from nbviva.findings import Findings
from nbviva.student import NoAnswer, Remote, Student, hold
from nbviva.verdict import Plot, PlotKind, Series

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
    "fixture",
    "hold",
    "mutant",
    "require",
]

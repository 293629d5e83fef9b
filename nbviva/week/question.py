"""What a question is: one graded cell, what it asks for, and how it is marked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a question asks for."""

    CODE = "code"
    NUMERIC = "numeric"
    CHOICE = "choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"
    FIGURE = "figure"


class CellState(StrEnum):
    """How a cell of an adopted week is marked."""

    HARDENED = "hardened"
    SANDBOXED = "sandboxed"
    MANUAL = "manual"


@dataclass(frozen=True)
class Support:
    """What in the notebook supports a reported number: a line `label: number` that a cell prints.

    Attributes
    ----------
    cell
        The `grade_id` of the cell.
    label
        Empty where each answer has its own: the one on the sheet.
    decimals
        The fewest to which the reported number must be the printed one.
    """

    cell: str
    label: str = ""
    decimals: int = 2


@dataclass(frozen=True)
class Question:
    """One graded cell.

    Attributes
    ----------
    name
        The `grade_id` of its test cell, and the exercise that checks name; small letters, digits and underscores.
    number
        The number on the sheet, a text such as "3.1"; several cells may share one.
    title
        What stands beside the number on sheet, feedback page and lists.
    kind
        What it asks for.
    points
        Its points, from 0 to 1000; they stand nowhere else.
    answers
        Names of the notebook's variables that hold the answers, each with its label on the sheet.
    options
        For choices: what the answer may be, each with its label on the sheet.
    tolerance
        For numbers: the largest absolute difference that still counts.
    bonus
        Its points are extra: they count on top of the maximum.
    share
        For numbers: the answers are shares of one, so that "85 %" means 0.85.
    evidence
        For numbers: what in the notebook supports the answers, if a number without support counts as none.
    state
        In an adopted week: how it is marked; else None.
    notebook
        The name of the notebook that its cell stands in, in a week that has several; else empty.
    operations
        Of a test that runs outside of the kernel: what objects of the instructor's solution compute in it.
    """

    name: str
    number: str
    title: str
    kind: Kind
    points: float = 0.0
    bonus: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    tolerance: float | None = None
    share: bool = False
    evidence: Support | None = None
    state: CellState | None = None
    notebook: str = ""
    operations: tuple[str, ...] = ()

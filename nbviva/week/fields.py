"""The fields of a week's exercise sheet: their names, what they are for, and the mark that tells a sheet's week.

`nbviva.week.typesetting` puts them into the PDF, `nbviva.handin.filled` looks for them in the PDF that is handed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nbviva.week.spec import Assignment, Kind, Question

FORM_NAME = "exercise_sheet.pdf"
MARK = "nbviva_sheet"
TRUTHS = (("correct", "Correct"), ("incorrect", "Incorrect"))


@dataclass(frozen=True)
class FormField:
    """One field: a text, or a box to tick.

    Attributes
    ----------
    tip
        What a viewer shows, and a screen reader reads, for it.
    group, option
        Of a box of which only one can be ticked: the answer whose other boxes it excludes, and what it stands for.
    """

    name: str
    tip: str
    box: bool = False
    group: str = ""
    option: str = ""


def options(question: Question) -> tuple[tuple[str, str], ...]:
    """Give what can be ticked for a question, each with its label; nothing where a text is asked."""
    return TRUTHS if question.kind is Kind.TRUE_FALSE else question.options


def box_name(answer: str, option: str) -> str:
    """Give the name of the box of one option. It has no dot, which in a PDF stands between a field and its parts."""
    return f"{answer}-{option}"


def member_names(line: int) -> tuple[str, str]:
    """Give the names of the two fields of a member's line; lines count from 1."""
    return f"member_{line}_name", f"member_{line}_number"


def form_fields(assignment: Assignment) -> tuple[FormField, ...]:
    """Give all fields of a week's sheet, in the order of the sheet."""
    found: list[FormField] = []
    for line in range(1, assignment.group_size + 1):
        name, number = member_names(line)
        found += [FormField(name, f"Name of student {line}"), FormField(number, f"Matriculation number {line}")]
    for question in assignment.questions:
        for answer, label in question.answers:
            boxes = options(question)
            asked = f"Question {question.number}, {label}"
            group = "" if question.kind is Kind.MULTIPLE_CHOICE else answer
            found += [
                FormField(
                    box_name(answer, name), f"{asked}: {text}", box=True, group=group, option=name if group else ""
                )
                for name, text in boxes
            ]
            found += [] if boxes else [FormField(answer, asked + _hint(question))]
    return tuple(found)


def _hint(question: Question) -> str:
    """Say how an answer is written, as its field's tip says it."""
    if question.kind is not Kind.NUMERIC:
        return ""
    return ": a share of one, such as 0.84, or 84 %" if question.share else ": a number, such as 0.84"


def sheet_mark(assignment: Assignment) -> str:
    """Give the text that a sheet carries unseen: its week, and a digest of its fields.

    Dates and points may change without the digest: a sheet that a student took before is read all the same.
    """
    shape = "\n".join(f"{field.name} {field.box}" for field in form_fields(assignment))
    return f"{assignment.week} {hashlib.sha256(shape.encode()).hexdigest()[:12]}"

"""A week's marks as files: the list as CSV and XLSX, what Moodle, Blackboard and Canvas import, and what is odd.

Blackboard's file serves every Blackboard Learn, such as Freie Universität Berlin's Whiteboard. Nothing in a cell is a
formula. The imports hold marks that stand, of students who are known. These files hold personal data: they go to the
instructor's folder and nowhere else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from nbviva.course import Course
from nbviva.files import write
from nbviva.gradebook.penalties import recompute
from nbviva.handin.door import open_handins
from nbviva.handin.people import Person
from nbviva.listing import escaped, listing_text, said, shown
from nbviva.results.marks import MARKED, StudentRow, problem_list, rows
from nbviva.week.spec import Assignment

Cell = str | float | None
PERSON_COLUMNS = ("group", "name", "matriculation number", "login", "e-mail")
_MARK = "\ufeff"  # by which spreadsheets know UTF-8
_SUMS = ("points", "maximum", "extra points", "late minutes", "penalty", "total", "status", "report")


@dataclass(frozen=True)
class Exported:
    """The files that were written, and a sentence for all that does not fit together."""

    files: tuple[Path, ...]
    problems: tuple[str, ...] = ()


def export(course: Course, week: str, folder: Path) -> Exported:
    """Write a week's marks list into a folder; penalties are recomputed first."""
    recompute(course, week)
    assignment = course.assignment(week)
    handins = open_handins(course, week)
    found = rows(course, week, handins)
    table = marks_table(assignment, found)
    names = ("marks.csv", "marks.xlsx", "moodle.csv", "blackboard.txt", "canvas.csv")
    paths = [folder / f"{week}-{name}" for name in names]
    write(paths[0], f"{_MARK}{listing_text(table)}")
    write(paths[1], workbook(week, table))
    write(paths[2], listing_text(moodle_table(assignment, found)))
    write(paths[3], listing_text(blackboard_table(assignment, found), "\t"))
    write(paths[4], listing_text(canvas_table(assignment, found)))
    problems = (*problem_list(course, week, handins), *_nameless(found))
    odd = folder / f"{week}-problems.txt"
    if problems:
        write(odd, "".join(f"{escaped(line)}\n" for line in problems))
        paths.append(odd)
    else:
        odd.unlink(missing_ok=True)  # of an earlier call
    return Exported(tuple(paths), problems)


def marks_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
    """Give the marks list as a table: a line of headings, then a line for each student."""
    numbers = tuple(dict.fromkeys(name for row in found for name, _ in row.questions))
    if not found:
        numbers = tuple(dict.fromkeys(question.number for question in assignment.questions if question.points))
    table: list[tuple[Cell, ...]] = [(*PERSON_COLUMNS, *numbers, *_SUMS)]
    for row in found:
        person, marks = row.person, dict(row.questions)
        table.append(
            (shown(row.group), person.name, person.number, person.login, person.email,
             *(marks.get(name) for name in numbers),
             row.points, row.maximum, row.extra, row.late_minutes, row.penalty, row.total, row.status, row.report)
        )  # fmt: skip
    return table


def moodle_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
    """Give Moodle's grading worksheet: `Identifier` is for the assignment's upload, the rest for the gradebook's."""
    head = ("Identifier", "Full name", "Username", "ID number", "Email address", "Grade", "Maximum Grade")
    table: list[tuple[Cell, ...]] = [(*head, "Last modified (grade)")]
    for row in _final(found):
        person = row.person
        participant = person.lms if person.lms.startswith("Participant ") else ""
        told = (participant, person.name, person.login, person.number, person.email)
        if any(told):
            table.append((*told, row.total, assignment.maximum, ""))
    return table


def blackboard_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
    """Give Blackboard's upload: a user's name and one column, which is made where the Grade Center has none such."""
    title = f"{assignment.title} [Total Pts: {assignment.maximum:g} Score]"
    named = [row for row in _final(found) if row.person.login]
    return [("Username", title), *((row.person.login, row.total) for row in named)]


def canvas_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
    """Give Canvas' gradebook: a user is known by the id, the SIS id or the login; the first row has the maximum."""
    head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title)
    table: list[tuple[Cell, ...]] = [head, ("    Points Possible", "", "", "", "", assignment.maximum)]
    for row in _final(found):
        person = row.person
        user = number[1] if (number := re.fullmatch(r"Canvas (\d+)", person.lms)) else ""
        if user or person.number or person.login:
            table.append((person.name, user, person.number, person.login, "", row.total))
    return table


def _final(found: tuple[StudentRow, ...]) -> list[StudentRow]:
    """Give the rows whose mark stands, one a student: nothing is imported that a person has yet to decide about.

    Nor is the mark of who is known to nobody, or has nothing but a name, or is in two groups with different marks.
    """
    marked = [row for row in found if row.status == MARKED and row.known and _has_id(row.person)]
    totals: dict[Person, set[float | None]] = {}
    for row in marked:
        totals.setdefault(replace(row.person, lms=""), set()).add(row.total)
    final: dict[Person, StudentRow] = {}
    for row in marked:
        key = replace(row.person, lms="")
        if len(totals[key]) == 1 or key == Person():
            final.setdefault(row.person if key == Person() else key, row)
    return list(final.values())


def _has_id(person: Person) -> bool:
    return bool(person.lms or person.login or person.number or person.email)


def _nameless(found: Sequence[StudentRow]) -> list[str]:
    rows = [row for row in found if row.status == MARKED and row.person != Person() and not _has_id(row.person)]
    return [
        f"{row.group}: '{row.person.name}' has no number, login or e-mail, and is left out of the imports: roster.csv"
        " can tell them."
        for row in rows
    ]


def workbook(title: str, table: list[tuple[Cell, ...]]) -> bytes:
    """Give a table as XLSX: numbers as numbers, every text as a text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "C2"
    for i, line in enumerate(table):
        cells = []
        for value in line:
            cell = WriteOnlyCell(sheet, value=said(value) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"
            if i == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

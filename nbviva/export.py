"""Write the marks list: a CSV and an XLSX file with one row a student, and files that Moodle and Blackboard import.

Blackboard's file serves every Blackboard Learn, such as Freie Universität Berlin's Whiteboard. Nothing in a cell is a
formula. These files hold personal data: they go to the instructor's folder and nowhere else.
"""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from nbviva.course import Course
from nbviva.dates import recompute
from nbviva.listing import said, write_listing
from nbviva.marks import Row, problem_list, rows
from nbviva.people import Person
from nbviva.spec import Assignment

Cell = str | float | None
_PERSON = ("group", "name", "matriculation number", "login", "e-mail")
_SUMS = ("points", "maximum", "extra points", "late minutes", "penalty", "total", "status", "report")


def export(course: Course, week: str, folder: Path) -> list[Path]:
    """Write a week's marks list into a folder and give the files; penalties are recomputed first."""
    recompute(course, week)
    assignment = course.assignment(week)
    found = rows(course, week)
    table = marks_table(assignment, found)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{week}-{name}" for name in ("marks.csv", "marks.xlsx", "moodle.csv", "blackboard.txt")]
    write_listing(_private(paths[0]), table)
    write_workbook(_private(paths[1]), week, table)
    _write_import(_private(paths[2]), moodle_table(assignment, found), ",")
    _write_import(_private(paths[3]), blackboard_table(assignment, found), "\t")
    problems = problem_list(course, week)
    if problems:
        paths.append(folder / f"{week}-problems.txt")
        _private(paths[-1]).write_text("".join(f"{line}\n" for line in problems), "utf-8")
    return paths


def marks_table(assignment: Assignment, found: tuple[Row, ...]) -> list[tuple[Cell, ...]]:
    """Give the marks list as a table: a line of headings, then a line for each student."""
    numbers = tuple(dict.fromkeys(name for row in found for name, _ in row.questions))
    if not found:
        numbers = tuple(dict.fromkeys(question.number for question in assignment.questions if question.points))
    table: list[tuple[Cell, ...]] = [(*_PERSON, *numbers, *_SUMS)]
    for row in found:
        person, marks = row.person, dict(row.questions)
        table.append(
            (row.group, person.name, person.number, person.login, person.email, *(marks.get(name) for name in numbers),
             row.points, row.maximum, row.extra, row.late_minutes, row.penalty, row.total, row.status, row.report)
        )  # fmt: skip
    return table


def moodle_table(assignment: Assignment, found: tuple[Row, ...]) -> list[tuple[Cell, ...]]:
    """Give Moodle's grading worksheet: `Identifier` is for the assignment's upload, the rest for the gradebook's."""
    head = ("Identifier", "Full name", "Username", "ID number", "Email address", "Grade", "Maximum Grade")
    table: list[tuple[Cell, ...]] = [(*head, "Last modified (grade)")]
    for row in _final(found):
        person = row.person
        participant = person.lms if person.lms.startswith("Participant ") else ""
        table.append(
            (participant, person.name, person.login, person.number, person.email, row.total, assignment.maximum, "")
        )
    return table


def blackboard_table(assignment: Assignment, found: tuple[Row, ...]) -> list[tuple[Cell, ...]]:
    """Give Blackboard's upload: a user's name and one column, which is made where the Grade Center has none such."""
    title = f"{assignment.title} [Total Pts: {assignment.maximum:g} Score]"
    named = [row for row in _final(found) if row.person.login]
    return [("Username", title), *((row.person.login, row.total) for row in named)]


def _final(found: tuple[Row, ...]) -> list[Row]:
    """Give the rows whose mark stands, one a student: nothing is imported that a person has yet to decide about.

    That is so, too, for a student who is in two groups with different marks.
    """
    marked = [row for row in found if row.status == "marked"]
    totals: dict[Person, set[float | None]] = {}
    for row in marked:
        totals.setdefault(replace(row.person, lms=""), set()).add(row.total)
    final: dict[Person, Row] = {}
    for row in marked:
        person = replace(row.person, lms="")
        if person == Person() or len(totals[person]) == 1:
            final.setdefault(person if person != Person() else Person(group=row.group), row)
    return list(final.values())


def write_workbook(path: Path, title: str, table: list[tuple[Cell, ...]]) -> None:
    """Write a table as XLSX: numbers as numbers, every text as a text."""
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
    book.save(path)


def _write_import(path: Path, table: list[tuple[Cell, ...]], delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([[said(value) for value in line] for line in table])


def _private(path: Path) -> Path:
    """Make the file empty and readable by its owner alone before anything is written to it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    os.close(descriptor)
    return Path(temporary).replace(path)

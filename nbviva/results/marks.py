"""The marks list of a week, one row a student, as CSV and XLSX, and files that Moodle and Blackboard import.

Marks come from the gradebook, where manual marks win, else from the reports. Blackboard's file serves every Blackboard
Learn, such as Freie Universität Berlin's Whiteboard. Nothing in a cell is a formula. These files hold personal data:
they go to the instructor's folder and nowhere else.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from nbviva.course import Course
from nbviva.gradebook.book import GradeRow, grade_rows, opened, present
from nbviva.gradebook.penalties import date_problems, recompute
from nbviva.grading.reports import stored_report
from nbviva.handin.collect import lms_file
from nbviva.handin.door import Handin, open_handins
from nbviva.handin.members import Signed, signed
from nbviva.handin.people import Person, Roster, absent, header_people, members_of, problems, read_roster, remembered
from nbviva.listing import said, write_listing
from nbviva.week.deadline import Extensions, handed_in_at, late_minutes, penalty
from nbviva.week.spec import Assignment

Cell = str | float | None
_PERSON = ("group", "name", "matriculation number", "login", "e-mail")
NEEDS_PERSON = "needs a person"
_SUMS = ("points", "maximum", "extra points", "late minutes", "penalty", "total", "status", "report")


@dataclass(frozen=True)
class Marked:
    """A group's points by question; None where a person has to decide.

    Attributes
    ----------
    needs_person
        Whether a mark is missing, or the gradebook asks a person to look again.
    """

    points: tuple[float | None, ...]
    needs_person: bool


@dataclass(frozen=True)
class StudentRow:
    """One row of the marks list.

    Attributes
    ----------
    questions
        Points by the sheet's number, in the order of `assignment.toml`.
    extra
        Extra points, which count on top of the maximum.
    total
        Points and extra points less the penalty; None where nothing is marked yet.
    """

    group: str
    person: Person
    questions: tuple[tuple[str, float | None], ...]
    points: float | None
    maximum: float
    extra: float | None
    late_minutes: int | None
    penalty: float
    total: float | None
    status: str
    report: str = ""


def sheets(course: Course, handins: Mapping[str, Handin]) -> dict[str, Signed]:
    """Give what each group's exercise sheet says about its members."""
    return {group: signed(handin, course.report(handin.assignment.week, group)) for group, handin in handins.items()}


def rows(course: Course, week: str) -> tuple[StudentRow, ...]:
    """Give the marks list: every member of every group that handed in, then those of the roster who did not."""
    assignment = course.assignment(week)
    roster, given = read_roster(course.root / "roster.csv"), course.extensions(assignment)
    handins = open_handins(course, week)
    said = members_said(course, handins, sheets(course, handins))
    books, found = gradebook_marks(course, assignment), list[StudentRow]()
    for group in handins:
        marked = books.get(group) or report_marks(course, assignment, group)
        row = _row(course, assignment, group, marked, given)
        found += [_with(row, person) for person in members_of(roster, group, said[group]) or (Person(),)]
    return (*found, *_missing(assignment, roster, found))


def members_said(
    course: Course, handins: Mapping[str, Handin], forms: Mapping[str, Signed]
) -> dict[str, tuple[Person, ...]]:
    """Give the members of each group as the form, the notebook's header cell and the LMS name them, in that order."""
    weeks = {handin.assignment.week for handin in handins.values()}
    lms = {group: people for week in weeks for group, people in remembered(lms_file(course, week)).items()}
    return {group: (*forms[group].people, *_header(handin), *lms.get(group, ())) for group, handin in handins.items()}


def problem_list(course: Course, week: str) -> tuple[str, ...]:
    """Give the instructor's list of what does not fit together: members, sheets, roster, extensions."""
    assignment = course.assignment(week)
    roster = read_roster(course.root / "roster.csv")
    handins = open_handins(course, week)
    forms = sheets(course, handins)
    said = members_said(course, handins, forms)
    found = problems(said, roster, assignment.group_size, assignment.check_digit)
    on_paper = (f"{group}: {text}" for group, form in forms.items() for text in form.problems)
    return (*date_problems(course, assignment), *on_paper, *found)


def _header(handin: Handin) -> tuple[Person, ...]:
    cells = [cell for notebook in handin.notebooks for cell in notebook.cells]
    return header_people(cell.source for cell in cells if cell.type == "markdown")


def gradebook_marks(course: Course, assignment: Assignment) -> dict[str, Marked]:
    """Give the marks that stand in the gradebook, by group."""
    if not present(course):
        return {}
    groups: dict[str, dict[str, GradeRow]] = {}
    with opened(course) as book:
        for row in grade_rows(book, assignment.week):
            groups.setdefault(row.group, {})[row.cell] = row
    return {group: _booked(grades, assignment) for group, grades in groups.items()}


def _booked(grades: Mapping[str, GradeRow], assignment: Assignment) -> Marked:
    points = tuple(grades[q.name].score if q.name in grades else None for q in assignment.questions)
    return Marked(points, any(grade.needs_person for grade in grades.values()) or None in points)


def report_marks(course: Course, assignment: Assignment, group: str) -> Marked | None:
    """Give the marks of a group's stored report; None where there is none."""
    report = stored_report(course.report(assignment.week, group))
    if report is None:
        return None
    marks = {mark.question: mark.points for mark in report.marks}
    points = tuple(marks.get(question.name) for question in assignment.questions)
    return Marked(points, None in points)


def _row(course: Course, assignment: Assignment, group: str, marked: Marked | None, given: Extensions) -> StudentRow:
    stamp, due = course.submitted(assignment.week, group) / "timestamp.txt", given.due(group, assignment.due)
    moment = handed_in_at(stamp)
    late = None if moment is None and stamp.exists() else late_minutes(moment, due)
    report = course.report(assignment.week, group) / "report.json"
    where = report.relative_to(course.root).as_posix() if report.is_file() else ""
    if marked is None:
        empty = _numbers(assignment, (None,) * len(assignment.questions))
        return StudentRow(
            group, Person(), empty, None, assignment.maximum, None, late, 0.0, None, "not marked yet", where
        )
    bonus = [question.bonus for question in assignment.questions]
    points = sum(mark or 0.0 for mark, extra in zip(marked.points, bonus, strict=True) if not extra)
    extra = sum(mark or 0.0 for mark, extra in zip(marked.points, bonus, strict=True) if extra)
    lost = penalty(moment, due, assignment.late, points + extra)
    status = NEEDS_PERSON if marked.needs_person else "marked"
    questions = _numbers(assignment, marked.points)
    return StudentRow(
        group, Person(), questions, points, assignment.maximum, extra, late, lost, points + extra - lost, status, where
    )


def _numbers(assignment: Assignment, points: Sequence[float | None]) -> tuple[tuple[str, float | None], ...]:
    """Add up the points of the cells that share a number on the sheet, the extra ones apart."""
    sums: dict[str, float | None] = {}
    for question, mark in zip(assignment.questions, points, strict=True):
        if question.points == 0:
            continue  # cells that only support an answer
        name = f"{question.number} extra" if question.bonus else question.number
        before = sums.get(name, 0.0)
        sums[name] = None if mark is None or before is None else before + mark
    return tuple(sums.items())


def _with(row: StudentRow, person: Person) -> StudentRow:
    return StudentRow(**{**vars(row), "person": person})


def _missing(assignment: Assignment, roster: Roster, found: Sequence[StudentRow]) -> list[StudentRow]:
    empty = _numbers(assignment, (None,) * len(assignment.questions))
    return [
        StudentRow(person.group, person, empty, None, assignment.maximum, None, None, 0.0, None, "not handed in")
        for person in absent(roster.people, [row.person for row in found])
    ]


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


def marks_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
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


def moodle_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
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


def blackboard_table(assignment: Assignment, found: tuple[StudentRow, ...]) -> list[tuple[Cell, ...]]:
    """Give Blackboard's upload: a user's name and one column, which is made where the Grade Center has none such."""
    title = f"{assignment.title} [Total Pts: {assignment.maximum:g} Score]"
    named = [row for row in _final(found) if row.person.login]
    return [("Username", title), *((row.person.login, row.total) for row in named)]


def _final(found: tuple[StudentRow, ...]) -> list[StudentRow]:
    """Give the rows whose mark stands, one a student: nothing is imported that a person has yet to decide about.

    That is so, too, for a student who is in two groups with different marks.
    """
    marked = [row for row in found if row.status == "marked"]
    totals: dict[Person, set[float | None]] = {}
    for row in marked:
        totals.setdefault(replace(row.person, lms=""), set()).add(row.total)
    final: dict[Person, StudentRow] = {}
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

"""The marks of a week as rows, one a student: from the gradebook, where manual marks win, else from the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbviva.collect import lms_file
from nbviva.course import Course
from nbviva.dates import date_problems
from nbviva.deadline import Extensions, handed_in_at, late_minutes, penalty
from nbviva.gradebook import GradeRow, grade_rows, opened, present
from nbviva.handin import BrokenNotebook, find_notebook, parse_notebook
from nbviva.paper import Signed, signed
from nbviva.people import Person, Roster, absent, header_people, members_of, problems, read_roster, remembered
from nbviva.reports import stored_report
from nbviva.spec import Assignment


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
class Row:
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


def sheets(course: Course, week: str) -> dict[str, Signed]:
    """Give what each group's exercise sheet says about its members."""
    assignment = course.assignment(week)
    return {
        group: signed(course.submitted(week, group), course.report(week, group), assignment)
        for group in course.groups(week)
    }


def rows(course: Course, week: str) -> tuple[Row, ...]:
    """Give the marks list: every member of every group that handed in, then those of the roster who did not."""
    assignment = course.assignment(week)
    roster, given = read_roster(course.root / "roster.csv"), course.extensions(assignment)
    said, books = members_said(course, week, sheets(course, week)), gradebook_marks(course, assignment)
    found: list[Row] = []
    for group in course.groups(week):
        marked = books.get(group) or report_marks(course, assignment, group)
        row = _row(course, assignment, group, marked, given)
        found += [_with(row, person) for person in members_of(roster, group, said[group]) or (Person(),)]
    return (*found, *_missing(assignment, roster, found))


def members_said(course: Course, week: str, forms: Mapping[str, Signed]) -> dict[str, tuple[Person, ...]]:
    """Give the members of each group as the form, the notebook's header cell and the LMS name them, in that order."""
    lms = remembered(lms_file(course, week))
    name = course.assignment(week).notebook
    return {
        group: (*forms[group].people, *_header(course.submitted(week, group), name), *lms.get(group, ()))
        for group in course.groups(week)
    }


def problem_list(course: Course, week: str) -> tuple[str, ...]:
    """Give the instructor's list of what does not fit together: members, sheets, roster, extensions."""
    assignment = course.assignment(week)
    roster = read_roster(course.root / "roster.csv")
    forms = sheets(course, week)
    said = members_said(course, week, forms)
    found = problems(said, roster, assignment.group_size, assignment.check_digit)
    on_paper = (f"{group}: {text}" for group, form in forms.items() for text in form.problems)
    return (*date_problems(course, assignment), *on_paper, *found)


def _header(folder: Path, name: str) -> tuple[Person, ...]:
    try:
        cells = parse_notebook(find_notebook(folder, name, []))
    except (BrokenNotebook, OSError):
        return ()
    return header_people(cell["source"] for cell in cells if cell["type"] == "markdown")


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


def _row(course: Course, assignment: Assignment, group: str, marked: Marked | None, given: Extensions) -> Row:
    stamp, due = course.submitted(assignment.week, group) / "timestamp.txt", given.due(group, assignment.due)
    moment = handed_in_at(stamp)
    late = None if moment is None and stamp.exists() else late_minutes(moment, due)
    report = course.report(assignment.week, group) / "report.json"
    where = report.relative_to(course.root).as_posix() if report.is_file() else ""
    if marked is None:
        empty = _numbers(assignment, (None,) * len(assignment.questions))
        return Row(group, Person(), empty, None, assignment.maximum, None, late, 0.0, None, "not marked yet", where)
    bonus = [question.bonus for question in assignment.questions]
    points = sum(mark or 0.0 for mark, extra in zip(marked.points, bonus, strict=True) if not extra)
    extra = sum(mark or 0.0 for mark, extra in zip(marked.points, bonus, strict=True) if extra)
    lost = penalty(moment, due, assignment.late, points + extra)
    status = "needs a person" if marked.needs_person else "marked"
    questions = _numbers(assignment, marked.points)
    return Row(
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


def _with(row: Row, person: Person) -> Row:
    return Row(**{**vars(row), "person": person})


def _missing(assignment: Assignment, roster: Roster, found: Sequence[Row]) -> list[Row]:
    empty = _numbers(assignment, (None,) * len(assignment.questions))
    return [
        Row(person.group, person, empty, None, assignment.maximum, None, None, 0.0, None, "not handed in")
        for person in absent(roster.people, [row.person for row in found])
    ]

"""The marks of a week as rows, one a student: from the gradebook, where manual marks win, else from the reports.

Rows hold personal data: they go to the instructor's folder and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nbviva.course import Course
from nbviva.gradebook.book import GradeRow, grade_rows, opened, present
from nbviva.gradebook.names import takes
from nbviva.gradebook.penalties import date_problems
from nbviva.grading.reports import stored_report
from nbviva.grading.verdict import Report
from nbviva.handin.arrival import arrival, charged
from nbviva.handin.collect import lms_file
from nbviva.handin.door import Handin, open_handins
from nbviva.handin.people import Person, Roster, absent, read_roster, remembered
from nbviva.handin.roll import Counted, Named, problems, who_counts
from nbviva.handin.signed import Signed, signed
from nbviva.week.deadline import Extensions
from nbviva.week.spec import Assignment

NEEDS_PERSON, MARKED = "needs a person", "marked"


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
    known
        Whether platform or roster knows the student, or there is no roster that could.
    doubt
        Why a person has to decide whether the student is a member; empty where that is clear.
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
    known: bool = True
    doubt: str = ""


def sheets(course: Course, handins: Mapping[str, Handin]) -> dict[str, Signed]:
    """Give what each group's exercise sheet says about its members."""
    return {group: signed(handin, course.report(handin.assignment.week, group)) for group, handin in handins.items()}


def rows(course: Course, week: str, handins: Mapping[str, Handin] | None = None) -> tuple[StudentRow, ...]:
    """Give the marks list: every member of every group that handed in, then those of the roster who did not.

    Who has all hand-ins open gives them; they are opened otherwise.
    """
    assignment = course.assignment(week)
    roster, given = read_roster(course.root / "roster.csv"), course.extensions(assignment)
    handins = open_handins(course, week) if handins is None else handins
    said = members_said(course, handins, sheets(course, handins))
    members = who_counts(said, roster, assignment.group_size)
    books, found = gradebook_marks(course, assignment), list[StudentRow]()
    for group in handins:
        report = stored_report(course.report(week, group))
        marked = books.get(group) or (report_marks(assignment, report) if report else None)
        if marked and not takes(group):
            marked = replace(marked, needs_person=True)
        row = _row(course, assignment, group, marked, given)
        found += [_with(row, counted) for counted in members[group] or (Counted(Person(), known=False),)]
    return (*found, *_missing(assignment, roster, found))


def members_said(course: Course, handins: Mapping[str, Handin], forms: Mapping[str, Signed]) -> dict[str, Named]:
    """Give whom the platform names as the members of each group, and whom the sheet and the notebook's header do."""
    weeks = {handin.assignment.week for handin in handins.values()}
    lms = {group: people for week in weeks for group, people in remembered(lms_file(course, week)).items()}
    return {
        group: Named(lms.get(group, ()), (*forms[group].people, *handin.in_header)) for group, handin in handins.items()
    }


def problem_list(course: Course, week: str, handins: Mapping[str, Handin]) -> tuple[str, ...]:
    """Give the instructor's list of what does not fit together: members, sheets, roster, extensions."""
    assignment = course.assignment(week)
    roster = read_roster(course.root / "roster.csv")
    forms = sheets(course, handins)
    said = members_said(course, handins, forms)
    found = problems(said, roster, assignment.group_size, assignment.check_digit)
    on_paper = (f"{group}: {text}" for group, form in forms.items() for text in form.problems)
    return (*date_problems(course, assignment), *on_paper, *found)


def gradebook_marks(course: Course, assignment: Assignment) -> dict[str, Marked]:
    """Give the marks that stand in the gradebook, by group."""
    if not present(course):
        return {}
    groups: dict[str, dict[str, GradeRow]] = {}
    with opened(course) as book:
        for row in grade_rows(book, assignment.week):
            groups.setdefault(row.group, {})[assignment.known_as(row.notebook, row.cell)] = row
    return {group: _booked(grades, assignment) for group, grades in groups.items()}


def _booked(grades: Mapping[str, GradeRow], assignment: Assignment) -> Marked:
    points = tuple(grades[q.name].score if q.name in grades else None for q in assignment.questions)
    return Marked(points, any(grade.needs_person for grade in grades.values()) or None in points)


def report_marks(assignment: Assignment, report: Report) -> Marked:
    """Give the marks of a report."""
    marks = {mark.question: mark.points for mark in report.marks}
    points = tuple(marks.get(question.name) for question in assignment.questions)
    return Marked(points, None in points)


def _row(course: Course, assignment: Assignment, group: str, marked: Marked | None, given: Extensions) -> StudentRow:
    came = arrival(course, assignment, group, given)
    late = came.late_minutes
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
    (lost,) = charged(came, assignment.late, [points + extra])
    status = NEEDS_PERSON if marked.needs_person else MARKED
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


def _with(row: StudentRow, counted: Counted) -> StudentRow:
    status = NEEDS_PERSON if counted.doubt and row.status == MARKED else row.status
    return replace(row, person=counted.person, known=counted.known, doubt=counted.doubt, status=status)


def _missing(assignment: Assignment, roster: Roster, found: Sequence[StudentRow]) -> list[StudentRow]:
    empty = _numbers(assignment, (None,) * len(assignment.questions))
    return [
        StudentRow(person.group, person, empty, None, assignment.maximum, None, None, 0.0, None, "not handed in")
        for person in absent(roster.people, [row.person for row in found])
    ]

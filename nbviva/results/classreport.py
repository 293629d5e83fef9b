"""The data of the class report: what reports, gradebook and times say about a week's hand-ins, as frozen plain data."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.gradebook.book import formgrader_pages
from nbviva.gradebook.names import takes
from nbviva.grading.reports import EARLIER, earlier_report, readable_report
from nbviva.grading.times import Share, shares
from nbviva.grading.verdict import Report
from nbviva.listing import shown
from nbviva.naming import natural_order
from nbviva.notebooks import read
from nbviva.results.auditpage import audit_path
from nbviva.results.faults import Fault, FaultKind, faults_of, was_read
from nbviva.results.marks import NEEDS_PERSON, Marked, StudentRow, gradebook_marks, report_marks, rows
from nbviva.results.requests import gather
from nbviva.results.similar import MAX_TEXT, Pair, is_too_long, own_cells, similar
from nbviva.results.statistics import Curves, Distribution, QuestionStatistics, distributions, items, known, noted
from nbviva.results.walk import QuestionWalk, blank_groups, walks, without_personal
from nbviva.results.wrong import SheetAnswers, Wrong, failures, sheet_answers, stories, wrong_answers
from nbviva.secret import secret_of
from nbviva.week.source import frame
from nbviva.week.week import Week


@dataclass(frozen=True)
class HandIn:
    """One row of the table of all hand-ins.

    Attributes
    ----------
    group
        The group's name, or its pseudonym.
    people
        Its members' names; none in an anonymous report.
    questions
        Points by the sheet's number; None where a person has to decide.
    feedback
        The path of its feedback from the report's folder; empty where there is none.
    audit, formgrader
        The path of its audit's page, and the address of its page in the formgrader; empty where there is none.
    values
        What checks measured, by name.
    """

    group: str
    people: tuple[str, ...]
    questions: tuple[tuple[str, float | None], ...]
    points: float | None
    extra: float | None
    late_minutes: int | None
    penalty: float
    total: float | None
    status: str
    sandbox: str
    seconds: float | None
    mebibytes: float | None
    feedback: str
    audit: str = ""
    formgrader: str = ""
    values: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class ClassReport:
    """All that the class report shows; `made` is in UTC.

    Attributes
    ----------
    blank
        The groups in whose hand-in nothing was written; they are no part of the wrong answers.
    """

    week: str
    title: str
    course: str
    term: str
    maximum: float
    extra: float
    made: datetime
    anonymous: bool
    handins: tuple[HandIn, ...]
    faults: tuple[Fault, ...]
    items: tuple[QuestionStatistics, ...]
    distributions: tuple[Distribution, ...]
    curves: tuple[Curves, ...]
    wrong: tuple[Wrong, ...]
    answers: tuple[SheetAnswers, ...]
    similar: tuple[Pair, ...]
    walks: tuple[QuestionWalk, ...] = ()
    blank: tuple[str, ...] = ()
    times: tuple[Share, ...] = ()


def class_report(
    course: Course, name: str, listed: tuple[StudentRow, ...] | None = None, *, anonymous: bool = False
) -> ClassReport:
    """Gather a week's class report from stored reports, gradebook and marks list (None: made here); marks nothing."""
    week = course.week(name)
    assignment, groups = week.assignment, course.groups(name)
    if not groups:
        raise CourseError(f"Nothing was handed in: there is no submitted/GROUP/{name}.")
    reports = {group: report for group in groups if (report := readable_report(course.report(name, group)))}
    marks = _marks(course, week, reports)
    by_group = _by_group(rows(course, name) if listed is None else listed)
    seen = [report for report in reports.values() if was_read(report)]
    found, curves = distributions(seen, known(course, name))
    blank = blank_groups(seen)
    written_in = [report for report in seen if report.group not in blank]
    likeness = stories(course, week, failures(assignment, written_in))
    written = _own_code(course, seen)
    everything = ClassReport(
        name, assignment.title, assignment.course, assignment.term, assignment.maximum, assignment.extra,
        datetime.now(UTC), anonymous,
        handins=_handins(course, week, by_group, reports),
        faults=_faults(groups, reports, by_group, _open(marks), _words(course, name, reports, written)),
        items=items(assignment, seen, [marks[report.group].points for report in seen]),
        distributions=found,
        curves=curves,
        wrong=wrong_answers(assignment, written_in, likeness),
        answers=sheet_answers(assignment, written_in),
        similar=similar(written, own_cells(frame(week))),
        walks=walks(assignment, groups, reports, marks, likeness),
        blank=blank,
        times=shares(reports.values()),
    )  # fmt: skip
    return without_names(everything, secret_of(course.root)) if anonymous else _renamed(everything, shown)


def _marks(course: Course, week: Week, reports: Mapping[str, Report]) -> dict[str, Marked]:
    booked = gradebook_marks(course, week.assignment)
    return {group: booked.get(group) or report_marks(week.assignment, report) for group, report in reports.items()}


def _by_group(found: Sequence[StudentRow]) -> dict[str, list[StudentRow]]:
    groups: dict[str, list[StudentRow]] = {}
    for row in found:
        groups.setdefault(row.group, []).append(row)
    return groups


def _handins(
    course: Course, week: Week, found: Mapping[str, Sequence[StudentRow]], reports: Mapping[str, Report]
) -> tuple[HandIn, ...]:
    pages = formgrader_pages(course, week.assignment.week)
    all_of_them = (
        replace(_handin(course, week, rows, reports.get(group)), formgrader=pages.get(group, ""))
        for group, rows in found.items()
    )
    return tuple(sorted((item for item in all_of_them), key=_place))


def _place(handin: HandIn) -> tuple[bool, object]:
    """What needs a person comes first."""
    return handin.status != NEEDS_PERSON, natural_order(handin.group)


def _handin(course: Course, week: Week, found: Sequence[StudentRow], report: Report | None) -> HandIn:
    row = next((row for row in found if row.status == NEEDS_PERSON), found[0])
    page = f"{row.group}/{week.assignment.week}/{week.assignment.notebook}.html"
    has_page = (course.root / "feedback" / page).is_file()
    return HandIn(
        row.group,
        tuple(member.person.name for member in found if member.person.name),
        row.questions,
        row.points,
        row.extra,
        row.late_minutes,
        row.penalty,
        row.total,
        row.status,
        report.sandbox if report else "",
        report.seconds.get("total") if report else None,
        round(report.memory / (1 << 20), 1) if report and report.memory else None,
        f"../../feedback/{quote(os.fsencode(page))}" if has_page else "",
        _audit_link(course, week.assignment.week, row.group),
        "",
        tuple((name, number) for name, (number, _) in noted(report).items()) if report else (),
    )


def _audit_link(course: Course, week: str, group: str) -> str:
    path = audit_path(course, week, group)
    return quote(os.fsencode(f"{group}/{path.name}")) if path.is_file() else ""


def _open(marks: Mapping[str, Marked]) -> set[str]:
    """Give the groups whose marks a person has still to give, whatever else is in doubt about them."""
    return {group for group, marked in marks.items() if marked.needs_person or not takes(group)}


def _faults(
    groups: Sequence[str],
    reports: Mapping[str, Report],
    found: Mapping[str, Sequence[StudentRow]],
    open_: set[str],
    words: Sequence[Fault],
) -> tuple[Fault, ...]:
    faults = [fault for report in reports.values() for fault in faults_of(report, decided=report.group not in open_)]
    faults += [Fault(FaultKind.UNMARKED, group, "There is no report.") for group in groups if group not in reports]
    faults += words
    told = {fault.group for fault in faults if fault.kind in (FaultKind.PERSON, FaultKind.ERROR)}
    for group in groups:
        row = found[group][0]
        for doubt in dict.fromkeys(row.doubt for row in found[group] if row.doubt):
            faults.append(Fault(FaultKind.PERSON, group, f"Whose it is, is in doubt: {doubt}"))
        if group in open_ - told:
            faults.append(Fault(FaultKind.PERSON, group, "The gradebook asks for a person's mark."))
        if row.late_minutes:
            lost = f", which costs {row.penalty:g} points" if row.penalty else ""
            faults.append(Fault(FaultKind.LATE, group, f"{row.late_minutes} minutes after its deadline{lost}."))
        if row.late_minutes is None:
            faults.append(
                Fault(FaultKind.FLAGGED, group, "Its timestamp cannot be read: nobody knows whether it is late.")
            )
    order = {kind: place for place, kind in enumerate(FaultKind)}
    return tuple(sorted(faults, key=lambda fault: (order[fault.kind], natural_order(fault.group))))


def _words(
    course: Course, week: str, reports: Mapping[str, Report], written: Mapping[str, Mapping[str, str]]
) -> list[Fault]:
    """Give a word on what groups ask, and on what was read otherwise than usual."""
    long = f"Compared with others by its first {MAX_TEXT} letters."
    asked = (
        (item, f"{item.question.number} {item.question.title}: {item.why[:300]}") for item in gather(course, week).open
    )
    return [
        *(Fault(FaultKind.REQUEST, item.group, said, personal=True) for item, said in asked),
        *(Fault(FaultKind.FLAGGED, group, long) for group, cells in written.items() if is_too_long(cells)),
        *(Fault(FaultKind.FLAGGED, group, EARLIER) for group in reports if earlier_report(course.report(week, group))),
    ]


def _own_code(course: Course, reports: Sequence[Report]) -> dict[str, Mapping[str, str]]:
    """Give the code that each group wrote, by the cell."""
    paths = {report.group: course.report(report.week, report.group) / "notebook.ipynb" for report in reports}
    return {group: own_cells(read(path)) for group, path in paths.items() if path.is_file()}


def without_names(report: ClassReport, secret: bytes) -> ClassReport:
    """Give the report with pseudonyms for groups, and without people, links and words that may name somebody.

    A pseudonym is the same in every report on a week, and without the course's secret nobody can tell whose it is.
    """

    def pseudonym(group: str) -> str:
        digest = hmac.digest(secret, os.fsencode(f"{report.week}\0{group}"), hashlib.sha256)
        return base64.b32encode(digest)[:7].decode().lower()

    faults = tuple(
        replace(fault, sentence="The report has the sentence.") if fault.personal else fault for fault in report.faults
    )
    handins = tuple(replace(h, people=(), feedback="", audit="", formgrader="") for h in report.handins)
    return _sorted(_renamed(replace(report, faults=faults, handins=handins), pseudonym))


def _sorted(report: ClassReport) -> ClassReport:
    """Let no order tell whose a row is."""
    order = {kind: place for place, kind in enumerate(FaultKind)}
    return replace(
        report,
        handins=tuple(sorted(report.handins, key=_place)),
        walks=tuple(map(without_personal, report.walks)),
        blank=tuple(sorted(report.blank)),
        faults=tuple(sorted(report.faults, key=lambda fault: (order[fault.kind], natural_order(fault.group)))),
    )


def _renamed(value: Any, pseudonym: Callable[[str], str]) -> Any:
    """Put a pseudonym in the place of every group's name, wherever the report has one."""
    if isinstance(value, tuple):
        return tuple(_renamed(item, pseudonym) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, Any] = {}
    for field in fields(value):
        item = getattr(value, field.name)
        if field.name in ("group", "first", "second"):
            changed[field.name] = pseudonym(item)
        elif field.name in ("groups", "blank"):
            changed[field.name] = tuple(sorted(map(pseudonym, item)))
        elif field.name in ("numbers", "curves") and not isinstance(value, ClassReport):
            changed[field.name] = tuple(sorted((pseudonym(group), rest) for group, rest in item))
        else:
            changed[field.name] = _renamed(item, pseudonym)
    return replace(value, **changed)

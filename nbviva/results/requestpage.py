"""The regrade requests of a week as a page: each beside the verdict, what was asked of the notebook, and what to type.

For the teaching team only: it shows hidden questions. It asks for nothing and runs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.feedback.html import template
from nbviva.files import write
from nbviva.grading.again import OtherVerdict
from nbviva.grading.audit import Section, audit
from nbviva.grading.reports import readable_report
from nbviva.grading.verdict import Mark
from nbviva.records import kept, to_json
from nbviva.results.auditpage import with_code, write_audit
from nbviva.results.marks import gradebook_marks
from nbviva.results.requests import GatheredRequests, RegradeRequest, folder_of, gather


@dataclass(frozen=True)
class RequestBesideAudit:
    """A request with all that a person wants to see of it.

    Attributes
    ----------
    points
        The mark that stands now; None where there is none yet.
    mark
        What the examiner found; None where there is no report.
    sections
        Of the audit, those of this question.
    audit, feedback
        Where those pages are, from the folder of the requests; empty where there are none.
    others
        How the question ended with other hidden questions, where it was asked so.
    """

    request: RegradeRequest
    points: float | None
    mark: Mark | None
    sections: tuple[Section, ...]
    audit: str
    feedback: str
    others: tuple[OtherVerdict, ...] = ()


def beside_audits(
    course: Course, week: str, requests: GatheredRequests, others: Mapping[str, tuple[OtherVerdict, ...]]
) -> tuple[RequestBesideAudit, ...]:
    """Put each request beside what is known about it; `others` are by the request's name."""
    assignment = course.assignment(week)
    booked, places = gradebook_marks(course, assignment), {q.name: i for i, q in enumerate(assignment.questions)}
    found: list[RequestBesideAudit] = []
    for item in requests.found:
        report = readable_report(course.report(week, item.group))
        mark = next((m for m in report.marks if m.question == item.question.name), None) if report else None
        marked = booked.get(item.group)
        points = marked.points[places[item.question.name]] if marked else mark.points if mark else None
        sections = _sections(course, week, item) if report else ()
        name = item.question.notebook if assignment.parts else assignment.notebook
        page = course.feedback(week, item.group) / f"{name}.html"
        found.append(
            RequestBesideAudit(
                item, points, mark, sections, _link(course, write_audit(course, week, item.group)) if report else "",
                _link(course, page) if page.is_file() else "", others.get(item.name, ()),
            )
        )  # fmt: skip
    return tuple(found)


def _sections(course: Course, week: str, item: RegradeRequest) -> tuple[Section, ...]:
    try:
        return audit(course, week, item.group, item.question.name).sections
    except CourseError:  # the question has no check any more
        return ()


def _link(course: Course, path: Path) -> str:
    return quote(os.fsencode(f"../../{path.relative_to(course.root)}"))


def keep_others(course: Course, week: str, request: str, found: tuple[OtherVerdict, ...]) -> None:
    """Keep how a question ended when it was asked with other secrets, for the page."""
    write(_others_path(course, week), to_json({**_others(course, week), request: found}, indent=1))


def _others(course: Course, week: str) -> dict[str, tuple[OtherVerdict, ...]]:
    return kept(dict[str, tuple[OtherVerdict, ...]], _others_path(course, week)) or {}


def _others_path(course: Course, week: str) -> Path:
    return folder_of(course, week) / "again.json"


def write_requests(
    course: Course, week: str, requests: GatheredRequests | None = None
) -> tuple[Path, tuple[RequestBesideAudit, ...]]:
    """Write the page to `requests/WEEK/index.html`; it is its owner's alone.

    Parameters
    ----------
    requests
        What `gather` gave, where it was called already.
    """
    requests = requests or gather(course, week)
    found = beside_audits(course, week, requests, _others(course, week))
    page = template("results", "requests.html.j2", code=with_code).render(
        title=course.assignment(week).title, week=week, found=found, unplaced=requests.unplaced
    )
    path = folder_of(course, week) / "index.html"
    write(path, page)
    return path, found

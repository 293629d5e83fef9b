"""The audit of a hand-in as a page, for the teaching team alone: it shows the hidden questions.

It stands beside the report, asks for nothing and runs nothing. What a student's kernel chose is printable text of
limited length before it comes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from markupsafe import Markup, escape

from nbviva.course import Course
from nbviva.feedback.html import template
from nbviva.files import digest, stamp, write
from nbviva.grading.audit import Audit, Section, audit
from nbviva.grading.framework import of_framework
from nbviva.grading.reports import readable_report
from nbviva.grading.verdict import Outcome

FILE = "audit.html"
_HEAD = 200  # bytes, in which the page says what it was made of


@dataclass(frozen=True)
class AuditedQuestion:
    """What one question's checks asked; or, without a name, what was asked for several."""

    name: str
    title: str
    sections: tuple[Section, ...]

    @property
    def is_open(self) -> bool:
        """Whether something in it did not pass."""
        return any(section.outcome not in ("", Outcome.PASSED) for section in self.sections)


def audit_path(course: Course, week: str, group: str) -> Path:
    """Say where the page of a hand-in is."""
    return course.report(week, group) / FILE


def write_audit(course: Course, week: str, group: str) -> Path:
    """Write the page, unless it is there as it would be written; it is its owner's alone.

    Raises
    ------
    CourseError
        If there is no report.
    """
    path, made_of = audit_path(course, week, group), _made_of(course, week, group)
    if not _says(path, made_of):
        write(path, audit_page(course.assignment(week).title, audit(course, week, group), made_of))
    return path


def write_audits(course: Course, week: str, groups: Iterable[str]) -> None:
    """Write the pages of those of these groups that have a report."""
    for group in groups:
        if readable_report(course.report(week, group)) is not None:
            write_audit(course, week, group)


def audit_page(title: str, found: Audit, made_of: str = "") -> str:
    """Give the page's HTML."""
    by_question = groupby(found.sections, key=lambda section: (section.exercise, section.question))
    parts = [AuditedQuestion(name, title, tuple(sections)) for (name, title), sections in by_question]
    parts.sort(key=lambda part: not part.name)  # what several questions asked for comes last
    return template("results", "audit.html.j2", code=with_code).render(
        title=title, found=found, parts=parts, made_of=made_of
    )


def with_code(text: str) -> Markup:
    """Give a sentence with what stands in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def _made_of(course: Course, week: str, group: str) -> str:
    folder = course.report(week, group)
    stamps = (stamp(folder / name) for name in ("report.json", "transcript"))
    return digest(of_framework(), repr(course.assignment(week)), *stamps)


def _says(path: Path, made_of: str) -> bool:
    try:
        with path.open("rb") as file:
            return made_of.encode() in file.read(_HEAD)
    except OSError:
        return False

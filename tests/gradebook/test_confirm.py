"""A doubt leaves a mark to a person, who gives it in the formgrader or takes what nbviva would have given."""

import shutil

import pytest

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.gradebook.book import Tables, grade_rows, opened
from nbviva.gradebook.confirm import confirm
from nbviva.gradebook.record import record
from nbviva.grading.stored import graded
from nbviva.handin.door import Handin
from nbviva.handin.doubt import Doubt
from nbviva.results.classreport import class_report
from nbviva.results.faults import FaultKind
from nbviva.results.marks import rows

SENTENCE = "Two notebooks hold different answers, and their names do not say which one counts."


@pytest.fixture(scope="module")
def marked(new_course, hand_in, room):
    """A course with a recorded hand-in that leaves a doubt about one question, and one that leaves none."""
    course = new_course()
    with pytest.MonkeyPatch.context() as patch:
        _mark(course, hand_in, room, patch)
    return course


@pytest.fixture
def doubted(marked, tmp_path, monkeypatch):
    """A copy of that course, in which we work."""
    shutil.copytree(marked.root, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return Course(tmp_path / "course")


def _mark(course, hand_in, room, monkeypatch):
    def doubts(handin):
        return (Doubt(SENTENCE, ("double",)),) if handin.group == "doubted" else ()

    monkeypatch.setattr(Handin, "doubts", property(doubts))
    monkeypatch.chdir(course.root)
    for group in ("clear", "doubted"):
        hand_in(course, group)
        graded(course, "toy", group, room=room)
    record(course, "toy", ["clear", "doubted"])


def booked(course):
    """Give the doubted group's marks as the gradebook has them: automatic, manual, and whether a person has to look."""
    with opened(course) as book:
        found = grade_rows(book, "toy", ["doubted"])
    return {row.cell: (row.auto, row.manual, row.needs_person) for row in found}


def page(course):
    """Give the doubted group's feedback page."""
    return (course.feedback("toy", "doubted") / "toys.html").read_text("utf-8")


def statuses(course):
    """Give what the marks list says about each group."""
    return {row.group: (row.status, row.total) for row in rows(course, "toy")}


def test_doubt_leaves_its_question_alone_without_a_mark_until_it_is_confirmed(doubted):
    assert {"double": (None, None, True), "half": (3, None, False)}.items() <= booked(doubted).items()
    assert {"clear": ("marked", 7), "doubted": ("needs a person", 5)} == statuses(doubted)
    assert "provisionally 2 of 2 points" in page(doubted)
    assert SENTENCE in page(doubted)

    found = confirm(doubted, "toy", "doubted")
    assert [("double", 2.0)] == [(mark.question, mark.provisional) for mark in found.given]
    assert {"double": (None, 2, False), "half": (3, None, False)}.items() <= booked(doubted).items()
    assert {"clear": ("marked", 7), "doubted": ("marked", 7)} == statuses(doubted)
    assert SENTENCE not in page(doubted)
    assert () == confirm(doubted, "toy", "doubted").given


def test_mark_that_a_person_gave_is_kept(doubted):
    with opened(doubted) as book:
        (row,) = [row for row in grade_rows(book, "toy", ["doubted"]) if row.cell == "double"]
        grade = book.db.get(Tables.Grade, row.id)
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        book.db.commit()
    found = confirm(doubted, "toy", "doubted")
    assert ((), ("double",)) == (found.given, tuple(mark.question for mark in found.kept))
    assert (None, 1, False) == booked(doubted)["double"]


def test_class_report_has_what_waits_for_a_person_first(doubted):
    report = class_report(doubted, "toy")
    assert ["doubted", "clear"] == [handin.group for handin in report.handins]
    assert (FaultKind.PERSON, "doubted", SENTENCE) == (
        report.faults[0].kind, report.faults[0].group, report.faults[0].sentence,
    )  # fmt: skip
    confirm(doubted, "toy", "doubted")
    assert FaultKind.PERSON not in {fault.kind for fault in class_report(doubted, "toy").faults}


def test_group_without_a_report_cannot_be_confirmed(doubted):
    with pytest.raises(CourseError, match="There is no report on nobody"):
        confirm(doubted, "toy", "nobody")

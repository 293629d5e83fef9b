"""One row of the table of marks, and lateness."""

from dataclasses import replace

import pytest

from nbviva.cli.printing import lateness, row
from nbviva.grading.verdict import NO_NOTEBOOK, Mark, Outcome, Report, Verdict
from nbviva.handin.doubt import Doubt


def report(*outcomes, cause="", notes=()):
    """Give a report with a question for each outcome."""
    points = {Outcome.PASSED: 2.0, Outcome.ERROR: None}
    verdicts = tuple(Verdict(f"c{i}", f"q{i}", o, "S.", f"detail {i}", cause) for i, o in enumerate(outcomes))
    marks = tuple(Mark(f"q{i}", f"1.{i}", "Q", points.get(o, 0.0), 2.0, i == 1, o) for i, o in enumerate(outcomes))
    return Report("toy", "g", "d", "s", verdicts, marks, notes)


def test_every_lost_point_has_its_reason(course):
    """Notes come first, then what was found for each question that did not pass."""
    found = row(course, report(Outcome.PASSED, Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, notes=("Note.",)))
    assert (found.group, found.points, found.extra, found.needs_person) == ("g", 2.0, 2.0, False)
    assert found.reasons == ("Note.", "1.2 Q: detail 2", "1.3 Q: detail 3")


def test_our_own_fault_is_said(course):
    """A question without a mark needs a person."""
    found = row(course, report(Outcome.ERROR, Outcome.PASSED))
    assert found.needs_person
    assert found.reasons == ("1.0 Q: detail 0",)


def test_unreadable_notebook_has_one_reason(course):
    """Where there was no notebook, the note says so once."""
    found = row(course, report(Outcome.FAILED, Outcome.FAILED, cause=NO_NOTEBOOK, notes=("No notebook.",)))
    assert found.reasons == ("No notebook.",)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2024-01-08 18:59:59 UTC", "-"),
        ("2024-01-08 19:00:00 UTC", "-"),
        ("2024-01-08 19:30:00 UTC", "30 min"),
        ("2024-01-08 19:30:00.123456 UTC", "31 min"),
        ("2024-01-08T20:30:00+01:00", "30 min"),
        ("nonsense", "?"),
        ("", "?"),
    ],
)
def test_lateness_is_counted_from_the_deadline_in_utc(course, stamp, expected):
    """The stamp is UTC unless it says otherwise; the deadline is Berlin's."""
    folder = course.submitted("toy", "g")
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(stamp, "utf-8")
    assert lateness(course, "toy", "g") == expected


def test_without_a_stamp_nothing_is_late(course):
    """A hand-in without timestamp.txt is in time."""
    assert lateness(course, "toy", "g") == "-"


def test_stamp_that_is_no_text_is_unknown(course):
    """Bytes that are no text do not stop the table."""
    folder = course.submitted("toy", "g")
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe2024")
    assert lateness(course, "toy", "g") == "?"


def doubtful(outcome, provisional):
    """Give a report on one question whose check ended so, and which a doubt leaves to a person."""
    found = report(outcome)
    mark = replace(found.marks[0], points=None, outcome=Outcome.PERSON, provisional=provisional)
    return replace(found, marks=(mark,), doubts=(Doubt("Whose is it?"),))


def test_doubt_comes_before_what_it_is_worth(course):
    """The reasons begin with the doubt; a check that failed is told beside it."""
    found = row(course, doubtful(Outcome.FAILED, 0.0))
    assert (True, 0.0, ("Whose is it?", "1.0 Q: detail 0")) == (found.needs_person, found.provisional, found.reasons)
    found = row(course, doubtful(Outcome.PASSED, 2.0))
    assert (True, 2.0, ("Whose is it?",)) == (found.needs_person, found.provisional, found.reasons)

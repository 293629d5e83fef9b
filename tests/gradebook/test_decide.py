"""A person's decision: the mark, the comment and the page follow it, through the command that people type."""

import json

import pytest

from nbviva.errors import CourseError
from nbviva.gradebook.book import comment_rows, grade_rows, opened
from nbviva.gradebook.decide import decide
from nbviva.results.requests import folder_of
from tests.classroom import recorded


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBVIVA_SECRET", "a secret for tests")
        return recorded(tmp_path_factory.mktemp("marked") / "course", 3)


def booked(course, cell):
    with opened(course) as book:
        grades = {row.cell: row.score for row in grade_rows(book, "toy", ["g01"])}
        comments = {row.cell: row.manual for row in comment_rows(book, "toy", ["g01"])}
    return grades[cell], comments.get(f"{cell}_answer")


def test_request_is_decided_in_gradebook_page_and_list_of_requests(course, program):
    folder = folder_of(course, "toy")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.txt").write_text("group: g01\nquestion: 1.2\nwhy: It is 3.5.")
    first = program(course, "nbviva", "requests", "toy", "--json")
    (name,) = [item["request"]["name"] for item in json.loads(first.stdout)["requests"]]
    done = program(
        course, "nbviva", "requests", "toy", "--decide", name, "--points", "2.5", "--because", "A slip of ours."
    )
    assert (1, 0, "") == (first.returncode, done.returncode, done.stderr)
    assert "1.2 Half of seven, g01: 2.5 of 3, decided" in done.stdout
    assert (2.5, "Asked to look again: 2.5 points now. A slip of ours.") == booked(course, "half")
    page = (course.feedback("toy", "g01") / "toys.html").read_text("utf-8")
    assert "A person gave this mark." in page
    assert "Asked to look again: 2.5 points now. A slip of ours." in page
    assert "2.5 points, before" in (folder / "index.html").read_text("utf-8")


def test_mark_stays_without_points_and_words_stand_below_earlier_ones(course):
    question = course.assignment("toy").question("double")
    before, _ = booked(course, "double")
    for words in ("First.", "Second."):
        assert (before, before) == (
            (found := decide(course, "toy", "g01", question, None, words)).before, found.after
        )  # fmt: skip
    assert (before, "First.\nSecond.") == booked(course, "double")


@pytest.mark.parametrize("points", [-1.0, 3.5, float("nan")])
def test_points_that_a_question_cannot_give_are_refused(course, points):
    with pytest.raises(CourseError, match="gives from 0 to 2 points"):
        decide(course, "toy", "g01", course.assignment("toy").question("double"), points, "x")

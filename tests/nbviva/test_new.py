"""A new week is there at once, is found fair before a word of it is changed, and goes all the way to a mark."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from nbviva.course import Course, CourseError
from nbviva.new import new
from nbviva.sandbox import refusal

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A course directory without weeks."""
    root = tmp_path_factory.mktemp("new") / "course"
    root.mkdir()
    return Course(root)


def test_a_new_week_is_one_of_the_courses(empty):
    new(empty, "week12", NOW)
    assert ["week12"] == empty.weeks()
    assignment = empty.week("week12").assignment
    assert ("Week 12: GC content", 4.0) == (assignment.title, assignment.maximum)
    assert "2026-05-18" == f"{assignment.due:%Y-%m-%d}"


def test_a_folder_that_is_there_is_refused(empty):
    new(empty, "again", NOW)
    with pytest.raises(CourseError, match=r"graders/again exists already: choose another name"):
        new(empty, "again", NOW)


@pytest.mark.parametrize("name", ["Week12", "week 12", "12", "../x", "week-12", "class", "", "a" * 60])
def test_a_bad_name_is_refused(empty, name):
    with pytest.raises(CourseError, match="cannot be a week's name"):
        new(empty, name, NOW)
    assert not (empty.root / "graders" / name).is_dir() or not name


@pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
def test_a_new_week_is_green_and_marks_its_own_reference(course, program):
    """new, verify, source, release, hand in the reference, grade: all by the commands that an instructor types."""
    shutil.rmtree(course.root / "graders")
    assert 0 == program(course, "nbviva", "new", "week12").returncode
    verified = program(course, "nbviva", "verify", "week12", "--json")
    assert (0, []) == (verified.returncode, [row["row"] for row in json.loads(verified.stdout) if row["defects"]])
    again = program(course, "nbviva", "verify", "week12", "--json")
    assert [0] * 7 == [row["origin"]["made"] for row in json.loads(again.stdout)]
    assert 0 == program(course, "nbviva", "release", "week12").returncode
    assert {"gc_content.ipynb", "exercise_sheet.pdf"} == {path.name for path in course.release("week12").iterdir()}
    folder = course.submitted("week12", "anna")
    folder.mkdir(parents=True)
    shutil.copyfile(course.source("week12") / "gc_content.ipynb", folder / "gc_content.ipynb")
    graded = program(course, "nbviva", "grade", "week12")
    assert 0 == graded.returncode
    report = json.loads((course.report("week12", "anna") / "report.json").read_text("utf-8"))
    assert 4.0 == sum(mark["points"] for mark in report["marks"])

"""Week 11 from the release to the mark, through the sandbox: a group that solves everything, and the blank release."""

import shutil
from pathlib import Path

import pytest

import graders.week11
from nbviva.course import Course
from nbviva.grading.grade import grade
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome
from nbviva.notebooks import to_text
from nbviva.sandbox.provisioner import refusal
from nbviva.verify.release import make_source
from nbviva.week.source import release_template, source_notebook

ROOT = Path(next(iter(graders.week11.__path__))).parent.parent

from hand_in import read_cells  # noqa: E402 - the tools are no package

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course directory of the test's own, with week 11 in it."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "graders", root / "graders")
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    make_source(Course(root), "week11")
    return Course(root)


def graded(course, group, cells):
    """Hand in the release with these solution cells, never run, and grade it."""
    template = release_template(source_notebook(course.week("week11")))
    for cell in template.cells:
        cell.source = cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    folder = course.submitted("week11", group)
    folder.mkdir(parents=True)
    (folder / "neural_networks.ipynb").write_text(to_text(template), "utf-8")
    return grade(submission(course, "week11", group)).report


def test_right_answers_in_another_style_get_every_point(course):
    """The notebook comes without outputs, so its own training is run, too."""
    report = graded(course, "full", read_cells(ROOT / "tests" / "submissions" / "week11" / "full_marks"))
    assert [] == [v.detail for v in report.verdicts if v.outcome is not Outcome.PASSED]
    assert (15, 5) == (report.points, report.extra_points)
    assert report.sandbox.startswith("bubblewrap")


def test_the_blank_release_gets_none(course):
    report = graded(course, "blank", {})
    assert (0, 0) == (report.points, report.extra_points)
    assert {Outcome.FAILED, Outcome.SKIPPED} == {verdict.outcome for verdict in report.verdicts}

"""A group looks at its hand-in for an adopted week: with what the release says, and nothing that it hides."""

import json
import shutil

import pytest

from nbviva.adopt.adoption import Adoption, adoption_path, adoption_text
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.files import write
from nbviva.handin.door import DESCRIPTION
from nbviva.precheck.description import find_description, read_description
from nbviva.precheck.look import look
from nbviva.verify.release import make_release
from tests.ordinary.course import hand_in, make_course

SAID = {"title": "Numbers and text", "limits": {"cell": 20}}


@pytest.fixture(scope="module", params=["ps1", "ps2"])
def released(request, tmp_path_factory):
    """An adopted week that is released: one notebook, or two."""
    course, week = make_course(tmp_path_factory.mktemp("ordinary")), request.param
    adoption = Adoption(week, fingerprints(source_texts(course.source(week))), assignment=SAID)
    write(adoption_path(course.root, week), adoption_text(adoption))
    make_release(course, week)
    return course, week


def remarks(course, week, folder):
    """Give what is to be mended in a hand-in, beside which the release's files lie."""
    for path in course.release(week).iterdir():
        if path.suffix != ".ipynb":
            shutil.copy(path, folder)
    looked = look(folder, read_description(find_description(folder)))
    return [f"{remark.question}: {remark.sentence}" for remark in looked.remarks if remark.missing]


def test_the_description_says_what_the_release_says_and_no_more(released):
    """Neither hidden test nor solution nor mark scheme, and nothing is written into the source."""
    course, week = released
    text = (course.release(week) / DESCRIPTION).read_text("utf-8")
    assert not [word for word in ("negative numbers", "### BEGIN", "MARK SCHEME", "return n * n") if word in text]
    assert not (course.source(week) / DESCRIPTION).exists()
    described = read_description(course.release(week) / DESCRIPTION).assignment
    asked = course.assignment(week)
    assert [q.name for q in described.questions] == [q.name for q in asked.questions]
    assert (described.notebooks, described.title, described.limits) == (asked.notebooks, asked.title, asked.limits)
    assert json.loads(text)["assignment"]["title"] == "Numbers and text"


def test_a_solved_hand_in_is_ready(released):
    course, week = released
    assert remarks(course, week, hand_in(course, "ada", week)) == []


def test_a_failing_visible_test_is_named(released):
    course, week = released
    wrong = {"ps1": {"answer": "answer = 41"}, "ps2": {"ramp": "ramp = list"}}[week]
    found = remarks(course, week, hand_in(course, "ben", week, **wrong))
    name = {"ps1": "answer_test", "ps2": "arrays: ramp_test"}[week]
    assert len(found) == 1
    assert f"{name}: A visible test fails: " in found[0]


def test_the_release_as_it_is_has_nothing_written(released):
    """Each answer cell is named, a written answer too."""
    course, week = released
    folder = course.submitted(week, "blank")
    shutil.copytree(course.release(week), folder)
    found = remarks(course, week, folder)
    cell = {"ps1": "square", "ps2": "arrays/ramp"}[week]
    assert f": Nothing was written into the cell '{cell}'." in found
    if week == "ps1":
        assert any("essay: Nothing was written into its cell." in line for line in found)


def test_a_notebook_that_is_missing_is_told(released):
    course, week = released
    folder = hand_in(course, "dan", week)
    name = course.assignment(week).notebooks[-1]
    (folder / f"{name}.ipynb").unlink()
    found = " ".join(remarks(course, week, folder))
    assert f"{name}.ipynb" in found

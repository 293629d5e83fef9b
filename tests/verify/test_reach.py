"""The probe in a kernel finds what is planted where a kernel can reach it, and nothing where nothing is."""

import pytest

from nbviva.sandbox.provisioner import refusal
from nbviva.verify.leaks import secrets_of
from nbviva.verify.route import reachable

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
SECRET = b"a secret for tests"


def found(course, room, data):
    """Probe a kernel with an empty hand-in."""
    (course.root / "empty").mkdir(exist_ok=True)
    return reachable(secrets_of(course.week("toy"), SECRET), course.root / "empty", data, room)


def test_nothing_is_in_reach(course, room):
    assert [] == found(course, room, course.root / "no data")


def test_a_file_of_the_week_may_be_called_like_a_module_of_nbviva(course, room):
    """Such as `asking.py`, which every kernel has of nbviva; only a copy of the week's own is in reach."""
    (course.root / "graders/toy/asking.py").write_text("HOW = 1", "utf-8")
    assert [] == found(course, room, course.root / "no data")
    (course.root / "data").mkdir()
    (course.root / "data/asking.py").write_text("", "utf-8")
    (sentence,) = found(course, room, course.root / "data")
    assert sentence.startswith("the examiner's file can be read as ")


def test_secrets_that_lie_beside_the_notebook_are_found(course, room):
    data = course.root / "data"
    data.mkdir()
    (data / "notes.txt").write_text("a secret for tests\n", "utf-8")
    (data / "mutants.py").write_text("", "utf-8")
    first, second = found(course, room, data)
    assert first.startswith("secret text can be read in ")
    assert first.endswith("data/notes.txt")
    assert second.startswith("the examiner's file can be read as ")


def test_a_search_that_does_not_end_well_is_told(course, room, monkeypatch):
    monkeypatch.setattr("nbviva.verify.route.inspect.getsource", lambda _: "1 / 0")
    assert ["the search in the kernel did not end: look at nbviva/verify/probe.py"] == found(course, room, course.root)

"""The sheet in a hand-in: which file counts, and the names on it, kept where only their owner can read them."""

import json
import stat
from dataclasses import replace

import pytest

from nbviva.handin import sheet
from nbviva.handin.people import Person
from nbviva.handin.sheet import Signed, counting_form, form_of, signed

ADA, BOB = Person("Ada Lovelace", "1000004"), Person("Bob Stone", "2000008")
TEXTS = {
    "member_1_name": ADA.name, "member_1_number": ADA.number, "member_2_name": BOB.name, "member_2_number": BOB.number,
    "answer_half": "3,5",
}  # fmt: skip


@pytest.fixture
def places(course, fill_in):
    """A hand-in with a filled sheet: its folder, the report's, and the week."""
    fill_in(course, "g", "answer_colour-red", **TEXTS)
    return course.submitted("toy", "g"), course.report("toy", "g"), course.week("toy").assignment


def test_sheet_by_its_name_comes_before_another_pdf(places):
    folder, _, _ = places
    (folder / "a.pdf").write_bytes(b"")
    assert folder / "exercise_sheet.pdf" == form_of(folder)
    (folder / "exercise_sheet.pdf").unlink()
    assert folder / "a.pdf" == form_of(folder)
    (folder / "a.pdf").unlink()
    assert form_of(folder) is None


def test_names_are_kept_for_their_owner_alone(places):
    found = signed(*places)
    assert Signed((ADA, BOB), ()) == found
    kept = places[1] / "members.json"
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
    assert ["members.json"] == [path.name for path in places[1].iterdir()]
    assert ["Ada Lovelace", "Bob Stone"] == [person["name"] for person in json.loads(kept.read_text("utf-8"))["people"]]


def test_sheet_is_read_once_while_it_is_the_same(places, course, fill_in, monkeypatch):
    first = signed(*places)
    with monkeypatch.context() as patch:
        patch.setattr(sheet, "read_form", None)
        assert first == signed(*places)
    fill_in(course, "g", **{**TEXTS, "member_2_name": "", "member_2_number": ""})
    assert (ADA,) == signed(*places).people


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sheet": 1}', "\0"])
def test_broken_memory_is_made_anew(places, content):
    first = signed(*places)
    (places[1] / "members.json").write_text(content, "utf-8")
    assert first == signed(*places)


def test_what_is_odd_about_the_sheet_is_told_and_what_is_wrong_of_answers_is_not(course, fill_in, places):
    fill_in(course, "g", answer_half="83 %", member_1_name=ADA.number, member_1_number=ADA.name)
    found = signed(*places)
    assert Signed((ADA,), ("Line 1: name and matriculation number were swapped and put right.",)) == found


def test_released_sheet_that_nobody_touched_says_nothing(course, fill_in, places):
    fill_in(course, "g")
    assert Signed() == signed(*places)
    assert (None, ()) == counting_form(places[0], places[2])


def test_missing_sheet_is_told_where_one_is_required(places):
    folder, report, week = places
    (folder / "exercise_sheet.pdf").unlink()
    assert Signed() == signed(folder, report, week)
    told = signed(folder, report, replace(week, sheet_required=True)).problems[0]
    assert told.startswith("There is no exercise sheet in the hand-in.")

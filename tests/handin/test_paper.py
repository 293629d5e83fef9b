"""The sheet in a hand-in: which file counts, and the names on it, kept where only their owner can read them."""

import json
import stat
from dataclasses import replace

import pytest

from nbviva.handin import papers
from nbviva.handin.door import Handin, open_handin
from nbviva.handin.papers import TakenSheet
from nbviva.handin.people import Person
from nbviva.handin.signed import Signed, signed
from nbviva.handin.walk import walk

ADA, BOB = Person("Ada Lovelace", "1000004"), Person("Bob Stone", "2000008")
TEXTS = {
    "member_1_name": ADA.name, "member_1_number": ADA.number, "member_2_name": BOB.name, "member_2_number": BOB.number,
    "answer_half": "3,5",
}  # fmt: skip


@pytest.fixture
def places(course, fill_in):
    """A hand-in with a filled sheet: a function that opens it anew, and the report's folder."""
    fill_in(course, "g", "answer_colour-red", **TEXTS)
    week = course.week("toy")
    return lambda: open_handin(course, week, "g"), course.report("toy", "g")


def test_names_are_kept_for_their_owner_alone(places):
    found = signed(places[0](), places[1])
    assert Signed((ADA, BOB), ()) == found
    kept = places[1] / "members.json"
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
    assert ["members.json"] == [path.name for path in places[1].iterdir()]
    assert ["Ada Lovelace", "Bob Stone"] == [person["name"] for person in json.loads(kept.read_text("utf-8"))["people"]]


def test_sheet_is_read_once_while_it_is_the_same(places, course, fill_in, monkeypatch):
    first = signed(places[0](), places[1])
    with monkeypatch.context() as patch:
        patch.setattr(papers, "read_forms", None)
        assert first == signed(places[0](), places[1])
    fill_in(course, "g", **{**TEXTS, "member_2_name": "", "member_2_number": ""})
    assert (ADA,) == signed(places[0](), places[1]).people


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sheet": 1}', "\0"])
def test_broken_memory_is_made_anew(places, content):
    first = signed(places[0](), places[1])
    (places[1] / "members.json").write_text(content, "utf-8")
    assert first == signed(places[0](), places[1])


def test_names_that_somebody_has_put_there_are_not_believed(places):
    first = signed(places[0](), places[1])
    kept = places[1] / "members.json"
    kept.write_text(kept.read_text("utf-8").replace("Bob Stone", "Eve Stone"), "utf-8")
    assert first == signed(places[0](), places[1])


def test_what_is_odd_about_the_sheet_is_told_and_what_is_wrong_of_answers_is_not(course, fill_in, places):
    fill_in(course, "g", answer_half="83 %", member_1_name=ADA.number, member_1_number=ADA.name)
    found = signed(places[0](), places[1])
    assert Signed((ADA,), ("Line 1: name and matriculation number were swapped and put right.",)) == found


def test_released_sheet_that_nobody_touched_says_nothing(course, fill_in, places):
    fill_in(course, "g")
    assert Signed() == signed(places[0](), places[1])
    assert TakenSheet() == places[0]().sheet


def test_missing_sheet_is_told_where_one_is_required(places, course):
    folder = course.submitted("toy", "g")
    (folder / "exercise_sheet.pdf").unlink()
    assert Signed() == signed(places[0](), places[1])
    week = replace(course.week("toy"), assignment=replace(course.assignment("toy"), sheet_required=True))
    told = signed(Handin("g", walk(folder), week), places[1]).problems[0]
    assert told.startswith("There is no exercise sheet in the hand-in.")

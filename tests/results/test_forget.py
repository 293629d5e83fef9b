"""A student is forgotten: in every list, report and page; where they still stand is said; nobody else is touched."""

import json

import openpyxl
import pytest

from nbviva.errors import CourseError
from nbviva.handin.collect import lms_file
from nbviva.handin.people import Person, read_roster, remember, remembered
from nbviva.results.export import export
from nbviva.results.forget import forget

ROSTER = (
    "matriculation number,name,e-mail,login,group\n1000004,Ann Müller,ann@x.org,annm,g1\n"
    "2000008,Ann Stone,bob@x.org,ann,g1\n3000001,Cleo Late,cleo@x.org,cleo,\n"
)


@pytest.fixture
def kept(course, hand_in):
    """A course that knows Ann Müller in every place."""
    (course.root / "roster.csv").write_text(ROSTER, "utf-8")
    hand_in(course, "g1", raw=json.dumps({"cells": [], "x": "Ann Müller", "nbformat": 4, "metadata": {}}).encode())
    hand_in(course, "cleo")
    ann = Person("Ann Müller", login="annm", lms="Participant 11")
    remember(lms_file(course, "toy"), {"g1": (ann, Person("Ann Stone"))})
    report = course.report("toy", "g1")
    report.mkdir(parents=True)
    people = [{"name": "Müller, Ann", "number": "1000004"}, {"name": "Ann Stone", "number": "2000008"}]
    (report / "members.json").write_text(json.dumps({"sheet": "x", "people": people, "problems": []}))
    (course.root / "reports/toy/index.html").write_text("<td>Ann M&uuml;ller, Ann Müller</td>")
    (course.root / "reports/toy/anonymous.html").write_text("<td>nobody</td>")
    page = course.feedback("toy", "g1") / "toys.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>Name: Ann Müller 1000004, Ann Stone 2000008</p>")
    export(course, "toy", course.root / "marks")
    (course.root / "marks/toy-problems.txt").write_text("g1: the number 1000004 is odd.\ng1: 2000008 is odd.\n")
    return course


def test_student_is_gone_from_lists_reports_and_pages(kept):
    found = forget(kept, "1000004")
    assert {
        "roster.csv", ".nbviva/people/toy.json", "reports/toy/g1/members.json", "marks/toy-marks.csv",
        "marks/toy-marks.xlsx", "marks/toy-problems.txt", "reports/toy/index.html", "feedback/g1/toy/toys.html",
    } <= set(found.changed)  # fmt: skip
    texts = [path for path in kept.root.rglob("*") if path.is_file() and "submitted" not in path.parts]
    named = [
        path.name for path in texts if b"1000004" in path.read_bytes() or "Ann Müller".encode() in path.read_bytes()
    ]
    assert [] == named
    cells = [cell.value for row in openpyxl.load_workbook(kept.root / "marks/toy-marks.xlsx").active for cell in row]
    assert "1000004" not in cells


def test_nobody_else_is_touched(kept):
    forget(kept, "annm")
    assert ["Ann Stone", "Cleo Late"] == [person.name for person in read_roster(kept.root / "roster.csv").people]
    assert ROSTER.splitlines()[2:] == (kept.root / "roster.csv").read_text().splitlines()[1:]
    assert (Person("Ann Stone"),) == remembered(lms_file(kept, "toy"))["g1"]
    people = json.loads((kept.report("toy", "g1") / "members.json").read_text())
    assert ("x", ["2000008"]) == (people["sheet"], [item["number"] for item in people["people"]])
    assert (
        "<p>Name: (removed) (removed), Ann Stone 2000008</p>" == (kept.feedback("toy", "g1") / "toys.html").read_text()
    )
    assert "g1: 2000008 is odd.\n" == (kept.root / "marks/toy-problems.txt").read_text()
    assert (kept.root / "reports/toy/anonymous.html").exists()
    rows = (kept.root / "marks/toy-marks.csv").read_text("utf-8-sig").splitlines()[1:]
    assert ["Ann Stone", "Cleo Late"] == sorted(row.split(",")[1] for row in rows)


@pytest.mark.parametrize("who", ["1000004", "ANNM", "ann@x.org", "Müller, Ann", "ann muller"])
def test_student_is_found_by_any_of_their_names(kept, who):
    forget(kept, who)
    assert "1000004" not in (kept.root / "roster.csv").read_text()


def test_hand_ins_and_gradebook_are_named_and_stay(kept):
    before = (kept.submitted("toy", "g1") / "toys.ipynb").read_bytes()
    assert "submitted/g1/toy/toys.ipynb" in forget(kept, "annm").left
    assert before == (kept.submitted("toy", "g1") / "toys.ipynb").read_bytes()
    assert "submitted/cleo/toy/toys.ipynb" in forget(kept, "cleo").left


@pytest.mark.parametrize(
    ("who", "words"), [("Zoe", "No list knows 'Zoe'"), ("", "No list knows ''"), ("999", "No list")]
)
def test_who_is_not_known_is_one_sentence(kept, who, words):
    with pytest.raises(CourseError, match=words):
        forget(kept, who)


def test_namesakes_are_told_apart_by_more_than_the_name(kept):
    (kept.root / "roster.csv").write_text("number,name\n1000004,Ann Doe\n2000008,Ann Doe\n")
    with pytest.raises(CourseError, match="Several students are called 'Ann Doe'"):
        forget(kept, "Ann Doe")


def test_other_numbers_in_other_weeks_are_one_student(kept):
    remember(lms_file(kept, "week12"), {"x": (Person("Dan Ito", lms="Participant 57"),)})
    remember(lms_file(kept, "week13"), {"x": (Person("Dan Ito", lms="Participant 91"),)})
    assert 2 == len(forget(kept, "Dan Ito").changed)

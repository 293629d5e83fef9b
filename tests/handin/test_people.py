"""Who handed in: what is read, how it is merged, and what is reported."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.handin.people import (
    Person,
    Roster,
    group_id,
    header_people,
    plain_name,
    plain_number,
    read_roster,
    remember,
    remembered,
)

ANN = Person("Ann Müller", "1000004", "ann@x.org", "annm", "g1")
BOB = Person("Bob Stone", "2000008", "bob@x.org", "bobs")
ROSTER = Roster((ANN, BOB))
ROWS = [
    ["Matriculation number", "Name", "E-Mail", "LMS login", "Group"],
    ["1000004", "Ann Müller", "ann@x.org", "annm", "g1"],
    ["2000008", "Bob Stone", "bob@x.org", "bobs", ""],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_roster_is_read_as_spreadsheets_write_it(tmp_path, delimiter, encoding):
    text = "\r\n".join(delimiter.join(row) for row in ROWS)
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    assert ROSTER == read_roster(tmp_path / "roster.csv")


def test_headers_may_be_named_otherwise(tmp_path):
    (tmp_path / "roster.csv").write_text("Vorname;Nachname;Matrikelnummer;Username\nBob;Stone;2000008;bobs\n", "utf-8")
    assert (Person("Bob Stone", "2000008", login="bobs"),) == read_roster(tmp_path / "roster.csv").people


def test_missing_roster_is_empty(tmp_path):
    assert Roster() == read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,login\nAnn,a\n", "has no column 'matriculation number'"),
        ("number,name\nabc,Ann\n", "line 2: 'abc' is no matriculation number"),
        ("number,name\n123456,Ann\n123 456,Bob\n", "line 3: an earlier line has the same number '123456'"),
        ("number,login\n1234,A\n1235,a\n", "line 3: an earlier line has the same login 'a'"),
    ],
)
def test_mistakes_of_the_roster_are_sentences(tmp_path, text, words):
    (tmp_path / "roster.csv").write_text(text, "utf-8")
    assert words in " ".join(read_roster(tmp_path / "roster.csv").problems)


@given(st.binary(max_size=300))
def test_any_file_is_a_roster(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("r") / "roster.csv"
    path.write_bytes(raw)
    assert isinstance(read_roster(path), Roster)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name: Ann Müller Matriculation no.: 1000004", [Person("Ann Müller", "1000004")]),
        ("Name: Ann  &emsp;&emsp; Matriculation no.: 1 \n\nName: Bob Matriculation number: 2", ["Ann", "Bob"]),
        ("**Name:** Ann | **Matriculation no.:** 12", [Person("Ann", "12")]),
        ("Name: Ann; Matrikelnummer: 12", [Person("Ann;", "12")]),
        ("Name: &emsp;&emsp; Matriculation no.:", []),
        ("Nothing here", []),
    ],
)
def test_header_lines_are_read(text, expected):
    found = header_people([text])
    assert expected == [person if isinstance(expected[0], Person) else person.name for person in found]


@given(st.lists(st.text(max_size=200), max_size=5))
def test_any_text_is_a_header(texts):
    assert len(header_people(texts)) <= 20


@given(st.text(), st.text())
def test_plain_forms_are_stable(name, number):
    assert plain_name(plain_name(name)) == plain_name(name)
    assert plain_number(plain_number(number)) == plain_number(number)


def test_what_the_lms_says_is_kept_private_and_added_to(tmp_path):
    path = tmp_path / "people" / "toy.json"
    remember(path, {"a": (ANN,)})
    remember(path, {"a": (ANN, BOB), "b": (BOB,)})
    assert {"a": (ANN, BOB), "b": (BOB,)} == remembered(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": [1]}', '{"a": [{"name": 1}]}', '{"a": 1}'])
def test_damaged_memory_is_none(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    assert {} == remembered(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("7654321.0", "7654321"), ("123456,00", "123456"), ("7.654321E+06", "7654321"), ("7.65E+06", ""),
        ("123 45-67", "1234567"), ("0012345", "0012345"), ("abc", ""),
    ],
)  # fmt: skip
def test_number_is_read_as_a_spreadsheet_left_it(written, number):
    assert number == plain_number(written)


def test_floats_in_the_roster_are_numbers(tmp_path):
    (tmp_path / "roster.csv").write_text("matriculation number,name\n123456.0,Ann Mueller\n7654321.0,Robert Stein\n")
    roster = read_roster(tmp_path / "roster.csv")
    assert (["123456", "7654321"], ()) == ([person.number for person in roster.people], roster.problems)


def test_lost_leading_zeros_do_no_harm_and_are_said(tmp_path):
    (tmp_path / "roster.csv").write_text("number,name\n1234567,Ann\n7654321,Bob\n12345,Cleo\n")
    roster = read_roster(tmp_path / "roster.csv")
    assert "Cleo" == roster.find(Person(number="0012345")).name
    assert "the number 12345 is shorter than the others" in roster.problems[0]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nVorname;Nachname;ID-Nummer;E-Mail-Adresse;Gruppen\nBob;Stone;2000008;bob@x.org;Gruppe 5\n",
        "Kurs: Lernen, Sommer\n\nName;Matr.-Nr.;Mail;Groups\nBob Stone;2000008;bob@x.org;Gruppe 5\n",
        '"sep=,"\nFull name,ID number,Email address,Group\nBob Stone,2000008,bob@x.org,Gruppe 5\n',
    ],
)  # fmt: skip
def test_roster_is_found_behind_what_programs_put_before_it(tmp_path, text):
    (tmp_path / "roster.csv").write_text(text, "utf-8")
    assert (Person("Bob Stone", "2000008", "bob@x.org", group="Gruppe 5"),) == read_roster(
        tmp_path / "roster.csv"
    ).people


def test_several_groups_of_the_platform_are_said(tmp_path):
    (tmp_path / "roster.csv").write_text('ID number,Full name,Groups\n2000008,Bob,"Gruppe 5, Tutorium A"\n')
    roster = read_roster(tmp_path / "roster.csv")
    words = "are several groups: leave only the one that hands in together."
    assert f"roster.csv, line 2: 'Gruppe 5, Tutorium A' {words}" == roster.problems[0]
    assert not roster.people[0].group


def test_roster_without_numbers_is_read_and_that_is_said(tmp_path):
    (tmp_path / "roster.csv").write_text("login,group\nann,g1\n")
    roster = read_roster(tmp_path / "roster.csv")
    assert ((Person(login="ann", group="g1"),), 1) == (roster.people, len(roster.problems))


@given(st.text(), st.text())
def test_group_ids_are_safe_and_differ(one, other):
    assert group_id(one) == group_id(one)
    assert (group_id(one) == group_id(other)) == (one == other)
    assert set(group_id(one)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not group_id(one).startswith((".", "-"))

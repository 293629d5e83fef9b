"""Who handed in: what is read, how it is merged, and what is reported."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.handin import people
from nbviva.handin.people import (
    Person,
    Roster,
    header_people,
    luhn,
    members_of,
    mod11,
    plain_name,
    plain_number,
    problems,
    read_roster,
    remember,
    remembered,
)
from nbviva.week import spec

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


def test_three_sources_give_each_member_once():
    form = (Person("Ann Muller", "1000004"),)
    header = (Person("Müller, Ann"), Person("Bob Stone", ""))
    lms = (Person("Bob Stone", login="bobs", lms="77"),)
    members = members_of(ROSTER, "x", form, header, lms)
    assert ["1000004", "2000008"] == [person.number for person in members]
    assert "77" == members[1].lms
    assert "bob@x.org" == members[1].email


def test_without_a_roster_members_are_as_they_say():
    found = members_of(Roster(), "x", (Person("Ann", "123"),), (Person("Ann"), Person("Cleo", "")))
    assert (Person("Ann", "123"), Person("Cleo")) == found


def test_namesakes_with_other_numbers_are_two():
    found = members_of(Roster(), "x", (Person("Ann", "123"), Person("Ann", "124")))
    assert 2 == len(found)


def test_the_rosters_group_adds_its_members():
    assert (ANN,) == members_of(ROSTER, "g1")
    assert () == members_of(ROSTER, "")


def test_swapped_name_and_number_find_the_student_and_are_reported():
    swapped = Person("2000008", "Bob Stone")
    assert (BOB,) == members_of(ROSTER, "x", (swapped,))
    assert "x: name and number are swapped" in problems({"x": (swapped,)}, ROSTER, 2)[0]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"a": (Person("Cleo", "3000001"),)}, "a: the number 3000001 is not in the roster."),
        ({"a": (Person("Bob Stone", "2000008"),), "b": (Person("", "2000008"),)}, "a, b: the student 2000008 is in"),
        ({"a": (Person("Bob Stone", "1000004"),)}, "the number 1000004 is that of Ann Müller, but 'Bob Stone'"),
        ({"a": (Person("Bob Stone", "20x"),)}, "a: '20x' is no matriculation number."),
        ({"a": (Person("Team 5", lms="Participant 5"),)}, "a: 'Team 5' is not in the roster: a team's name"),
        ({"a": ()}, "a: nobody is named as a member."),
    ],
)
def test_what_does_not_fit_is_one_sentence(said, words):
    (found,) = problems(said, ROSTER, 2)
    assert words in found


def test_what_fits_is_not_reported():
    assert () == problems({"a": (ANN, BOB)}, ROSTER, 2)


def test_wrong_check_digit_is_reported_where_one_is_defined():
    said = {"a": (Person("Cleo", "1000005"),)}
    assert ("a: the check digit of the number 1000005 is wrong.",) == problems(said, Roster(), 2, "mod11")
    assert () == problems(said, Roster(), 2)


@given(st.from_regex(r"[0-9]{5,9}", fullmatch=True), st.sampled_from([mod11, luhn]), st.integers(0, 20))
def test_check_digits_catch_every_wrong_digit(number, check, place):
    if check(number):
        place %= len(number)
        for digit in set("0123456789") - {number[place]}:
            assert not check(number[:place] + digit + number[place + 1 :])


def test_check_digits_known_by_name_are_those_of_the_assignment():
    assert set(people.CHECKS) == set(spec.CHECK_DIGITS)
    assert luhn("79927398713")
    assert mod11("0306406152")


@given(st.text(), st.text())
def test_plain_forms_are_stable(name, number):
    assert plain_name(plain_name(name)) == plain_name(name)
    assert plain_number(plain_number(number)) == plain_number(number)


PERSON = st.builds(Person, *[st.text(max_size=8)] * 6)


@given(st.dictionaries(st.text(max_size=3), st.lists(PERSON, max_size=4)), st.lists(PERSON, max_size=4))
def test_anything_said_gives_a_list(said, known):
    assert all(isinstance(text, str) for text in problems(said, Roster(tuple(known)), 2, "mod11"))


def test_what_the_lms_says_is_kept_private_and_added_to(tmp_path):
    path = tmp_path / "people" / "toy.json"
    remember(path, {"a": (ANN,)})
    remember(path, {"a": (ANN, BOB), "b": (BOB,)})
    assert {"a": (ANN, BOB), "b": (BOB,)} == remembered(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": [1]}', '{"a": [{"x": 1}]}', '{"a": 1}'])
def test_damaged_memory_is_none(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    assert {} == remembered(tmp_path / "m.json")


def test_group_too_large_is_reported_with_its_size():
    said = {"a": (Person("Ann"), Person("Bob"), Person("Cleo"))}
    assert ("a: 3 students handed in together where 2 may.",) == problems(said, Roster(), 2)

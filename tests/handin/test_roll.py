"""Who counts: what platform, roster and the students themselves say, and what is left to a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.handin import roll
from nbviva.handin.people import Person, Roster, group_id
from nbviva.handin.roll import Named, luhn, merged, mod11, official, problems, who_counts
from nbviva.week import spec

ANN = Person("Ann Müller", "1000004", "ann@x.org", "annm", "g1")
BOB = Person("Bob Stone", "2000008", "bob@x.org", "bobs")
ZOE = Person("Zoe Quick", "3000001", "zoe@x.org", "zoe")
ROSTER = Roster((ANN, BOB))


def counted(said, roster=ROSTER, size=2):
    """Give who counts: (name, whether in doubt) by group."""
    found = who_counts(said, roster, size)
    return {group: [(item.person.name, bool(item.doubt)) for item in people] for group, people in found.items()}


def test_three_sources_give_each_member_once():
    form = (Person("Ann Muller", "1000004"),)
    header = (Person("Müller, Ann"), Person("Bob Stone", ""))
    lms = (Person("Bob Stone", login="bobs", lms="77"),)
    found = merged(ROSTER, form, header, lms)
    assert ["1000004", "2000008"] == [person.number for person in found]
    assert "77" == found[1].lms
    assert "bob@x.org" == found[1].email


def test_without_a_roster_members_are_as_they_say():
    found = merged(Roster(), (Person("Ann", "123"),), (Person("Ann"), Person("Cleo", "")))
    assert (Person("Ann", "123"), Person("Cleo")) == found


def test_namesakes_with_other_numbers_or_other_participants_are_two():
    assert 2 == len(merged(Roster(), (Person("Ann", "123"), Person("Ann", "124"))))
    assert 2 == len(merged(Roster(), (Person("Ann", lms="Participant 1"), Person("Ann", lms="Participant 2"))))


@pytest.mark.parametrize(
    ("group", "named", "expected"),
    [
        ("g1", Named(), (ANN,)),
        ("bobs", Named(), (BOB,)),
        ("2000008", Named(claimed=(ANN,)), (BOB,)),
        ("", Named(), ()),
        ("x", Named(claimed=(ANN,)), ()),
        ("x", Named((Person(login="bobs"),), (ANN,)), (BOB,)),
    ],
)
def test_platform_and_roster_name_members(group, named, expected):
    assert expected == official(ROSTER, group, named)


def test_group_of_the_roster_is_found_by_its_folders_name():
    roster = Roster((Person("Ann", "123", group="Gruppe 5"),))
    assert roster.people == official(roster, group_id("Gruppe 5"), Named())


def test_where_platform_or_roster_name_the_members_they_alone_count():
    said = {
        "annm": Named((Person(login="annm"),), (ANN,)),
        "bobs": Named((Person(login="bobs"),)),
        "eve": Named((Person("Eve", login="eve"),), (ANN, BOB, ZOE)),
    }
    expected = {"annm": [("Ann Müller", False)], "bobs": [("Bob Stone", False)], "eve": [("Eve", False)]}
    assert expected == counted(said, Roster((ANN, BOB, ZOE)), 4)


def test_claims_of_students_who_are_members_elsewhere_do_not_count():
    said = {"g1": Named(), "x": Named(claimed=(ANN, BOB)), "y": Named(claimed=(ANN,))}
    assert {"g1": [("Ann Müller", False)], "x": [("Bob Stone", False)], "y": [("", True)]} == counted(said)


def test_who_is_named_in_two_hand_ins_is_for_a_person_and_the_others_stay():
    said = {"x": Named(claimed=(ANN, BOB)), "y": Named(claimed=(ZOE, BOB))}
    expected = {"x": [("Ann Müller", False), ("Bob Stone", True)], "y": [("Zoe Quick", False), ("Bob Stone", True)]}
    assert expected == counted(said, Roster())


def test_group_too_large_is_for_a_person_and_changes_no_other():
    said = {"a": Named(claimed=(ANN,)), "b": Named(claimed=(BOB,)), "eve": Named(claimed=(ANN, BOB, ZOE))}
    expected = {
        "a": [("Ann Müller", False)],
        "b": [("Bob Stone", False)],
        "eve": [("Ann Müller", True), ("Bob Stone", True), ("Zoe Quick", True)],
    }
    assert expected == counted(said, Roster())


def test_roster_and_platform_complete_each_other_and_claims_do_not():
    roster = Roster((Person("Ann Doe", "1000004"), Person("Bob Stone")))
    platform = Person("Ann Doe", email="ann@x.org", login="annd", lms="Participant 11")
    assert (Person("Ann Doe", "1000004", "ann@x.org", "annd", lms="Participant 11"),) == merged(roster, (platform,))
    assert (Person("Bob Stone"),) == merged(roster, (Person("Bob Stone", "9999999"),))


def test_number_of_another_beside_the_own_name_changes_nothing():
    platform = Person("Eve Late", lms="Participant 9")
    (eve,) = who_counts({"x": Named((platform,), (Person("Eve Late", "1000004"),))}, Roster(), 2)["x"]
    assert (platform, "") == (eve.person, eve.doubt)


def test_swapped_name_and_number_find_the_student_and_are_reported():
    swapped = Person("2000008", "Bob Stone")
    assert (BOB,) == merged(ROSTER, (swapped,))
    assert "x: name and number are swapped" in problems({"x": Named(claimed=(swapped,))}, ROSTER, 2)[0]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"a": Named(claimed=(Person("Cleo", "3000001"),))}, "a: the number 3000001 is not in the roster."),
        ({"a": Named(claimed=(Person("Bob Stone", "1000004"),))}, "the number 1000004 is that of Ann Müller, but 'Bob"),
        ({"a": Named(claimed=(Person("Bob Stone", "20x"),))}, "a: '20x' is no matriculation number."),
        ({"a": Named((Person("Team 5", lms="Participant 5"),))}, "a: 'Team 5' is not in the roster: a team's name"),
        ({"a": Named()}, "a: nobody is named as a member."),
        ({"a": Named((BOB,), (ANN,))}, "a: the hand-in names 'Ann Müller', who is no member by platform or roster"),
    ],
)
def test_what_does_not_fit_is_one_sentence(said, words):
    (found,) = problems(said, ROSTER, 2)
    assert words in found


def test_student_in_two_groups_is_named_with_both():
    said = {"a": Named(claimed=(BOB,)), "b": Named(claimed=(Person("", "2000008"),))}
    assert "a, b: the student 2000008 is in more than one group." == problems(said, ROSTER, 2)[-1]


def test_what_fits_is_not_reported():
    assert () == problems({"a": Named(claimed=(BOB,)), "g1": Named((ANN,), (ANN,))}, ROSTER, 2)


def test_wrong_check_digit_is_reported_where_one_is_defined():
    said = {"a": Named(claimed=(Person("Cleo", "1000005"),))}
    assert ("a: the check digit of the number 1000005 is wrong.",) == problems(said, Roster(), 2, "mod11")
    assert () == problems(said, Roster(), 2)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (Named(claimed=(ANN, BOB, ZOE)), "a: it names 3 students where 2 may hand in together."),
        (Named((ANN, BOB, ZOE)), "a: 3 students handed in together where 2 may."),
    ],
)
def test_group_too_large_is_reported_with_its_size(named, words):
    assert (words,) == problems({"a": named}, Roster(), 2)


@given(st.from_regex(r"[0-9]{5,9}", fullmatch=True), st.sampled_from([mod11, luhn]), st.integers(0, 20))
def test_check_digits_catch_every_wrong_digit(number, check, place):
    if check(number):
        place %= len(number)
        for digit in set("0123456789") - {number[place]}:
            assert not check(number[:place] + digit + number[place + 1 :])


def test_check_digits_known_by_name_are_those_of_the_assignment():
    assert set(roll.CHECKS) == set(spec.CHECK_DIGITS)
    assert luhn("79927398713")
    assert mod11("0306406152")


PERSON = st.builds(Person, *[st.text(max_size=8)] * 6)
NAMED = st.builds(Named, st.lists(PERSON, max_size=3).map(tuple), st.lists(PERSON, max_size=3).map(tuple))


@given(st.dictionaries(st.text(max_size=3), NAMED), st.lists(PERSON, max_size=4))
def test_anything_said_gives_a_list(said, known):
    assert all(isinstance(text, str) for text in problems(said, Roster(tuple(known)), 2, "mod11"))
    assert set(said) == set(who_counts(said, Roster(tuple(known)), 2))

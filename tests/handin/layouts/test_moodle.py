"""Moodle's archives: students and groups, with and without folders, told apart by worksheet, roster or looks."""

from datetime import UTC, datetime

import pytest

from nbviva.errors import CourseError
from nbviva.handin.collect import Action, collect, lms_file
from nbviva.handin.layouts.moodle import GUESSED, NO_MEMBERS
from nbviva.handin.people import Person, Roster, remembered
from nbviva.handin.roll import Counted, Named, who_counts
from tests.archives import LATE, NOTEBOOK, moodle, only, packed, tree


def test_moodles_folders_are_collected(course, tmp_path):
    files = moodle("Ann Müller", 11, ("toys.ipynb", NOTEBOOK), ("exercise_sheet.pdf", b"%PDF")) + moodle(
        "Bob Stone", 12, ("toys.ipynb", NOTEBOOK), time=LATE
    )
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [("participant_11", Action.NEW), ("participant_12", Action.NEW)] == [(r.group, r.action) for r in rows]
    folder = course.submitted("toy", "participant_11")
    assert {"toys.ipynb", "exercise_sheet.pdf", "timestamp.txt"} == set(tree(folder))
    assert "2024-01-05 09:00:00.000000 UTC" == (folder / "timestamp.txt").read_text()
    assert datetime(2024, 1, 8, 20, 30, tzinfo=UTC) == rows[1].handed_in
    assert "Ann Müller" == remembered(lms_file(course, "toy"))["participant_11"][0].name
    assert ["participant_11", "participant_12"] == course.groups("toy")


def test_moodles_flat_names_are_collected(course, tmp_path):
    files = [
        ("Ann B_11_assignsubmission_file_toys.ipynb", NOTEBOOK),
        ("Ann B_11_assignsubmission_file_my_12_assignsubmission_file_x.pdf", b"%PDF"),
        ("Group A_7_assignsubmission_onlinetext_onlinetext.html", b"<p>"),
    ]
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert ["group_7", "participant_11"] == sorted(row.group for row in rows)
    assert {"toys.ipynb", "my_12_assignsubmission_file_x.pdf"} == set(tree(course.submitted("toy", "participant_11")))


def test_time_of_packing_is_no_hand_in_time(course, tmp_path):
    files = moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)) + moodle("Bob", 12, ("toys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert {None} == {row.handed_in for row in rows}
    assert "Nothing tells when it was handed in, so it counts as in time." in rows[0].notes
    assert not (course.submitted("toy", "participant_11") / "timestamp.txt").exists()


HEAD = "Identifier,Full name,Email address,Status,Group,Grade,Maximum Grade,Last modified (submission)\n"
TEAMS = (
    HEAD
    + """Participant 103,Ann Mueller,a@x.org,Submitted,Gruppe 5,,7,"Friday, 5 January 2024, 9:15 AM"
Participant 104,Bob Stein,b@x.org,Submitted,Gruppe 5,,7,"Friday, 5 January 2024, 9:15 AM"
Participant 101,Cleo Late,c@x.org,Submitted,Die Pinguine,,7,"Tuesday, 9 January 2024, 9:15 AM"
Participant 105,Dan Alone,d@x.org,Submitted,Default group,,7,"Monday, 8 January 2024, 9:15 AM"
"""
)


@pytest.fixture
def teams(tmp_path):
    """An archive of group hand-ins, and Moodle's worksheet beside it."""
    (tmp_path / "times.csv").write_text(TEAMS)
    files = moodle("Gruppe 5", 101, ("toys.ipynb", NOTEBOOK)) + moodle("Die Pinguine", 102, ("toys.ipynb", NOTEBOOK))
    files += [("Default group_assignsubmission_file_/toys.ipynb", NOTEBOOK)]
    return packed(tmp_path / "all.zip", files)


def test_groups_get_time_and_members_by_the_worksheets_column_group(course, tmp_path, teams):
    rows = {row.group: row for row in collect(course, "toy", teams, tmp_path / "times.csv")}
    assert {
        "group_101": datetime(2024, 1, 5, 8, 15, tzinfo=UTC),
        "participant_102": datetime(2024, 1, 9, 8, 15, tzinfo=UTC),
        "default_team": datetime(2024, 1, 8, 8, 15, tzinfo=UTC),
    } == {group: row.handed_in for group, row in rows.items()}
    people = remembered(lms_file(course, "toy"))
    assert {
        "group_101": ["Participant 103", "Participant 104"],
        "participant_102": ["Participant 101"],
        "default_team": ["Participant 105"],
    } == {group: [person.lms for person in members] for group, members in people.items()}


def test_number_of_a_group_is_no_participants_without_a_worksheet_either(course, tmp_path, teams):
    rows = collect(course, "toy", teams)
    assert {()} == set(remembered(lms_file(course, "toy")).values())
    assert all(NO_MEMBERS in row.notes for row in rows)


def test_groups_of_the_roster_are_the_groups(course, tmp_path, teams):
    (course.root / "roster.csv").write_text(
        "number,name,group\n1234567,Ann Mueller,Gruppe 5\n7654321,Cleo,Die Pinguine\n"
    )
    rows = collect(course, "toy", teams)
    assert {"Gruppe_5", "Die_Pinguine"} == {row.group.rpartition("-")[0] for row in rows if "-" in row.group}
    assert 1 == sum(NO_MEMBERS in row.notes for row in rows)  # the default team


def test_what_was_taken_for_a_participant_is_forgotten_when_the_worksheet_says_otherwise(course, tmp_path):
    (tmp_path / "times.csv").write_text(TEAMS)
    source = packed(tmp_path / "all.zip", moodle("Die Pinguine", 102, ("toys.ipynb", NOTEBOOK)))
    assert GUESSED in only(collect(course, "toy", source)).notes
    collect(course, "toy", source, tmp_path / "times.csv")
    (cleo,) = remembered(lms_file(course, "toy"))["participant_102"]
    assert Person("Cleo Late", email="c@x.org", lms="Participant 101") == cleo


def test_a_guessed_participant_counts_for_no_import_and_hides_no_claim(course, tmp_path):
    """A group may be called as a person is; where nothing tells, its number is nobody's."""
    source = packed(tmp_path / "all.zip", moodle("Ann Doe", 11, ("toys.ipynb", NOTEBOOK)))
    collect(course, "toy", source)
    people = remembered(lms_file(course, "toy"))["participant_11"]
    assert (Person("Ann Doe", lms="Participant 11", guessed=True),) == people
    counted = who_counts({"participant_11": Named(people)}, Roster(), 2)
    assert (Counted(people[0], known=False),) == counted["participant_11"]
    claimed = (Person("Cleo Late", "3000001"), Person("Dan Stone", "4000005"))
    assert claimed == tuple(
        item.person for item in who_counts({"g": Named(people, claimed)}, Roster(), 2)["g"] if item.known
    )


def test_participants_are_those_of_worksheet_or_roster(course, tmp_path):
    (tmp_path / "times.csv").write_text(HEAD + "Participant 11,Ann Doe,a@x.org,Submitted,,,7,2024-01-05 10:00\n")
    source = packed(tmp_path / "all.zip", moodle("Ann Doe", 11, ("toys.ipynb", NOTEBOOK)))
    assert () == only(collect(course, "toy", source, tmp_path / "times.csv")).notes
    (course.root / "roster.csv").write_text("number,name\n1234567,Ann Doe\n")
    assert GUESSED not in only(collect(course, "toy", source)).notes


def test_blind_participants_have_no_name(course, tmp_path):
    source = packed(tmp_path / "all.zip", moodle("Participant", 11, ("toys.ipynb", NOTEBOOK)))
    collect(course, "toy", source)
    assert (Person(lms="Participant 11"),) == remembered(lms_file(course, "toy"))["participant_11"]


def test_grading_worksheet_tells_moodles_times(course, tmp_path):
    (tmp_path / "grades.csv").write_text(
        'Identifier,Full name,Last modified (submission)\nParticipant 11,Ann,"Monday, 8 January 2024, 9:15 PM"\n'
        "Participant 12,Bob,-\n"
    )
    source = packed(tmp_path / "all.zip", moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)))
    collect(course, "toy", source)
    row = only(collect(course, "toy", source, tmp_path / "grades.csv"))
    assert (Action.UNCHANGED, datetime(2024, 1, 8, 20, 15, tzinfo=UTC)) == (row.action, row.handed_in)
    stamp = course.submitted("toy", "participant_11") / "timestamp.txt"
    assert "2024-01-08 20:15:00.000000 UTC" == stamp.read_text()


def test_worksheet_of_another_assignment_collects_nothing(course, tmp_path):
    (tmp_path / "times.csv").write_text(HEAD + "Participant 99,Zoe Else,z@x.org,Submitted,,,7,2024-01-05 10:00\n")
    source = packed(tmp_path / "all.zip", moodle("Ann Doe", 11, ("toys.ipynb", NOTEBOOK)))
    with pytest.raises(CourseError, match="has no time for any of the 1 hand-ins"):
        collect(course, "toy", source, tmp_path / "times.csv")
    assert [] == course.groups("toy")


def test_same_number_with_another_name_is_another_one(course, tmp_path):
    lines = "Participant 11,Zoe Else,z@x.org,Submitted,,,7,2024-01-02 10:00\nParticipant 12,Ann Doe,a@x.org,,,,7,-\n"
    (tmp_path / "times.csv").write_text(HEAD + lines)
    source = packed(tmp_path / "all.zip", moodle("Ann Doe", 11, ("toys.ipynb", NOTEBOOK)))
    with pytest.raises(CourseError, match="no time for any"):
        collect(course, "toy", source, tmp_path / "times.csv")


def test_same_name_with_another_number_is_the_worksheet_of_another_assignment(course, tmp_path):
    (tmp_path / "times.csv").write_text(HEAD + "Participant 57,Ann Doe,a@x.org,Submitted,,,7,2024-01-02 10:00\n")
    source = packed(tmp_path / "all.zip", moodle("Ann Doe", 11, ("toys.ipynb", NOTEBOOK)))
    with pytest.raises(CourseError, match="is it that of another assignment"):
        collect(course, "toy", source, tmp_path / "times.csv")

"""Canvas' archive, as its own packer names files: flat names with the ids of user and attachment."""

from datetime import UTC, datetime

from nbviva.handin.collect import collect, lms_file
from nbviva.handin.door import open_handins
from nbviva.handin.layouts.canvas import LATE, NO_MEMBERS
from nbviva.handin.people import Person, remembered
from tests.archives import NOTEBOOK, packed

FILES = [
    ("stonebob_340934_208490284_toys.ipynb", NOTEBOOK),
    ("stonebob_340934_208490285_exercise_sheet.pdf", b"%PDF"),
    ("müllerann_LATE_334244_394803489_toys-1.ipynb", NOTEBOOK),
    ("müllerann_LATE_334244_text.html", b"<p>late</p>"),
    ("group5_7_394803490_my_12_34_file.ipynb", NOTEBOOK),
    ("anon_aB3x9_208490286_toys.ipynb", NOTEBOOK),
]


def test_users_are_owners_and_who_is_late_is_said(course, tmp_path):
    rows = {row.group: row for row in collect(course, "toy", packed(tmp_path / "submissions.zip", FILES))}
    assert {
        "canvas_340934": ("exercise_sheet.pdf", "toys.ipynb"),
        "canvas_334244": ("text.html", "toys-1.ipynb"),
        "canvas_7": ("my_12_34_file.ipynb",),
        "canvas_anon_aB3x9": ("toys.ipynb",),
    } == {group: row.files for group, row in rows.items()}
    assert ["canvas_334244"] == [group for group, row in rows.items() if row.needs_person]
    assert LATE in rows["canvas_334244"].notes


def test_roster_names_users_and_groups(course, tmp_path):
    (course.root / "roster.csv").write_text(
        "number,name,group\n1000004,Ann Müller,\n2000008,Bob Stone,\n3000001,Cleo,Group 5\n3000002,Dan,Group 5\n",
        "utf-8",
    )
    collect(course, "toy", packed(tmp_path / "submissions.zip", FILES))
    people = remembered(lms_file(course, "toy"))
    assert (Person("Bob Stone", "2000008", lms="Canvas 340934"),) == people["canvas_340934"]
    assert "1000004" == people["canvas_334244"][0].number
    assert [()] == [members for group, members in people.items() if group.startswith("Group_5")]


def test_list_of_times_settles_who_is_late(course, tmp_path):
    (course.root / "roster.csv").write_text("number,name\n1000004,Ann Müller\n", "utf-8")
    (tmp_path / "times.csv").write_text("Name,Submitted at\nAnn Müller,2024-01-08 21:00\n", "utf-8")
    source = packed(tmp_path / "submissions.zip", FILES)
    rows = {row.group: row for row in collect(course, "toy", source, tmp_path / "times.csv")}
    assert datetime(2024, 1, 8, 20, tzinfo=UTC) == rows["canvas_334244"].handed_in
    assert not rows["canvas_334244"].needs_person


def test_who_is_late_at_an_unknown_time_is_for_a_person_also_when_graded(course, tmp_path):
    """What the platform said stays beside the hand-in until a list tells the time."""
    (course.root / "roster.csv").write_text("number,name\n1000004,Ann Müller\n", "utf-8")
    (tmp_path / "times.csv").write_text("Name,Submitted at\nAnn Müller,2024-01-08 21:00\n", "utf-8")
    source = packed(tmp_path / "submissions.zip", FILES)
    for _ in range(2):  # collecting again forgets nothing
        collect(course, "toy", source)
        handins = open_handins(course, "toy")
        assert ["canvas_334244"] == [g for g, handin in handins.items() if LATE in [d.sentence for d in handin.doubts]]
    before = handins["canvas_334244"].came.digest
    collect(course, "toy", source, tmp_path / "times.csv")
    (late,) = open_handins(course, "toy", ["canvas_334244"]).values()
    assert LATE not in [doubt.sentence for doubt in late.doubts]
    assert before != late.came.digest


def test_group_that_the_roster_does_not_know_names_no_student(course, tmp_path):
    rows = {row.group: row for row in collect(course, "toy", packed(tmp_path / "submissions.zip", FILES))}
    assert NO_MEMBERS in rows["canvas_7"].notes
    assert () == remembered(lms_file(course, "toy"))["canvas_7"]

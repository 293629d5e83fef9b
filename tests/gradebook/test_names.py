"""Any name of a folder: graded, shown escaped, a row each; what nbgrader cannot take costs nobody else."""

import os
import shutil

import pytest

from nbviva.gradebook.book import grade_rows, opened
from nbviva.gradebook.names import takes
from nbviva.gradebook.record import record
from nbviva.grading.reports import stored_report
from nbviva.grading.stored import graded
from nbviva.listing import shown
from nbviva.results.classreport import class_report
from nbviva.results.export import marks_table
from nbviva.results.marks import rows

ODD = [b"lat\xe9", b"new\nline", b"new\\nline", b"tab\there", b"[red]x", b"plus+plus", b"<b>&amp;", "\u202eü".encode()]
LEFT = {"lat\udce9", "new\nline"}


def test_every_odd_name_is_graded_and_has_a_row_of_its_own(course, hand_in, room, monkeypatch):
    monkeypatch.chdir(course.root)
    path = hand_in(course, "even")
    path.write_bytes(b"no notebook")  # what is in it is not what this is about
    for name in ODD:
        shutil.copytree(path.parent.parent, path.parents[2] / os.fsdecode(name))
    groups = course.groups("toy")
    for group in groups:
        graded(course, "toy", group, room=room)
    assert set(groups) == {group for group in groups if stored_report(course.report("toy", group))}
    recorded = record(course, "toy", groups)
    assert set(groups) - LEFT == set(recorded.marks) == set(recorded.pages)
    assert () == record(course, "toy", groups).marks
    with opened(course) as book:
        assert set(groups) - LEFT == {row.group for row in grade_rows(book, "toy")}

    table = marks_table(course.assignment("toy"), rows(course, "toy"))
    names = [line[0] for line in table[1:]]
    assert (len(groups), len(groups)) == (len(names), len(set(names)))
    assert all(name.isprintable() for name in names)
    assert {handin.group for handin in class_report(course, "toy").handins} == set(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("g1", "g1"), ("Zoë", "Zoë"),
     ("lat\udce9", r"lat\xe9"), ("a\nb", r"a\nb"), (r"a\nb", r"a\\nb"), ("\x1b[1m", r"\x1b[1m")],
)  # fmt: skip
def test_name_is_shown_in_one_line_and_no_two_alike(name, expected):
    assert expected == shown(name)


def test_name_of_several_lines_or_no_text_is_none_for_nbgrader():
    assert [True, True, False, False] == [takes(name) for name in ("g1", "a+b", "a\nb", "lat\udce9")]

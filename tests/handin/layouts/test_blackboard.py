"""Blackboard's archives: attempts, receipts, and the times in their names."""

import zipfile
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nbviva.handin.collect import Action, collect
from nbviva.handin.dates import read_date
from nbviva.handin.receipt import read_receipt
from tests.archives import NOTEBOOK, blackboard, only, packed, tree


def test_blackboards_attempts_are_kept_and_the_last_counts(course, tmp_path):
    files = blackboard("ann_m", "2024-01-05-16-12-40", ("toys.ipynb", b"old"))
    files += blackboard("ann_m", "2024-01-07-16-12-40", ("toys.ipynb", NOTEBOOK), comment="Sorry!")
    files += blackboard("bobs", "2024-01-06-10-00-00", ("to_ys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [("ann_m", Action.NEW), ("bobs", Action.NEW), ("ann_m", Action.REPLACED)] == [
        (row.group, row.action) for row in rows
    ]
    assert ("A comment was left with it in the LMS.",) == rows[2].notes
    current = course.submitted("toy", "ann_m")
    assert NOTEBOOK == (current / "toys.ipynb").read_bytes()
    assert "2024-01-07 15:12:40.000000 UTC" == (current / "timestamp.txt").read_text()
    (earlier,) = (current.parent / ".earlier" / "toy").iterdir()
    assert b"old" == (earlier / "toys.ipynb").read_bytes()
    assert "20240105T151240Z" == earlier.name.split("-")[0]
    assert {"to_ys.ipynb", "timestamp.txt"} == set(tree(course.submitted("toy", "bobs")))
    assert ["ann_m", "bobs"] == course.groups("toy")


def test_unpacked_blackboard_folder_is_the_same(course, tmp_path):
    packed(tmp_path / "all.zip", blackboard("bobs", "2024-01-06-10-00-00", ("toys.ipynb", NOTEBOOK)))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        archive.extractall(tmp_path / "all")
    first = only(collect(course, "toy", tmp_path / "all.zip"))
    second = only(collect(course, "toy", tmp_path / "all"))
    assert (Action.NEW, Action.UNCHANGED, "bobs") == (first.action, second.action, second.group)


def test_blackboards_times_across_a_change_of_clocks(course, tmp_path):
    files = blackboard("bobs", "2024-10-27-02-30-00", ("toys.ipynb", NOTEBOOK))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert datetime(2024, 10, 27, 1, 30, tzinfo=UTC) == row.handed_in


@given(st.text())
def test_any_text_is_a_receipt(text):
    assert isinstance(read_receipt(text).comment, bool)
    assert read_date(text) is None or isinstance(read_date(text) + timedelta(0), datetime)

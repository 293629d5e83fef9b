"""Gradescope's export: its metadata tells who submitted, and when."""

from datetime import UTC, datetime

import pytest

from nbviva.handin.collect import collect, lms_file
from nbviva.handin.people import Person, remembered
from tests.archives import NOTEBOOK, only, packed

METADATA = """---
submission_100:
  :submitters:
  - :name: Ann Solo
    :sid: '1000004'
    :email: ann@x.org
  :created_at: 2024-01-08 18:30:00.123456000 Z
  :score: 1.0
  :status: processed
submission_200:
  :submitters:
  - :name: Bob Pair
    :sid:
    :email: bob@x.org
  - :name: Cleo Pair
    :sid: 3000001
    :email: cleo@x.org
  :created_at: 2024-01-08 21:30:00.000000000 +01:00
"""
FILES = [
    ("assignment_9_export/submission_100/toys.ipynb", NOTEBOOK),
    ("assignment_9_export/submission_200/toys.ipynb", NOTEBOOK),
    ("assignment_9_export/submission_200/data/x.csv", b"x"),
]


def test_submitters_are_the_members_and_times_are_told(course, tmp_path):
    files = [*FILES, ("assignment_9_export/submission_metadata.yml", METADATA.encode())]
    rows = collect(course, "toy", packed(tmp_path / "export.zip", files))
    solo, pair = rows
    assert ("1000004", datetime(2024, 1, 8, 18, 30, 0, 123456, tzinfo=UTC)) == (solo.group, solo.handed_in)
    assert (datetime(2024, 1, 8, 20, 30, tzinfo=UTC), ("data/x.csv", "toys.ipynb")) == (pair.handed_in, pair.files)
    assert (Person("Bob Pair", email="bob@x.org"), Person("Cleo Pair", "3000001", "cleo@x.org")) == (
        remembered(lms_file(course, "toy"))[pair.group]
    )


def test_next_attempt_has_another_number_and_the_same_owner(course, tmp_path):
    for number, hour in (("100", 18), ("101", 19)):
        text = METADATA.replace("submission_100", f"submission_{number}").replace("18:30", f"{hour}:30")
        files = [("submission_metadata.yml", text.encode()), (f"submission_{number}/toys.ipynb", number.encode())]
        row = only(collect(course, "toy", packed(tmp_path / f"{number}.zip", files)))
    assert ("1000004", b"101") == (row.group, (course.submitted("toy", "1000004") / "toys.ipynb").read_bytes())


@pytest.mark.parametrize(
    "text", ["", "[", "- 1", "submission_100: x", "submission_100:\n  :submitters: 3", "a: &a [*a]"]
)
def test_metadata_that_says_nothing_leaves_the_folder_as_the_owner(course, tmp_path, text):
    files = [("submission_metadata.yml", text.encode()), ("submission_100/toys.ipynb", NOTEBOOK)]
    row = only(collect(course, "toy", packed(tmp_path / "export.zip", files)))
    assert ("submission_100", None) == (row.group, row.handed_in)

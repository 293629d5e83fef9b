"""Dates that change: lateness and its price follow, and nothing is marked again."""

import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from nbviva.cli.lines import deadline_lines
from nbviva.errors import Busy
from nbviva.gradebook.penalties import recompute
from nbviva.grading.stored import submission
from nbviva.handin.door import open_handin
from nbviva.kernel.room import GivenFiles, stage
from nbviva.lock import only_one
from nbviva.results.export import export
from nbviva.week.deadline import spoken_moment
from nbviva.week.source import source_notebook
from nbviva.week.spec import read_assignment

LATE = '\n[late]\npolicy = "per_hour"\npoints = 1\n'


def rewrite(course, old, new):
    """Change assignment.toml."""
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def test_dates_and_what_being_late_costs_make_no_report_stale(course, hand_in):
    hand_in(course, "g")
    first = submission(course, "toy", "g").digest
    rewrite(course, "due = 2024-01-08T20:00:00", "due = 2024-01-09T20:00:00")
    rewrite(course, "issued = 2024-01-01T08:00:00", "issued = 2024-01-02T08:00:00")
    rewrite(course, "tolerance = 0.01\n", f"tolerance = 0.01\n{LATE}")
    (course.submitted("toy", "g") / "timestamp.txt").write_text("2024-01-08 19:30:00 UTC")
    assert first == submission(course, "toy", "g").digest
    rewrite(course, "tolerance = 0.01", "tolerance = 0.02")
    assert first != submission(course, "toy", "g").digest


def test_when_it_was_handed_in_is_for_no_kernel_to_see(course, hand_in, tmp_path):
    folder = hand_in(course, "g").parent
    for name in ("timestamp.txt", "helper.py"):
        (folder / name).write_text("")
    stage(
        open_handin(course, course.week("toy"), "g").staged(), GivenFiles(tmp_path / "none", "data"), tmp_path / "copy"
    )
    assert ["helper.py"] == [path.name for path in (tmp_path / "copy").iterdir()]


def test_notebook_has_the_dates_of_the_assignment(course):
    rewrite(course, "due = 2024-01-08T20:00:00", "due = 2024-03-31T02:30:00")  # a time that the clocks leave out
    path = course.root / "graders/toy/notebook.py"
    path.write_text("# %% [markdown]\n# From {{issued}} until {{due}}.\n\n" + path.read_text("utf-8"), "utf-8")
    text = source_notebook(course.week("toy")).cells[0].source
    assert "From 01.01.2024 until 31.03.2024 3:30am (Europe/Berlin)." == text


@pytest.mark.parametrize(
    ("due", "text"),
    [
        ("2024-06-21T23:00:00", "21.06.2024 11pm"),
        ("2024-06-21T00:05:00", "21.06.2024 12:05am"),
        ("2024-06-21T12:00:00", "21.06.2024 12pm"),
    ],
)
def test_moments_are_said_as_on_the_sheet(course, due, text):
    rewrite(course, "2024-01-08T20:00:00", due)
    assert text == spoken_moment(read_assignment(course.root / "graders/toy").due)


@pytest.fixture
def late_group(course, hand_in, monkeypatch):
    """A course in whose gradebook a broken hand-in stands, half an hour late, with 4 points by hand."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # alembic is there
    path = hand_in(course, "g", raw=b"no notebook")
    (path.parent / "timestamp.txt").write_text("2024-01-08 19:30:00 UTC")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        gradebook.add_assignment("toy")
        gradebook.add_notebook("toys", "toy")
        gradebook.add_grade_cell("half", "toys", "toy", max_score=4, cell_type="code")
        gradebook.add_student("g")
        (notebook,) = gradebook.add_submission("toy", "g").notebooks
        notebook.grades[0].manual_score = 4.0
        gradebook.db.commit()
    return course


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's add_submission gives them
def test_what_changed_is_told_and_nothing_is_marked(late_group):
    first = "toy: submit until 08.01.2024 8pm (Europe/Berlin), 2024-01-08 19:00 UTC."
    assert [first, "0 penalties changed."] == deadline_lines("toy", recompute(late_group, "toy"))
    rewrite(late_group, "tolerance = 0.01\n\n", f"tolerance = 0.01\n{LATE}\n")
    (late_group.root / "extensions.csv").write_text("group,week,due\nnobody,toy,30\n")
    found = recompute(late_group, "toy")
    changed = "g: loses 1 point, before 0; its deadline is the week's."
    assert [first, changed, "1 penalty changed."] == deadline_lines("toy", found)
    assert ("extensions.csv: 'nobody' has handed nothing in; is its name right?",) == found.problems
    (late_group.root / "extensions.csv").write_text("group,week,due\ng,toy,2024-01-08 20:30\n")
    changed = "g: loses 0 points, before 1; its deadline is 08.01.2024 8:30pm."
    assert [first, changed, "1 penalty changed."] == deadline_lines("toy", recompute(late_group, "toy"))
    assert not (late_group.root / "reports").exists()


def test_deadline_that_the_clocks_leave_open_is_told(course):
    rewrite(course, "2024-01-08T20:00:00", "2024-10-27T02:30:00")
    (sentence,) = recompute(course, "toy").problems
    assert sentence.startswith("2024-10-27 02:30 exists twice in Europe/Berlin, where the clocks change: 02:30 CET is")


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's add_submission gives them
def test_gradebook_and_pages_have_one_writer(late_group):
    before = (late_group.root / "gradebook.db").read_bytes()
    with only_one(late_group), pytest.raises(Busy, match="at work on this course"):
        export(late_group, "toy", late_group.root / "marks")
    assert before == (late_group.root / "gradebook.db").read_bytes()
    assert not (late_group.root / "marks").exists()

"""Late penalties in the gradebook: nbgrader's plugin, and what changes when dates change."""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from nbviva.gradebook.penalties import LatePenalty, Penalised, reapply
from nbviva.results.marks import rows
from nbviva.week.deadline import stamp_of

PER_HOUR = '\n[late]\npolicy = "per_hour"\npoints = 1\n'
DUE = datetime(2024, 1, 8, 19, tzinfo=UTC)


pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's add_submission gives them


def rule(course, table):
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text("utf-8").split("\n[late]")[0] + table, "utf-8")


@pytest.fixture(scope="module")
def gradebook_file(tmp_path_factory):
    """A gradebook in which three groups have 3 of 6 points, and handed in 0, 30 and 90 minutes late."""
    path = tmp_path_factory.mktemp("book") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch:  # nbgrader calls alembic through PATH
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        book = Gradebook(f"sqlite:///{path}")
    with book as gradebook:
        gradebook.add_assignment("toy", duedate=DUE.replace(tzinfo=None))
        gradebook.add_notebook("toys", "toy")
        gradebook.add_grade_cell("half", "toys", "toy", max_score=3, cell_type="code")
        for group, minutes in (("a", 0), ("b", 30), ("c", 90)):
            gradebook.add_student(group)
            moment = (DUE + timedelta(minutes=minutes)).replace(tzinfo=None)
            submission = gradebook.add_submission("toy", group, timestamp=moment)
            (notebook,) = submission.notebooks
            (grade,) = notebook.grades
            grade.auto_score = 3.0
        gradebook.db.commit()
    return path


@pytest.fixture
def booked(course, gradebook_file):
    """The toy course with that gradebook."""
    shutil.copyfile(gradebook_file, course.root / "gradebook.db")
    for group, minutes in (("a", 0), ("b", 30), ("c", 90)):
        came(course, group, minutes)
    return course


def came(course, group, minutes):
    """Say how late a group handed in."""
    folder = course.submitted("toy", group)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "timestamp.txt").write_text(stamp_of(DUE + timedelta(minutes=minutes)), "utf-8")


def penalties(course):
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        entry = gradebook.find_assignment("toy")
        return {item.student_id: item.late_submission_penalty for item in entry.submissions}


def test_without_a_rule_nothing_is_lost(booked):
    assert () == reapply(booked, "toy")
    assert {"a": 0, "b": 0, "c": 0} == penalties(booked)


def test_rule_is_applied_and_said(booked):
    rule(booked, PER_HOUR)
    assert ["b", "c"] == [item.group for item in reapply(booked, "toy")]
    assert {"a": 0, "b": 1, "c": 2} == penalties(booked)
    assert () == reapply(booked, "toy")


def test_extension_and_new_deadline_change_the_penalty_without_marking(booked):
    rule(booked, PER_HOUR)
    reapply(booked, "toy")
    (booked.root / "extensions.csv").write_text("group,week,due\nb,toy,60\nc,toy,2024-01-08 21:00\n")
    changed = reapply(booked, "toy")
    assert [("b", 1, 0), ("c", 2, 1)] == [(item.group, item.before, item.after) for item in changed]
    assert isinstance(changed[0], Penalised)
    path = booked.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text().replace("2024-01-08T20:00:00", "2024-01-09T20:00:00"))
    reapply(booked, "toy")
    assert 0 == penalties(booked)["a"]


def test_nbgrader_knows_deadline_and_extension(booked):
    (booked.root / "extensions.csv").write_text("group,week,due\nb,toy,20\n")
    reapply(booked, "toy")
    with Gradebook(f"sqlite:///{booked.root / 'gradebook.db'}") as gradebook:
        assert 600 == gradebook.find_submission("toy", "b").total_seconds_late


def test_timestamp_of_the_hand_in_counts_and_never_the_gradebooks(booked):
    rule(booked, PER_HOUR)
    came(booked, "a", 1)
    (booked.submitted("toy", "c") / "timestamp.txt").unlink()
    reapply(booked, "toy")
    assert {"a": 1, "b": 1, "c": 0} == penalties(booked), "c: nobody knows when it came, as the marks list has it"


def test_penalty_is_at_most_the_score(booked):
    rule(booked, '\n[late]\npolicy = "cutoff"\ngrace_minutes = 45\n')
    reapply(booked, "toy")
    assert {"a": 0, "b": 0, "c": 3} == penalties(booked)


def test_week_that_is_not_in_the_gradebook_is_left(course):
    assert () == reapply(course, "toy")


def by_nbgrader(course, group, notebook, monkeypatch):
    """Let nbgrader's own preprocessor assign the penalty of a notebook."""
    monkeypatch.chdir(course.root)
    config = Config()
    config.AssignLatePenalties.plugin_class = LatePenalty
    url = f"sqlite:///{course.root / 'gradebook.db'}"
    names = {"notebook": notebook, "assignment": "toy", "student": group, "db_url": url}
    AssignLatePenalties(config=config).preprocess(SimpleNamespace(cells=[]), {"nbgrader": names})


@pytest.mark.parametrize(("group", "expected"), [("a", 0), ("b", 1), ("c", 2)])
def test_nbgraders_own_preprocessor_applies_the_rule(booked, monkeypatch, group, expected):
    rule(booked, PER_HOUR)
    by_nbgrader(booked, group, "toys", monkeypatch)
    assert expected == penalties(booked)[group]


@pytest.fixture
def of_three(booked):
    """The course with a group that was 90 minutes late with three notebooks, whose cells have 0.5, 1 and 3 points."""
    rule(booked, PER_HOUR)
    points = {"colour": 0.5, "double": 1.0, "half": 3.0}
    with Gradebook(f"sqlite:///{booked.root / 'gradebook.db'}") as gradebook:
        for name, cell in (("half-b", "colour"), ("half", "double")):
            gradebook.add_notebook(name, "toy")
            gradebook.add_grade_cell(cell, name, "toy", max_score=points[cell], cell_type="code")
        gradebook.add_student("d")
        late = (DUE + timedelta(minutes=90)).replace(tzinfo=None)
        for notebook in gradebook.add_submission("toy", "d", timestamp=late).notebooks:
            (grade,) = notebook.grades
            grade.auto_score = points[grade.name]
        gradebook.db.commit()
    came(booked, "d", 90)
    return booked


def shares(course):
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission("toy", "d").notebooks
        return {notebook.name: notebook.late_submission_penalty for notebook in found}


def test_being_late_is_charged_once_for_all_notebooks(of_three, monkeypatch):
    """By `deadline`, by nbgrader's autograde one notebook after another, and in the marks list."""
    for notebook in ("half-b", "half", "toys"):
        by_nbgrader(of_three, "d", notebook, monkeypatch)
    assert {"half-b": 0.5, "half": 1.0, "toys": 0.5} == shares(of_three)
    assert "d" not in [item.group for item in reapply(of_three, "toy")]
    assert {"half-b": 0.5, "half": 1.0, "toys": 0.5} == shares(of_three)
    (row,) = (row for row in rows(of_three, "toy") if row.group == "d")
    assert (4.5, 2.0, 2.5) == (row.points + row.extra, row.penalty, row.total)

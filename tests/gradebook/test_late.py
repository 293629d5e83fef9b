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
    return course


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


def test_timestamp_of_the_hand_in_wins_over_the_gradebooks(booked):
    rule(booked, PER_HOUR)
    folder = booked.submitted("toy", "a")
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2024-01-08 19:01:00 UTC")
    reapply(booked, "toy")
    assert 1 == penalties(booked)["a"]


def test_penalty_is_at_most_the_score(booked):
    rule(booked, '\n[late]\npolicy = "cutoff"\ngrace_minutes = 45\n')
    reapply(booked, "toy")
    assert {"a": 0, "b": 0, "c": 3} == penalties(booked)


def test_week_that_is_not_in_the_gradebook_is_left(course):
    assert () == reapply(course, "toy")


@pytest.mark.parametrize(("group", "expected"), [("a", 0), ("b", 1), ("c", 2)])
def test_nbgraders_own_preprocessor_applies_the_rule(booked, monkeypatch, group, expected):
    rule(booked, PER_HOUR)
    monkeypatch.chdir(booked.root)
    config = Config()
    config.AssignLatePenalties.plugin_class = LatePenalty
    names = {
        "notebook": "toys",
        "assignment": "toy",
        "student": group,
        "db_url": f"sqlite:///{booked.root / 'gradebook.db'}",
    }
    AssignLatePenalties(config=config).preprocess(SimpleNamespace(cells=[]), {"nbgrader": names})
    assert expected == penalties(booked)[group]

"""The next term: the weeks come along, the students and the secret stay behind, and the dates are asked for."""

from datetime import datetime

import pytest

from nbviva.adopt.adoption import Adoption, adoption_path, adoption_text
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.configuration import require_configured
from nbviva.course import Course
from nbviva.errors import CourseError, SpecError
from nbviva.files import write
from nbviva.secret import SECRET, secret_of
from nbviva.setup.new_term import new_term
from tests.ordinary.course import make_course


@pytest.fixture
def last(course, monkeypatch):
    """A course at the end of its term."""
    monkeypatch.delenv(SECRET, raising=False)
    secret_of(course.root)
    for place in ("submitted/ann/toy/toys.ipynb", "reports/toy/ann/report.json", "marks/toy-marks.csv", "roster.csv",
                  "gradebook.db", "graders/toy/__pycache__/checks.pyc"):  # fmt: skip
        path = course.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("ann")
    return course


def test_weeks_come_along_and_students_stay_behind(last, tmp_path):
    made = new_term(last, tmp_path / "next")
    assert ("toy",) == made.weeks
    there = {path.relative_to(made.root).as_posix() for path in made.root.rglob("*") if path.is_file()}
    assert {"nbgrader_config.py", ".gitignore", ".nbviva/secret", "graders/toy/checks.py"} <= there
    assert [] == [name for name in there if name.startswith(("submitted", "reports", "marks", "roster", "gradebook"))]
    assert [] == [name for name in there if "__pycache__" in name]
    assert (last.root / "graders/toy/checks.py").read_bytes() == (made.root / "graders/toy/checks.py").read_bytes()
    require_configured(Course(made.root).root)


def test_secret_is_another_one(last, tmp_path):
    made = new_term(last, tmp_path / "next")
    assert 64 == len(secret_of(Course(made.root).root))
    assert secret_of(last.root) != secret_of(Course(made.root).root)


def test_dates_are_to_be_set(last, tmp_path):
    made = new_term(last, tmp_path / "next")
    assert "Set issued, due and term in graders/toy/assignment.toml." in made.to_do
    with pytest.raises(SpecError, match="is missing; add it"):
        Course(made.root).assignment("toy")
    path = made.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text().replace("# last term's; set this term's: ", ""))
    assert last.assignment("toy").due == Course(made.root).assignment("toy").due


def test_nothing_is_overwritten(last, tmp_path):
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "mine").write_text("kept")
    with pytest.raises(CourseError, match="is not empty"):
        new_term(last, tmp_path / "next")
    with pytest.raises(CourseError, match="lies in a course directory"):
        new_term(last, last.root / "next")
    assert not (last.root / "next").exists()


def test_secret_of_the_environment_is_said_to_count(last, tmp_path, monkeypatch):
    monkeypatch.setenv(SECRET, "of last term")
    assert "NBVIVA_SECRET is set and counts before the new secret" in new_term(last, tmp_path / "next").to_do[-1]


def test_an_adopted_week_goes_along(tmp_path):
    """Its source and its entry; a deadline of its own is said to be last term's."""
    course = make_course(tmp_path / "old")
    fields = {"due": datetime(2026, 11, 30, 12)}  # noqa: DTZ001 - local time, as a person writes it
    adoption = Adoption("ps1", fingerprints(source_texts(course.source("ps1"))), assignment=fields)
    write(adoption_path(course.root, "ps1"), adoption_text(adoption))
    made = new_term(course, tmp_path / "new")
    assert made.weeks == ("ps1",)
    assert "Set due in adopted/ps1.toml: it is last term's." in made.to_do
    assert Course(made.root).assignment("ps1").maximum == 20

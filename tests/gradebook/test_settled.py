"""A call with nothing to do: what it must notice, and what it must not import."""

import os
import subprocess
import sys

import pytest

from nbviva.course import Course
from nbviva.files import write_sealed
from nbviva.gradebook.done import (
    RecordedGroup,
    gradebook_file,
    gradebook_stamp,
    inputs,
    is_settled,
    keep,
    note_path,
    notes,
    settle,
)
from nbviva.secret import secret_of

HEAVY = ("nbgrader", "nbformat", "torch", "jsonschema", "sqlalchemy", "numpy")


@pytest.fixture
def settled(new_course, tmp_path, monkeypatch) -> Course:
    """A course with one group, all of whose files are there, taken as recorded."""
    monkeypatch.delenv("NBVIVA_DB", raising=False)
    course = new_course()
    for path in (
        course.report("toy", "ada") / "report.json",
        course.report("toy", "ada") / "notebook.ipynb",
        course.submitted("toy", "ada") / "timestamp.txt",
        course.autograded("toy", "ada") / "toys.ipynb",
        course.feedback("toy", "ada") / "toys.html",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a", "utf-8")
    (course.root / "gradebook.db").write_bytes(bytes(100))
    note(course)
    return course


def note(course: Course) -> None:
    """Take the course's one group as recorded."""
    place = gradebook_file(course)
    settle(course, "toy", ["ada"], inputs(course, "toy", ["ada"]), gradebook_stamp(place))


def test_nothing_changed_is_settled_and_other_groups_are_not(settled):
    assert is_settled(settled, "toy", ["ada"])
    assert not is_settled(settled, "toy", ["ada", "ben"])


@pytest.mark.parametrize(
    "path",
    [
        "graders/toy/assignment.toml",
        "graders/toy/notebook.py",
        "nbgrader_config.py",
        "extensions.csv",
        "reports/toy/ada/report.json",
        "reports/toy/ada/notebook.ipynb",
        "submitted/ada/toy/timestamp.txt",
        "autograded/ada/toy/toys.ipynb",
        "feedback/ada/toy/toys.html",
        "gradebook.db",
    ],
)
def test_whatever_changes_is_noticed(settled, path):
    """Points and outline come from assignment.toml and notebook.py; manual marks are in the gradebook."""
    with (settled.root / path).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert not is_settled(settled, "toy", ["ada"])


def test_change_of_the_same_size_and_time_is_noticed_in_the_gradebook(settled):
    path = settled.root / "gradebook.db"
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(24)
        file.write(b"\0\0\0\1")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not is_settled(settled, "toy", ["ada"])


@pytest.mark.parametrize("path", ["gradebook.db", "feedback/ada/toy/toys.html", "autograded/ada/toy/toys.ipynb"])
def test_what_is_missing_is_never_taken_as_recorded(settled, path):
    (settled.root / path).unlink()
    assert not is_settled(settled, "toy", ["ada"])
    note(settled)
    assert not is_settled(settled, "toy", ["ada"])


def test_gradebook_that_is_being_written_is_not_settled(settled):
    (settled.root / "gradebook.db-journal").touch()
    assert not is_settled(settled, "toy", ["ada"])


def test_gradebook_on_a_server_is_asked_each_time(settled, monkeypatch):
    monkeypatch.setenv("NBVIVA_DB", "postgresql+psycopg://user@host/gradebook")
    note(settled)
    assert not is_settled(settled, "toy", ["ada"])


def test_broken_note_is_none(settled):
    note_path(settled, "toy").write_text("[]", "utf-8")
    assert not is_settled(settled, "toy", ["ada"])


def test_note_that_somebody_has_changed_is_none(settled):
    keep(settled, "toy", {"ada": RecordedGroup("report")})
    assert not is_settled(settled, "toy", ["ada"]), "something was recorded since"
    note(settled)
    assert (True, ["ada"]) == (is_settled(settled, "toy", ["ada"]), list(notes(settled, "toy")))
    path = note_path(settled, "toy")
    path.write_bytes(path.read_bytes().replace(b'"', b' "', 1))
    assert (False, {}) == (is_settled(settled, "toy", ["ada"]), notes(settled, "toy"))


def test_command_line_and_its_check_for_changes_import_nothing_heavy():
    modules = "nbviva.cli.main, nbviva.grading.batch, nbviva.gradebook.done, nbviva.cli.printing"
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set() == set(HEAVY) & set(done.stdout.split())


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"settled": 1}', '{"groups": {"ada": 1}}', '{"settled": {"read": 1, "written": []}}']
)
def test_note_that_is_none_of_ours_counts_as_none(course, text):
    write_sealed(note_path(course, "toy"), text.encode(), secret_of(course.root))
    assert not is_settled(course, "toy", ["ada"])
    assert {} == notes(course, "toy")

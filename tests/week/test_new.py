"""A new week is there at once; that it is fair and goes all the way to a mark is held by the guide's test."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.grading.framework import NBVIVA
from nbviva.week.new import new
from nbviva.week.spec import read_assignment
from nbviva.week.typesetting import build_form
from nbviva.week.week import Week

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A course directory without weeks."""
    root = tmp_path_factory.mktemp("new") / "course"
    root.mkdir()
    return Course(root)


def test_a_new_week_is_one_of_the_courses(empty):
    new(empty.root, "week12", NOW)
    assert ["week12"] == empty.weeks()
    assignment = empty.week("week12").assignment
    assert ("Week 12: GC content", 4.0) == (assignment.title, assignment.maximum)
    assert "2026-05-18" == f"{assignment.due:%Y-%m-%d}"


def test_a_new_week_passes_the_type_checker(empty):
    """The framework says its types (`py.typed`): nothing that an author writes is untyped on our account."""
    new(empty.root, "typed", NOW)
    assert (NBVIVA / "py.typed").is_file()
    files = [f"graders/typed/{name}.py" for name in ("alternatives", "checks", "mutants", "reference")]
    command = [sys.executable, "-m", "mypy", "--strict", "--allow-untyped-defs", "--follow-imports=silent"]
    done = subprocess.run(
        [*command, "--explicit-package-bases", "--cache-dir=.mypy", *files],
        cwd=empty.root, env={**os.environ, "MYPYPATH": str(NBVIVA.parent)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (0, "Success: no issues found in 4 source files\n") == (done.returncode, done.stdout)


def test_a_folder_that_is_there_is_refused(empty):
    new(empty.root, "again", NOW)
    with pytest.raises(CourseError, match=r"graders/again exists already: choose another name"):
        new(empty.root, "again", NOW)


@pytest.mark.parametrize("name", ["Week12", "week 12", "12", "../x", "week-12", "class", "", "a" * 60])
def test_a_bad_name_is_refused(empty, name):
    with pytest.raises(CourseError, match="cannot be a week's name"):
        new(empty.root, name, NOW)
    assert not (empty.root / "graders" / name).is_dir() or not name


@pytest.mark.parametrize("title", ["GC content", "Week 12: DNA: GC", "Week 12: GC content", ": "])
def test_any_title_can_be_typeset(empty, title):
    name = f"titled{len(title)}"
    new(empty.root, name, NOW)
    path = empty.folder(name) / "assignment.toml"
    text = path.read_text("utf-8")
    path.write_text(re.sub('^title = .*: GC content"$', f'title = "{title}"', text, flags=re.MULTILINE), "utf-8")
    assert f'title = "{title}"\n' in path.read_text("utf-8")
    assert build_form(Week(path.parent, read_assignment(path.parent), ()), empty.root).stat().st_size > 1000

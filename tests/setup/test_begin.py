"""A course begins with one command; a course that is there keeps every byte but for what is added."""

import json
import subprocess
import sys

import pytest

from nbviva.configuration import CONFIG, SEAM, configuration, require_configured
from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.setup.begin import begin

QUICKSTART = (
    'c = get_config()  #noqa\nc.CourseDirectory.course_id = "qs"\nc.IncludeHeaderFooter.header = "source/header.ipynb"'
)


def nbviva(folder, *words):
    command = [sys.executable, "-m", "nbviva", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def begun(tmp_path):
    return begin(tmp_path / "a course")


def test_a_course_from_nothing_is_configured(begun):
    require_configured(Course(begun.root).root)
    assert "a-course" == configuration(Course(begun.root).root).CourseDirectory.course_id


def test_a_course_from_nothing_has_all_its_files(begun):
    assert {CONFIG, ".gitignore", "Makefile", "README.md", "lab/config.py"} <= set(begun.written)
    assert all((begun.root / name).is_file() for name in begun.written)


def test_what_must_stay_private_is_ignored_by_git(begun):
    subprocess.run(["git", "init", "--quiet"], cwd=begun.root, check=True)
    private = [".nbviva/secret", "gradebook.db", "submitted/ada/week1/x.ipynb", "marks/week1.csv", "roster.csv"]
    done = subprocess.run(
        ["git", "check-ignore", *private], cwd=begun.root, capture_output=True, text=True, check=False
    )
    assert private == done.stdout.split()


def test_a_file_that_is_there_stays(tmp_path):
    (tmp_path / "README.md").write_text("mine", "utf-8")
    assert ("README.md",) == begin(tmp_path).kept
    assert "mine" == (tmp_path / "README.md").read_text("utf-8")


def test_an_nbgrader_course_gets_two_lines_at_its_end_and_they_count(tmp_path):
    (tmp_path / CONFIG).write_text(QUICKSTART, "utf-8")
    (tmp_path / ".gitignore").write_text("*.pyc\n/submitted/", "utf-8")
    assert (CONFIG, ".gitignore") == begin(tmp_path).written
    text = (tmp_path / CONFIG).read_text("utf-8")
    assert text.startswith(QUICKSTART)
    assert list(SEAM) == text.splitlines()[-2:]
    ignored = (tmp_path / ".gitignore").read_text("utf-8").splitlines()
    assert ["*.pyc", "/submitted/", ".nbviva/"] == ignored[:3]
    assert 1 == ignored.count("/submitted/")
    require_configured(Course(tmp_path).root)
    before = text, ignored
    assert () == begin(tmp_path).written
    assert before == ((tmp_path / CONFIG).read_text("utf-8"), (tmp_path / ".gitignore").read_text("utf-8").splitlines())


def test_an_nbgrader_course_is_told_what_of_it_is_marked(tmp_path):
    (tmp_path / CONFIG).write_text(QUICKSTART, "utf-8")
    done = nbviva(tmp_path, "init")
    assert 0 == done.returncode
    assert "until they are adopted: 'nbviva adopt WEEK'" in " ".join(done.stderr.split())


def test_a_course_in_a_course_is_refused(begun):
    with pytest.raises(CourseError, match="lies in the course directory"):
        begin(begun.root / "sub")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CourseError, match=r"cannot be written: Not a directory\."):
        begin(tmp_path / "file" / "course")


def test_a_first_week_is_made_with_it_and_json_names_all_files(tmp_path):
    done = nbviva(tmp_path, "init", "mine", "--week", "week1", "--json")
    assert 0 == done.returncode, done.stderr
    assert {CONFIG, "graders/week1/checks.py"} <= set(json.loads(done.stdout)["written"])
    assert ["week1"] == Course(tmp_path / "mine").weeks()


def test_an_empty_folder_names_init(tmp_path):
    done = nbviva(tmp_path, "grade", "week1")
    assert 2 == done.returncode
    assert "or make a course with 'nbviva init'" in done.stderr

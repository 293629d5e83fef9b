"""The guide leads from an ordinary course to its first marks, in the middle of a term, and back."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from nbviva.sandbox.provisioner import refusal
from tests.ordinary.course import hand_in, make_course

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/adopt.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(\$ .*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PROGRAMS = str(Path(sys.executable).parent)
pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))


def run(root, *command):
    """Run a command of the environment's in the course directory."""
    environment = {**os.environ, "PATH": os.pathsep.join([PROGRAMS, os.environ["PATH"]]), "COLUMNS": "200"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=550)


def marks(course, group):
    """Give a group's marks in the gradebook: automatic, manual, and whether a person is asked."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        return {
            grade.name: (grade.auto_score, grade.manual_score, bool(grade.needs_manual_grade))
            for notebook in book.find_submission("ps2", group).notebooks
            for grade in notebook.grades
        }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An ordinary course in the middle of its term: plain nbgrader has marked, and a person has, too."""
    course = make_course(tmp_path_factory.mktemp("ordinary"))
    hand_in(course, "ada", "ps2")
    hand_in(course, "ben", "ps2", greet="def greet(name):\n    import os\n    os._exit(1)", ramp="ramp = list")
    for command in (("generate_assignment", "ps2"), ("autograde", "ps2", "--student", "ada")):
        assert run(course.root, "nbgrader", *command).returncode == 0
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        grade = book.find_grade("evens_test", "text", "ps2", "ada")
        grade.manual_score, grade.auto_score = 0.5, 0.25
        book.find_comment("evens", "text", "ps2", "ada").manual_comment = "Nearly."
        book.db.commit()
    return course


def test_the_guide_leads_to_marks_and_back(course):
    """init, adopt, grade, undo; what a person gave stays, and one bad kernel costs its cell."""
    before = marks(course, "ada")
    shown = [block.splitlines() for block in BLOCKS]
    outcomes = {}
    for command, *lines in shown:
        done = run(course.root, *shlex.split(command.removeprefix("$ ")))
        if "undo" in command:
            lines = [line.replace("2 hand-ins", "1 hand-in") for line in lines]  # noqa: PLW2901 - plain nbgrader gave up on ben
        assert [] == [line for line in lines if line not in done.stdout], done.stdout + done.stderr
        assert done.returncode == 0, done.stderr
        if "grade" in command:
            outcomes = {group: marks(course, group) for group in ("ada", "ben")}
    assert outcomes["ada"]["evens_test"] == (1.0, 0.5, True)
    assert sum(auto for auto, _, _ in outcomes["ada"].values()) == 11
    assert {name for name, (auto, _, _) in outcomes["ben"].items() if not auto} == {"ramp_test", "greet_test"}
    assert marks(course, "ada") == before
    assert not (course.root / "adopted" / "ps2.toml").exists()
    assert not (course.root / "feedback" / "ada").exists() or not (course.root / "feedback" / "ada" / "ps2").exists()

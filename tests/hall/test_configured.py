"""A course whose marks nbgrader would decide alone is refused before anything is marked or released."""

import subprocess
import sys

import pytest

from nbviva.configuration import CONFIG, NOT_CONFIGURED, SEAM, require_configured
from nbviva.errors import CourseError

ALONE = 'c = get_config()\nc.CourseDirectory.course_id = "qs"\n# configure(c, "x")\n'
BOTH = f"{ALONE}{SEAM[0]}\n{SEAM[1]}\n"


@pytest.mark.parametrize("words", [["verify", "toy"], ["release", "toy"], ["grade", "toy"]])
def test_no_command_goes_on_and_the_lines_to_add_are_named(course, words):
    (course.root / CONFIG).write_text(ALONE, "utf-8")
    (course.submitted("toy", "ada")).mkdir(parents=True)
    command = [sys.executable, "-m", "nbviva", *words]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert (2, f"nbviva: {NOT_CONFIGURED}\n") == (done.returncode, done.stderr)
    assert all(line in NOT_CONFIGURED for line in SEAM)
    assert not course.release("toy").exists()


@pytest.mark.parametrize("thorough", [True, False])
def test_the_two_lines_are_enough(course, thorough):
    (course.root / CONFIG).write_text(BOTH, "utf-8")
    require_configured(course.root, thorough=thorough)


def test_a_call_in_another_file_counts(course):
    (course.root / CONFIG).rename(course.root / "shared_config.py")
    (course.root / CONFIG).write_text('load_subconfig("shared_config.py")\n', "utf-8")
    require_configured(course.root, thorough=False)


def test_a_call_that_is_undone_below_it_does_not_count(course):
    (course.root / CONFIG).write_text(f"{BOTH}c.Autograde.autograde_preprocessors = []\n", "utf-8")
    with pytest.raises(CourseError, match="does not call nbviva's configure"):
        require_configured(course.root)


def test_a_configuration_that_is_no_python_is_one_sentence(course):
    (course.root / CONFIG).write_text("c = (", "utf-8")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py is no Python .*: mend it first\."):
        require_configured(course.root)

"""A week's folder may be flat or laid out by exercise: whatever lies deeper counts like what lies on top."""

import sys

import pytest

from nbviva.errors import SpecError
from nbviva.grading.batch import libraries
from nbviva.grading.reports import shared
from nbviva.kernel.room import Room


def move(course, *names):
    """Lay the toy week out in a folder of one exercise, and leave nothing of it on top."""
    week = course.folder("toy")
    (week / "numbers").mkdir()
    for name in names:
        text = (week / name).read_text("utf-8").replace("graders.toy.checks", "graders.toy.numbers.checks")
        (week / "numbers" / name).write_text(text, "utf-8")
        (week / name).unlink()


def test_checks_and_mutants_are_found_in_folders(course):
    flat = [check.name for check in course.week("toy").checks]
    before = set(course.week("toy").overlays("mutants"))
    for name in [name for name in sys.modules if name.startswith("graders.toy")]:
        del sys.modules[name]
    move(course, "checks.py", "mutants.py")
    week = course.week("toy")
    assert flat == [check.name for check in week.checks]
    assert {f"numbers.{name}" for name in before} == set(week.overlays("mutants"))


def test_what_a_check_deeper_down_imports_is_made_ready(course):
    move(course, "checks.py")
    path = course.folder("toy") / "numbers" / "checks.py"
    path.write_text(f"import colorsys\n{path.read_text('utf-8')}", "utf-8")
    assert "colorsys" in libraries(course, "toy")


def test_a_file_deeper_down_makes_a_report_stale(course):
    def digest():
        return shared(course, "toy", Room()).digest

    move(course, "checks.py")
    before = digest()
    with (course.folder("toy") / "numbers" / "checks.py").open("a") as file:
        file.write("# changed\n")
    assert before != digest()


def test_two_checks_of_one_name_are_refused(course):
    week = course.folder("toy")
    (week / "more_checks.py").write_text((week / "checks.py").read_text("utf-8"), "utf-8")
    with pytest.raises(SpecError, match="two checks or fixtures named"):
        course.week("toy")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("def broken(:", r"checks.py, line 1: invalid syntax"),
        ("from graders.toy import referense", r"checks.py, line 1: ImportError: cannot import name 'referense'"),
        (
            "import graders.toy.nothing",
            r"checks.py, line 1: ModuleNotFoundError: No module named 'graders.toy.nothing'",
        ),
        ("1 / 0", r"checks.py, line 1: ZeroDivisionError"),
        (
            "from nbviva.author import check\n\n@check('double')\ndef bare(): pass",
            r"checks.py, line 3: TypeError: the check",
        ),
    ],
)
def test_mistake_in_a_file_of_the_week_is_told_with_its_line(course, mistake, said):
    path = course.folder("toy") / "checks.py"
    path.write_text(f"{mistake}\n{path.read_text('utf-8')}", "utf-8")
    with pytest.raises(SpecError, match=said):
        course.week("toy")

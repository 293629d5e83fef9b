"""The whole route on the toy week: what is handed in is marked in a copy, and what leaks on the way is seen."""

import pytest

from nbviva.sandbox.provisioner import refusal
from nbviva.verify.route import take

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
LINE = "total = sum(as_number(student.double(n), name='double(n)') for n in numbers)"


def edit(course, name, old, new):
    """Change one text in a file of the toy week."""
    path = course.root / "graders/toy" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_the_route_leaves_the_course_alone_and_finds_what_is_wrong(course, room):
    """One week with a wrong solution, a check that asks for nothing, a message that tells too much, and a leak."""
    edit(course, "notebook.py", "answer_half = double(7) / 4", "answer_half = double(7) / 5")
    edit(course, "checks.py", 'return sheet.judge("answer_colour", "red")', 'return "fine"')
    edit(course, "checks.py", 'name="double(n)") for n', "name='double(n)') for n")
    edit(
        course,
        "checks.py",
        "    x = float(rng.normal())",
        f'    x = float(rng.normal())\n    require(isinstance(student["total"], int), "{LINE}")',
    )
    edit(course, "notebook.py", "# # Toys", f"# # Toys\n# {LINE}")
    before = sorted(course.root.rglob("*.py")), (course.root / "gradebook.db").exists()
    taken = take(course, "toy", room, lambda _: None)
    assert before == (sorted(course.root.rglob("*.py")), (course.root / "gradebook.db").exists())
    assert {"reference": (3.0, 1.0), "blank": (0.0, 1.0)} == taken.points
    assert any("'half_of_seven' failed" in sentence for sentence in taken.failures["reference"])
    assert ("'colour' gets 1",) == taken.failures["blank"]
    assert any(leak.startswith(f"The release gives away the line '{LINE[:60]}'") for leak in taken.leaks)
    assert any(leak.startswith("The feedback gives away the line") for leak in taken.leaks)
    assert taken.cpu["reference"] > 0
    assert taken.wall["reference"] > 0


def test_solutions_that_pages_show_when_the_week_is_over_are_no_leak(course, room):
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[feedback]\nsolution = true\n", "utf-8")
    assert course.is_over(course.assignment("toy"))
    taken = take(course, "toy", room, lambda _: None)
    assert ((), ()) == (taken.leaks, taken.failures["reference"])

"""The checks inside the kernel, unhardened: what a source notebook's hidden test cells call.

So the notebook is a plain nbgrader notebook too: `nbgrader validate` works on it, and so does autograding without our
preprocessor, as insecure as anywhere. Checks that look at what the hand-in's notebook shows are left out: a kernel does
not see its own outputs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nbviva.course import Course
from nbviva.grading.examine import Examination, examine
from nbviva.grading.verdict import Outcome
from nbviva.handin.sheet import Sheet
from nbviva.kernel.student import local_student
from nbviva.secret import draw_of


class Failed(AssertionError):
    """A check did not pass."""


def examine_here(week: str, question: str, namespace: dict[str, Any]) -> None:
    """Run a question's checks on this kernel's own variables; raise `Failed` with the first that did not pass."""
    course = Course.find()
    whole = course.week(week)
    loaded = whole.apart()[whole.assignment.question(question).notebook or whole.assignment.notebook]
    student = local_student(namespace)
    given = {"sheet": Sheet(loaded.assignment, student)}
    own = tuple(replace(check, needs=()) for check in loaded.checks if check.exercise == question)
    own = tuple(check for check in own if "notebook" not in loaded.fixtures_of(check))
    examination = Examination(replace(loaded, checks=own), student, draw_of(course.root, week, "in-kernel"), given)
    for verdict in examine(examination):
        if verdict.outcome is not Outcome.PASSED:
            raise Failed(f"{verdict.sentence} {verdict.detail}")

"""The nbgrader seam of feedback: `nbgrader generate_feedback` writes our page, with the marks of the gradebook.

`configure` puts these two classes into GenerateFeedback's configuration, so that releasing feedback works as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbconvert.exporters import Exporter
from nbgrader.preprocessors import GetGrades

from nbviva.course import Course
from nbviva.deadline import handed_in_at, late_minutes
from nbviva.notebooks import NotebookNode
from nbviva.page import Head, Question, render
from nbviva.reports import stored_report
from nbviva.source import grade_id
from nbviva.spec import Assignment
from nbviva.verdict import Mark, Outcome, Report


@dataclass(frozen=True)
class Booked:
    """A mark as it stands in the gradebook; None where nobody gave one."""

    points: float | None
    manual: bool


class BookedGrades(GetGrades):
    """Puts marks and comments into the cells as nbgrader does, and says which marks a person gave."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Called by nbgrader's GenerateFeedback for each notebook in `autograded/`."""
        self.booked: dict[str, Booked] = {}
        nb, resources = super().preprocess(nb, resources)
        resources["nbviva"] = self.booked
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._get_score(cell, resources)
        name = str(grade_id(cell))
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        manual = grade.manual_score is not None
        self.booked[name] = Booked(float(grade.score) if manual or grade.auto_score is not None else None, manual)


class FeedbackExporter(Exporter):
    """Gives the feedback page in the place of nbconvert's HTML."""

    export_from_notebook = "nbviva feedback"
    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Called by nbgrader's GenerateFeedback; runs the preprocessors and renders what they found."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        names = resources["nbgrader"]
        course = Course.find()
        week, group = names["assignment"], names["student"]
        report = stored_report(course.report(week, group))
        comments = {name: text for cell in nb.cells if (name := grade_id(cell)) and (text := _comment(cell))}
        loaded = course.week(week)
        asked = questions(loaded.assignment, report, resources["nbviva"], comments)
        facts = _facts(asked, loaded.assignment, float(names["late_penalty"])) + _times(
            course, loaded.assignment, group
        )
        head = Head(
            f"{loaded.assignment.course}, {loaded.assignment.term}", loaded.assignment.title, group, facts,
            _notices(asked, report),
        )  # fmt: skip
        return render(head, asked, nb), resources


def questions(
    assignment: Assignment, report: Report | None, booked: Mapping[str, Booked], comments: Mapping[str, str]
) -> tuple[Question, ...]:
    """Join what the examiner found with what stands in the gradebook, which wins; in the sheet's order."""
    found: list[Question] = []
    for question in assignment.questions:
        marks = [mark for mark in report.marks if mark.question == question.name] if report else []
        automatic = marks[0] if marks else None
        now = booked.get(question.name) or Booked(automatic.points if automatic else None, manual=False)
        outcome = automatic.outcome if automatic else Outcome.PASSED if now.points else Outcome.FAILED
        mark = Mark(
            question.name, question.number, question.title, now.points, question.points, question.bonus, outcome
        )
        before = automatic.points if automatic and automatic.points != now.points else None
        verdicts = tuple(v for v in report.verdicts if v.exercise == question.name) if report else ()
        said = tuple(text for name in (question.name, f"{question.name}_answer") if (text := comments.get(name)))
        found.append(Question(mark, verdicts, before if now.manual else None, now.manual, said))
    return tuple(found)


def _facts(asked: tuple[Question, ...], assignment: Assignment, penalty: float) -> tuple[tuple[str, str], ...]:
    marks = [question.mark for question in asked]
    points, extra = (sum(mark.points or 0 for mark in marks if mark.bonus is bonus) for bonus in (False, True))
    facts = [("Points", f"{points:g} of {assignment.maximum:g}")]
    if assignment.extra:
        facts.append(("Extra points", f"{extra:g} of {assignment.extra:g}"))
    if penalty:
        facts.append(("Late penalty", f"-{penalty:g}"))
    if penalty or extra:
        facts.append(("In all", f"{points + extra - penalty:g}"))
    return tuple(facts)


def _notices(asked: tuple[Question, ...], report: Report | None) -> tuple[str, ...]:
    notes = report.notes if report else ("The examiner's report is not stored here: only the marks are known.",)
    if None in (question.mark.points for question in asked):
        return ("A question has no mark yet: a check of ours failed, and a person will decide.", *notes)
    return notes


def _times(course: Course, assignment: Assignment, group: str) -> tuple[tuple[str, str], ...]:
    moment = handed_in_at(course.submitted(assignment.week, group) / "timestamp.txt")
    if moment is None:
        return ()
    due = course.extensions(assignment).due(group, assignment.due)
    late = late_minutes(moment, due)
    when = f"{moment.astimezone(due.tzinfo):%d.%m.%Y %H:%M}"
    return (("Handed in", f"{when}, {f'{_spell(late)} late' if late else 'in time'}"),)


def _spell(minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "d"), (rest // 60, "h"), (rest % 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _comment(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("comment") or "")

"""What a page tells, gathered from report, gradebook, times and week: marks, facts, notes, class, solutions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nbviva.course import Course
from nbviva.feedback.page import Notice
from nbviva.feedback.questions import ShownQuestion
from nbviva.feedback.standing import known_points, standing
from nbviva.grading.verdict import Mark, Outcome, Report
from nbviva.handin.arrival import arrival
from nbviva.naming import answer_cell
from nbviva.notebooks import NotebookNode, grade_id, is_answer
from nbviva.week.declare import Plot
from nbviva.week.source import frames, releases, source_notebooks
from nbviva.week.spec import Assignment, CellState
from nbviva.week.week import Week

_MARKER = re.compile(r"^\s*#+ *(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS|MARK SCHEME)\s*$")
SANDBOXED = (
    'A test cell that is "sandboxed" ran in the hand-in\'s own kernel, kept apart from everything else: its mark '
    "counts, and is as sound as the code beside it is honest."
)
HARDENED = (
    'A test cell that is "hardened" ran outside of the hand-in\'s kernel: it asked the code there for plain data, and '
    "none of that code ran where its mark was decided."
)


@dataclass(frozen=True)
class Booked:
    """A mark as it stands in the gradebook; None where nobody gave one."""

    points: float | None
    manual: bool


def questions(
    assignment: Assignment, report: Report | None, booked: Mapping[str, Booked], comments: Mapping[str, str],
    words: Mapping[str, str],
) -> tuple[ShownQuestion, ...]:  # fmt: skip
    """Join what the examiner found with what stands in the gradebook, which wins; in the sheet's order."""
    found: list[ShownQuestion] = []
    for question in assignment.questions:
        marks = [mark for mark in report.marks if mark.question == question.name] if report else []
        automatic = marks[0] if marks else None
        now = booked.get(question.name) or Booked(automatic.points if automatic else None, manual=False)
        outcome = automatic.outcome if automatic else Outcome.PASSED if now.points else Outcome.FAILED
        would = automatic.provisional if automatic else None
        mark = Mark(
            question.name, question.number, question.title, now.points, question.points, question.bonus, outcome,
            would if now.points is None else None,
        )  # fmt: skip
        given = would if would is not None else automatic.points if automatic else None
        before = given if given != now.points else None
        verdicts = tuple(v for v in report.verdicts if v.exercise == question.name) if report else ()
        said = tuple(text for name in (question.name, answer_cell(question.name)) if (text := comments.get(name)))
        pointers = tuple((v.check, words[v.check]) for v in verdicts if v.check in words)
        found.append(
            ShownQuestion(mark, verdicts, before if now.manual else None, now.manual, said, pointers, question)
        )
    return tuple(found)


def facts(asked: tuple[ShownQuestion, ...], assignment: Assignment, penalty: float) -> tuple[tuple[str, str], ...]:
    """Give points, extra points, what being late costs, and all together, each with its name."""
    marks = [question.mark for question in asked]
    points, extra = (sum(mark.points or 0 for mark in marks if mark.bonus is bonus) for bonus in (False, True))
    facts = [("Points", f"{points:g} of {assignment.maximum:g}")]
    if any(mark.provisional is not None for mark in marks):
        facts.append(("Until a person decides", f"provisionally {sum(m.provisional or 0 for m in marks):g} more"))
    if assignment.extra:
        facts.append(("Extra points", f"{extra:g} of {assignment.extra:g}"))
    if penalty:
        facts.append(("Late penalty", f"-{penalty:g}"))
    if penalty or extra:
        facts.append(("In all", f"{points + extra - penalty:g}"))
    return tuple(facts)


def notices(asked: tuple[ShownQuestion, ...], report: Report | None, assignment: Assignment) -> tuple[Notice, ...]:
    """Give what a person decides, and the report's notes."""
    notes = report.notes if report else ("The examiner's report is not stored here: only the marks are known.",)
    open_ = [question.mark for question in asked if question.waits]
    told = [
        Notice(f"A person will decide: {doubt.sentence}", names)
        for doubt in (report.doubts if report else ())
        if (names := tuple(mark.question for mark in open_ if doubt.concerns(mark.question)))
    ]
    ours = tuple(mark.question for mark in open_ if mark.outcome is not Outcome.PERSON)
    if ours:
        told.append(Notice("A question has no mark yet: a check of ours failed, and a person will decide.", ours))
    words = {CellState.HARDENED: HARDENED, CellState.SANDBOXED: SANDBOXED}
    states = {question.state for question in assignment.questions}
    told += [Notice(sentence) for state, sentence in words.items() if state in states]
    return (*told, *map(Notice, notes))


def times(course: Course, assignment: Assignment, group: str) -> tuple[tuple[str, str], ...]:
    """Give when the hand-in came, and whether in time; nothing where that is not known."""
    came = arrival(course, assignment, group)
    if came.moment is None:
        return ()
    if not assignment.dated:
        return (("Handed in", f"{came.moment:%d.%m.%Y %H:%M} UTC"),)
    late = came.late_minutes
    when = f"{came.moment.astimezone(came.due.tzinfo):%d.%m.%Y %H:%M}"
    return (("Handed in", f"{when}, {f'{_spell(late)} late' if late else 'in time'}"),)


def _spell(minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "d"), (rest // 60, "h"), (rest % 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def solutions(course: Course, week: Week, notebook: str) -> dict[str, str]:
    """Give the reference solution of each cell that a student writes: where that is allowed, and never before the end.

    The end is that of the week's last extension. Tests and mark schemes that a cell hides stay hidden.
    """
    if not week.assignment.feedback.solution or not course.is_over(week.assignment):
        return {}
    known = {name: source for name, source in _written(source_notebooks(week)[notebook]) if source.strip()}
    given, framed = (dict(_written(found[notebook])) for found in (releases(week), frames(week)))
    hidden = {name: {*framed[name].split("\n")} - {*given[name].split("\n")} for name in known}
    name_of = week.assignment.known_as
    return {
        name_of(notebook, name): "\n".join(
            line for line in text.split("\n") if line not in hidden[name] and not _MARKER.search(line)
        )
        for name, text in known.items()
    }


def _written(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Give name and text of the code cells that a student writes."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_answer(cell) and (name := grade_id(cell)):
            yield name, cell.source


def class_standing(course: Course, assignment: Assignment, asked: tuple[ShownQuestion, ...]) -> Plot | None:
    """Give how many points the class has, if that may be shown; beside a group's own, if these are all of them."""
    points = known_points(course, assignment.week) if assignment.feedback.class_points else ()
    marks = [question.mark.points for question in asked if not question.mark.bonus]
    is_whole = len(asked) == len(assignment.questions) and None not in marks
    own = sum(mark or 0 for mark in marks) if is_whole else None
    return standing(points, own, assignment.maximum) if points else None


def part_of_week(assignment: Assignment, notebook: str) -> tuple[str, Assignment]:
    """Give the part of a week that a notebook is, where it has several, and what is asked in it."""
    if not assignment.parts:
        return "", assignment
    return notebook, replace(assignment.of(notebook), title=f"{assignment.title}: {notebook}")


def other_pages(assignment: Assignment, notebook: str) -> tuple[Notice, ...]:
    """Say of which notebook a page is, and where the week's others stand; nothing where it has no other."""
    others = [f"{name}.html" for name in assignment.notebooks if name != notebook]
    said = f"This page is about {notebook}.ipynb alone; for the others see {', '.join(others)}."
    return (Notice(said),) if others else ()

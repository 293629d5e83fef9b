"""What prose says of dates, limits and points: put there from assignment.toml, or held against it where it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nbviva.errors import SpecError
from nbviva.notebooks import NotebookNode, grade_id, is_test
from nbviva.week.deadline import spoken_moment
from nbviva.week.question import Question
from nbviva.week.spec import Assignment

_PLACE = re.compile(r"\{\{points ([\w, ]+)\}\}")
_TYPED = re.compile(r"\(((?:Extra )?)Points?: (\d+(?:\.\d+)?)\)", re.IGNORECASE)


def filled_in(text: str, assignment: Assignment, file: str = "notebook.py") -> str:
    """Put what assignment.toml says where prose has {{issued}}, {{due}}, {{limits}} and {{points QUESTION ...}}.

    Raises
    ------
    SpecError
        If one of the questions is none.
    """
    due = f"{spoken_moment(assignment.due)} ({getattr(assignment.due.tzinfo, 'key', 'UTC')})"
    dated = (
        text.replace("{{issued}}", f"{assignment.issued:%d.%m.%Y}")
        .replace("{{due}}", due)
        .replace("{{limits}}", assignment.limits.sentence)
    )
    return _PLACE.sub(lambda place: _points(_named(place[1], assignment, file)), dated)


def _named(names: str, assignment: Assignment, file: str) -> list[Question]:
    try:
        return [assignment.question(name) for name in re.findall(r"\w+", names)]
    except KeyError as error:
        raise SpecError(f"{file} has {{{{points {names}}}}}: {error.args[0]}") from None


def _points(asked: Sequence[Question]) -> str:
    """Say the sum of these questions' points, as the sheet does."""
    extra = "Extra " if any(question.bonus for question in asked) else ""
    return f"{extra}Points: {sum(question.points for question in asked):g}"


def require_points(cells: Sequence[NotebookNode], assignment: Assignment, file: str = "notebook.py") -> None:
    """Refuse prose that promises other points than the questions below it have, up to where prose next says points.

    Raises
    ------
    SpecError
        With a sentence that names both, and what to write.
    """
    asked = {question.name: question for question in assignment.questions}
    for said, extra, below in _promises(cells):
        questions = [asked[name] for name in below if name in asked and asked[name].bonus is extra]
        found = sum(question.points for question in questions)
        if questions and abs(found - said) > 1e-9:
            names = " ".join(question.name for question in questions)
            raise SpecError(
                f"{file} says {said:g} points above {names}, which have {found:g} in assignment.toml: write "
                f"'({{{{points {names}}}}})' there."
            )


def _promises(cells: Sequence[NotebookNode]) -> Iterator[tuple[float, bool, list[str]]]:
    """Give what prose says: so many points, extra ones or not, and the names of the test cells below it."""
    open_: list[tuple[float, bool, list[str]]] = []
    for cell in cells:
        if cell.cell_type == "markdown" and (_TYPED.search(cell.source) or _PLACE.search(cell.source)):
            yield from open_
            open_ = [(float(points), bool(extra), []) for extra, points in _TYPED.findall(cell.source)[-1:]]
        elif is_test(cell):
            for _, _, below in open_:
                below.append(grade_id(cell) or "")
    yield from open_

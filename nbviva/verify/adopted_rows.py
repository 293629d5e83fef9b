"""`nbviva verify` for an adopted week: what was measured of its cells, and how weak its tests are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbviva.adopt.adoption import adoption_path, read_adoption
from nbviva.adopt.weakness import lone_literal, names_set
from nbviva.course import Course
from nbviva.notebooks import grade_id, is_answer, is_test, part_of
from nbviva.secret import secret_of
from nbviva.verify.adopting import Adopted
from nbviva.verify.leaks import find_leaks
from nbviva.verify.mutation.in_notebook import adopted_score
from nbviva.verify.mutation.score import LEAST_SCORE, TriedMutant
from nbviva.verify.row import Finding, Origin
from nbviva.week.source import source_notebook
from nbviva.wording import counted


def adopted_rows(course: Course, name: str, workers: int, say: Callable[[str], None]) -> Iterator[Finding]:
    """Give the rows one after another; a defect in any of them should stop the release."""
    course.require_as_adopted(name)
    path = adoption_path(course.root, name)
    adopted = Adopted(read_adoption(path, path.read_text("utf-8")))
    yield _cells(adopted)
    yield _blank(adopted)
    yield _literals(course, name)
    say("mutants of the solutions")
    yield _mutants(course, name, workers)
    yield _release(course, name)


def _cells(adopted: Adopted) -> Finding:
    cells = adopted.adoption.cells
    states = [cell.state for cell in cells]
    summary = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    defects = [f"{cell.cell} marks the solution otherwise than plain nbgrader does." for cell in adopted.differing]
    failing = (c for c in cells if c.solution.here is not None and c.solution.here < c.points and not c.why)
    details = [f"{cell.cell} gives the solution {cell.solution.here:g} of {cell.points:g}." for cell in failing]
    return Finding("cells", summary or "none", tuple(defects), tuple(details))


def _blank(adopted: Adopted) -> Finding:
    accepting = [cell for cell in adopted.adoption.cells if (cell.blank.here or 0) > 0 and cell.points]
    defects = (
        f"{c.cell} gives the blank {c.blank.here:g} of {c.points:g}: ask what a blank has not." for c in accepting
    )
    return Finding("blank", f"{counted(len(accepting), 'test')} accept it", tuple(defects))


def _literals(course: Course, name: str) -> Finding:
    cells = [cell for cell in source_notebook(course.week(name)).cells if cell.cell_type == "code"]
    details, number = [], 0
    for cell in cells:
        if not is_test(cell) or is_answer(cell):
            continue
        number += 1
        answers = (one for one in cells if is_answer(one) and part_of(one) == part_of(cell))
        students = set[str]().union(*(names_set(one.source) for one in answers))
        if question := lone_literal(cell.source, students):
            details.append(f"{grade_id(cell)} asks only `{question}`: a fixed answer passes it.")
    return Finding("one literal", f"{len(details)} of {counted(number, 'test')} are decided by one", (), tuple(details))


def _mutants(course: Course, name: str, workers: int) -> Finding:
    score = adopted_score(course, name, workers)
    total = counted(len(score.tried), "mutant")
    low = score.score < LEAST_SCORE
    defects = (f"The tests catch {score.score:.0%} of the slips in the solutions: ask more.",) if low else ()
    origin = Origin(len(score.tried) - score.cached, score.cached)
    return Finding("mutants", f"{score.caught} of {total} caught", defects, tuple(map(_line, score.survivors)), origin)


def _line(item: TriedMutant) -> str:
    return f"No test notices {item.cell}, line {item.mutated.line}: `{item.mutated.before}` as `{item.mutated.after}`."


def _release(course: Course, name: str) -> Finding:
    folder = course.release(name)
    if not folder.is_dir():
        return Finding("release", "not made yet: nbviva release")
    leaks = tuple(
        f"The release gives away {leak}." for leak in find_leaks(course.week(name), folder, secret_of(course.root))
    )
    return Finding("release", "searched for solutions and hidden tests", leaks)

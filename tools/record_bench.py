"""Measure recording: seconds of CPU for many synthetic reports of the toy week, against nbgrader's own commands.

    tools/record_bench.py [REPORTS] [--nbgrader REPORTS]

The reports are made in memory; nothing is graded. `NBVIVA_DB` names another database than a new SQLite file.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nbviva.course import Course
from nbviva.notebooks import new_output, to_text
from nbviva.preprocessor import nbgrader
from nbviva.record import record
from nbviva.release import make_release
from nbviva.source import grade_id, release_template, source_notebook
from nbviva.verdict import Mark, Outcome, Report, Verdict

TOY = Path(__file__).parent.parent / "tests" / "toy"
LATE = "2024-01-08 19:45:00.000000 UTC\n"
OUTCOMES = (Outcome.PASSED, Outcome.FAILED, Outcome.PASSED, Outcome.SKIPPED, Outcome.ERROR)


def synthetic_reports(course: Course, week: str, number: int) -> list[str]:
    """Write reports of all outcomes on hand-ins that nobody made, and give their groups."""
    loaded = course.week(week)
    template = release_template(source_notebook(loaded))
    groups = [f"group{index:04d}" for index in range(number)]
    for index, group in enumerate(groups):
        for cell in template.cells:
            if cell.cell_type == "code" and not (grade_id(cell) or "").endswith("_answer"):
                cell.outputs = [new_output("stream", text=f"{group} says {'so ' * 50}\n")]
        outcomes = [OUTCOMES[(index + place) % 5] for place in range(len(loaded.assignment.questions))]
        verdicts = tuple(
            Verdict(f"check_{q.name}", q.name, outcome, f"The answer to {q.number} is right.", "It was 3 < 4.")
            for q, outcome in zip(loaded.assignment.questions, outcomes, strict=True)
        )
        marks = tuple(
            Mark(q.name, q.number, q.title, _points(q.points, outcome), q.points, q.bonus, outcome)
            for q, outcome in zip(loaded.assignment.questions, outcomes, strict=True)
        )
        report = Report(week, group, f"digest {index}", "none", verdicts, marks)
        _write(course.report(week, group) / "report.json", report.to_json())
        _write(course.report(week, group) / "notebook.ipynb", to_text(template))
        _write(course.submitted(week, group) / "timestamp.txt", LATE if index % 3 else "2024-01-08 18:00:00 UTC\n")
    return groups


def _points(most: float, outcome: Outcome) -> float | None:
    return {Outcome.PASSED: most, Outcome.ERROR: None}.get(outcome, 0.0)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def bench(number: int = 1000, workers: int | None = None) -> dict[str, float]:
    """Seconds of CPU to record `number` reports: marks alone, pages alone, and both again with nothing changed."""
    with tempfile.TemporaryDirectory() as place:
        course = _toy(Path(place) / "course")
        groups = synthetic_reports(course, "toy", number)
        both = cpu(lambda: record(course, "toy", groups, workers=workers))
        shutil.rmtree(course.root / "feedback")
        pages = cpu(lambda: record(course, "toy", groups, workers=workers))
        again = cpu(lambda: record(course, "toy", groups, workers=workers))
    return {"marks": both - pages, "pages": pages - again, "nothing changed": again}


def bench_nbgrader(number: int = 20) -> dict[str, float]:
    """Seconds of CPU of `nbgrader autograde` (our preprocessor, fresh reports in place) and `generate_feedback`."""
    with tempfile.TemporaryDirectory() as place:
        course = _toy(Path(place) / "course")
        record(course, "toy", groups := synthetic_reports(course, "toy", number))
        return {
            "pages by nbgrader": cpu(lambda: nbgrader(course, "generate_feedback", "toy", "--force")),
            "groups": len(groups),
        }


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU, of this process and of its children."""
    before, began = os.times(), time.perf_counter()
    work()
    after = os.times()
    del began
    return sum(after[:4]) - sum(before[:4])


def _toy(root: Path) -> Course:
    shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course(root)
    make_release(course, "toy")
    return course


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", nargs="?", type=int, default=1000)
    parser.add_argument("--nbgrader", type=int, default=0, help="so many pages by nbgrader's own command, too")
    given = parser.parse_args()
    for what, seconds in bench(given.reports).items():
        print(f"{what:18} {seconds:7.1f} s of CPU, {1000 * seconds / given.reports:6.1f} ms a report")

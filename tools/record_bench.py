"""Measure recording: seconds of CPU for many synthetic reports of the toy week, against nbgrader's own commands.

    tools/record_bench.py [REPORTS]

The reports are made in memory; nothing is graded. `NBVIVA_DB` names another database than a new SQLite file.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from nbviva.course import Course
from nbviva.feedback.nbgrader import write_pages
from nbviva.gradebook.nbgrader import nbgrader
from nbviva.gradebook.record import record
from nbviva.grading.reports import keep_report
from nbviva.grading.verdict import Mark, Outcome, Report, Verdict
from nbviva.notebooks import grade_id, new_output, to_text
from nbviva.verify.release import make_release
from nbviva.week.source import release_template, source_notebook

TOY = Path(__file__).parent.parent / "tests" / "toy"
LATE = "2024-01-08 19:45:00.000000 UTC\n"
STORED = """
from nbgrader.preprocessors.base import NbGraderPreprocessor
from nbviva.course import Course
from nbviva.notebooks import read
from nbviva.gradebook.nbgrader import with_verdicts
from nbviva.grading.reports import stored_report

class Stored(NbGraderPreprocessor):  # in the place of Viva, which would grade what was never handed in
    def preprocess(self, nb, resources):
        folder = Course.find().report("toy", resources["nbgrader"]["student"])
        return with_verdicts(read(folder / "notebook.ipynb"), stored_report(folder)), resources

c.Autograde.sanitize_preprocessors = [Stored]
"""
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
        _write(course.report(week, group) / "notebook.ipynb", to_text(template))
        keep_report(course.report(week, group), report)
        _write(course.submitted(week, group) / "timestamp.txt", LATE if index % 3 else "2024-01-08 18:00:00 UTC\n")
    return groups


def _points(most: float, outcome: Outcome) -> float | None:
    return {Outcome.PASSED: most, Outcome.ERROR: None}.get(outcome, 0.0)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def bench(number: int = 1000, pages: int = 100) -> dict[str, float]:
    """Seconds of CPU a report: its marks, and with nothing changed (of `number`); its page, ours and nbgrader's."""
    with tempfile.TemporaryDirectory() as place:
        course = _toy(Path(place) / "course")
        groups = synthetic_reports(course, "toy", number)
        with mock.patch("nbviva.gradebook.record.write_pages"):
            found = {"marks": cpu(lambda: record(course, "toy", groups)) / number}
            found["nothing changed"] = cpu(lambda: record(course, "toy", groups)) / number
        for path in sorted((course.root / "autograded").iterdir())[pages:]:
            shutil.rmtree(path)
        found["page"] = cpu(lambda: write_pages(course, "toy", "toys", groups[:pages])) / pages
        found["page by nbgrader"] = cpu(lambda: nbgrader(course, "generate_feedback", "toy", "--force")) / pages
    return found


def bench_nbgrader(number: int = 20) -> dict[str, float]:
    """Seconds of CPU a report of `nbgrader autograde` that reads stored reports and runs nothing."""
    with tempfile.TemporaryDirectory() as place:
        course = _toy(Path(place) / "course")
        config = course.root / "nbgrader_config.py"
        config.write_text(config.read_text("utf-8") + STORED, "utf-8")
        for group in synthetic_reports(course, "toy", number):
            shutil.copy(course.report("toy", group) / "notebook.ipynb", course.submitted("toy", group) / "toys.ipynb")
        return {"marks by nbgrader": cpu(lambda: nbgrader(course, "autograde", "toy", "--force")) / number}


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU, of this process and of its children."""
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


def _toy(root: Path) -> Course:
    shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course(root)
    make_release(course, "toy")
    return course


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", nargs="?", type=int, default=1000)
    for what, seconds in {**bench(parser.parse_args().reports), **bench_nbgrader()}.items():
        print(f"{what:18} {1000 * seconds:7.2f} ms of CPU a report")

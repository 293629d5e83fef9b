"""The nbgrader seam: `nbgrader autograde` reads hand-ins, runs nothing, and records our verdicts.

`configure` is what `nbgrader_config.py` calls. It puts three classes into nbgrader's own lists: an exporter that opens
any file, a preprocessor that puts the graded notebook in the place of the submitted one, and nbgrader's SaveAutoGrades
with our marks instead of marks read from outputs.
"""

from __future__ import annotations

import io
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader import utils
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.preprocessors import AssignLatePenalties, ClearSolutions, SaveAutoGrades
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets import List
from traitlets.config import Config

from nbviva.configuration import db_url
from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.feedback.html import words
from nbviva.feedback.nbgrader import FeedbackExporter
from nbviva.feedback.others import as_ever, is_ours, warn_of
from nbviva.gradebook.book import opened
from nbviva.gradebook.outline import as_recorded, outline
from nbviva.gradebook.penalties import LatePenalty
from nbviva.grading.stored import graded
from nbviva.grading.verdict import Report
from nbviva.notebooks import STUB, NotebookNode, grade_id, is_answer, is_test, new_notebook, new_output
from nbviva.processes.programs import program
from nbviva.sandbox.backends import backend


def configure(config: Config, root: Path | str) -> None:
    """Configure nbgrader for a course directory: called by `nbgrader_config.py` with `get_config()`.

    Weeks that nbviva does not know are left to nbgrader, with all that the course has configured for them.

    Parameters
    ----------
    root
        The course directory, or a file in it such as `nbgrader_config.py` itself.
    """
    root = Path(root).resolve()
    root = root.parent if root.is_file() else root
    config.CourseDirectory.root = str(root)
    if os.environ.get("NBVIVA_DB"):
        config.CourseDirectory.db_url = db_url(Course(root).root)
    config.ClearSolutions.setdefault("code_stub", {**(ClearSolutions.code_stub.default() or {}), "python": STUB})
    for name, part in (("sanitize_preprocessors", Viva), ("autograde_preprocessors", RecordVerdicts)):
        config[part.__name__].others = config.Autograde.get(name, getattr(Autograde, name).default())
    pages = GenerateFeedback.preprocessors.default()
    config.FeedbackExporter.others = config.GenerateFeedback.get("preprocessors", pages)
    config.Autograde.exporter_class = TolerantExporter
    config.Autograde.sanitize_preprocessors = [Viva]
    config.LatePenalties.plugin_class = LatePenalty
    config.Autograde.autograde_preprocessors = [RecordVerdicts, LatePenalties]
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.GenerateFeedback.preprocessors = []


class TolerantExporter(NotebookExporter):
    """Opens whatever lies in `submitted/`: the real reading, which nothing can break, is done by `nbviva.handin`."""

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        """Convert a file; a file that is no notebook is taken as an empty one, and its report says so."""
        try:
            return super().from_filename(filename, resources=resources, **kw)
        except Exception:
            if not is_ours(resources):
                raise
            empty = io.StringIO('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
            return self.from_file(empty, resources=resources, **kw)


class Viva(NbGraderPreprocessor):
    """Puts the graded notebook in the place of the submitted one; grades inline what has no fresh report."""

    others: Any = List(help="What nbgrader does to the notebooks of weeks that are not nbviva's").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Called by nbgrader's Autograde for each submitted notebook."""
        if not is_ours(resources):
            return as_ever(self, nb, resources)
        names = resources["nbgrader"]
        course = Course.find()
        if sentence := backend().refusal():
            raise Refused(sentence)
        with ThreadPoolExecutor(1) as apart:  # the formgrader calls this from a running event loop
            report, notebook = apart.submit(graded, course, names["assignment"], names["student"]).result()
        parts = as_recorded(with_verdicts(notebook, report), outline(course, names["assignment"]))
        return parts[names["notebook"]], resources


class RecordVerdicts(SaveAutoGrades):
    """Records each question's mark from the verdicts; an error of ours leaves it to a person. Manual marks stay."""

    others: Any = List(help="What nbgrader does to mark weeks that are not nbviva's").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Called by nbgrader's Autograde after `Viva`."""
        if is_ours(resources):
            return super().preprocess(nb, resources)
        warn_of(self.log, resources["nbgrader"]["assignment"])
        return as_ever(self, nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> tuple[NotebookNode, Any]:
        """Called for each cell; a task, which nbgrader passes over, waits for a person as an answer does."""
        if utils.is_task(cell):
            self._add_score(cell, resources)
        return super().preprocess_cell(cell, resources, cell_index)

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:  # noqa: ARG002 - nbgrader calls it so
        found = cell.metadata.get("nbviva")
        if found is None:
            raise ValueError(f"The graded cell '{grade_id(cell)}' has no verdict; run 'nbviva grade' again.")
        names = (str(grade_id(cell)), self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(*names)
        grade.auto_score = found["points"]
        needs_person = found["points"] is None or grade.manual_score is not None
        grade.needs_manual_grade = needs_person  # type: ignore[assignment]  # an SQLAlchemy column
        self.gradebook.db.commit()


class LatePenalties(AssignLatePenalties):
    """nbgrader's, with the penalties of nbviva's weeks; those of other weeks are assigned among what is theirs."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Called by nbgrader's Autograde at last."""
        return super().preprocess(nb, resources) if is_ours(resources) else (nb, resources)


def nbgrader(course: Course, *command: str) -> str:
    """Run an nbgrader command in the course directory and give its log.

    Raises
    ------
    Refused
        With the command's last words, if it fails.
    """
    folder = Path(sys.executable).parent  # nbgrader calls alembic through PATH
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    done = program([folder / "nbgrader", *command], folder=course.root, environment={**os.environ, "PATH": path})
    if done.code:
        raise Refused(f"'nbgrader {command[0]}' failed. Its last words:\n{done.last_words}")
    return done.complaint


def set_deadline(course: Course, week: str) -> None:
    """Tell the gradebook a week's deadline, which it keeps in UTC; a week that has none of its own keeps nbgrader's."""
    if not course.assignment(week).dated:
        return
    due = course.assignment(week).due.astimezone(UTC).replace(tzinfo=None)
    with opened(course) as gradebook:
        gradebook.update_or_create_assignment(week, duedate=due)  # type: ignore[arg-type]  # a wrong annotation there


def with_verdicts(notebook: NotebookNode, report: Report) -> NotebookNode:
    """Write each question's verdicts and exactly one number into its graded cell, in the place of all its outputs.

    nbgrader gives 0 for a cell that wrote to stderr; no such text is left here, and the mark is the verdict's.
    """
    marks = {mark.question: mark for mark in report.marks}
    out = new_notebook(cells=notebook.cells, metadata=notebook.metadata)
    for cell in out.cells:
        if not utils.is_grade(cell) and not utils.is_task(cell):
            continue
        mark = marks[cell.metadata.nbgrader.grade_id]
        cell.metadata["nbviva"] = {"points": mark.points}
        if not is_test(cell) or is_answer(cell) or cell.cell_type != "code":
            continue  # a person looks at what it shows
        number = min(mark.points or 0.0, float(cell.metadata.nbgrader.points))
        cell.outputs = [words(mark, report), new_output("execute_result", data={"text/plain": repr(number)})]
    return out

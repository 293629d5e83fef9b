"""The nbgrader seam of feedback: `nbgrader generate_feedback` writes our page, with the marks of the gradebook.

`nbviva.preprocessor.configure` puts these classes into GenerateFeedback's configuration, so that releasing feedback
works as ever. nbgrader renders one page after another. Here a program of its own reads nbgrader's configuration once
and forks; each child renders its share with nbgrader's converter.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from nbconvert.exporters import Exporter, HTMLExporter
from nbgrader.apps import GenerateFeedbackApp
from nbgrader.converters import GenerateFeedback, NbGraderException
from nbgrader.preprocessors import GetGrades
from traitlets import List

from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.feedback.gather import (
    Booked,
    class_standing,
    facts,
    notices,
    other_pages,
    part_of_week,
    questions,
    solutions,
    times,
)
from nbviva.feedback.others import is_ours
from nbviva.feedback.page import Head, Notice, render
from nbviva.feedback.questions import ShownQuestion
from nbviva.files import FROM_HANDIN, make_folder, read_small, write
from nbviva.grading.bound import Overspent, bounded
from nbviva.grading.pointers import told
from nbviva.grading.reports import stored_report
from nbviva.machine import cores
from nbviva.notebooks import NotebookNode, as_part, comment_of, copy, grade_id, is_answer, new_notebook
from nbviva.processes.forks import forked
from nbviva.processes.job import End, die_with_parent
from nbviva.processes.programs import program
from nbviva.secret import secret_of
from nbviva.week.source import releases

PAGE_SECONDS = 30.0  # of CPU; a page takes about one
_A_WORKER = 4  # pages: fewer are written sooner by one process than by two


def write_pages(
    course: Course, week: str, notebooks: Sequence[str], groups: Sequence[str], workers: int | None = None
) -> None:
    """Write the pages of these groups, one for each of the notebooks, which lie in `autograded/`.

    Raises
    ------
    Refused
        With nbgrader's last words, if a page could not be written; the others are.
    """
    if not groups:
        return
    for group in groups:
        with suppress(OSError):  # nbgrader says what keeps a page from being written
            make_folder(course.feedback(week, group).parent)  # it would make it by our umask, for us alone
    most = workers or cores()
    number = max(1, min(most, -(-len(groups) // _A_WORKER)))
    words = [sys.executable, "-P", "-m", "nbviva.feedback.nbgrader", week, str(number)]
    done = program(words, folder=course.root, told=json.dumps([list(notebooks), list(groups)]))
    if done.code:
        raise Refused(f"Not all feedback could be written. nbgrader's last words:\n{done.last_words}")


class GroupPages(GenerateFeedback):
    """nbgrader's converter, for the week's notebooks of named groups in the place of all."""

    groups: Sequence[str] = ()
    names: Sequence[str] = ()
    week = ""

    def init_notebooks(self) -> None:
        """Called by nbgrader: says which notebooks there are to convert."""
        self.notebooks = []
        places = [self._format_source(self.week, group) for group in self.groups]
        self.assignments = {place: [f"{place}{os.sep}{name}.ipynb" for name in self.names] for place in places}


def _convert(app: Any, notebooks: Sequence[str], groups: str) -> str:
    converter: Any = GroupPages(coursedir=app.coursedir, parent=app)  # type: ignore[no-untyped-call]  # nbgrader has no types
    converter.groups, converter.week, converter.names = json.loads(groups), app.coursedir.assignment_id, notebooks
    try:
        converter.start()
    except NbGraderException:
        sys.exit(1)
    return ""


def main() -> None:
    """Convert the notebooks of the groups on standard input, in so many processes; called by `write_pages`."""
    week, workers = sys.argv[1:]
    notebooks, groups = json.load(sys.stdin)
    die_with_parent()  # a killed call leaves no writer behind
    app: Any = GenerateFeedbackApp()
    app.initialize([week, "--force"])
    app.coursedir.assignment_id = week
    shares = [json.dumps(groups[number :: int(workers)]) for number in range(int(workers))]
    all_finished = forked(partial(_convert, app, notebooks), shares, len(shares), silent=False)
    ends = [finished.end for finished in all_finished]
    sys.exit(any(end is not End.DONE for end in ends))


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
    """Gives the feedback page in the place of nbconvert's HTML, which other weeks still get."""

    others: Any = List(help="What nbgrader does to the notebooks of weeks that are not nbviva's").tag(config=True)

    export_from_notebook = "nbviva feedback"
    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Called by nbgrader's GenerateFeedback; runs the preprocessors and renders what they found."""
        if not is_ours(resources):
            html: Any = HTMLExporter(parent=self.parent)  # type: ignore[no-untyped-call]  # nbconvert has no types
            for item in self.others:
                html.register_preprocessor(item)
            found: tuple[Any, Any] = html.from_notebook_node(nb, resources, **kw)
            return found
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        grades: Any = BookedGrades(parent=self)  # type: ignore[no-untyped-call]  # nbgrader has no types
        nb, resources = grades(nb, resources)
        names, course = resources["nbgrader"], Course.find()
        week, group = names["assignment"], names["student"]
        complete(course, week, group)
        report = stored_report(course.report(week, group))
        loaded = course.asked(week)
        part, assignment = part_of_week(loaded.assignment, names["notebook"])
        nb = as_released(nb, releases(loaded)[names["notebook"]])
        nb = as_part(nb, part, loaded.assignment.known_as) if part else nb
        comments = {name: text for cell in nb.cells if (name := grade_id(cell)) and (text := comment_of(cell))}
        name_of = loaded.assignment.known_as
        booked = {name_of(part, name): found for name, found in resources["nbviva"].items()}
        asked = questions(assignment, report, booked, comments, told(course, assignment, group))
        told_of = facts(asked, assignment, float(names["late_penalty"])) + times(course, assignment, group)
        course_name = ", ".join(filter(None, (assignment.course, assignment.term)))
        said = other_pages(loaded.assignment, names["notebook"]) + notices(asked, report, assignment)
        head = Head(
            course_name, assignment.title, group, told_of, said, week,
            assignment.feedback.requests, class_standing(course, loaded.assignment, asked),
        )  # fmt: skip
        return _page(head, asked, nb, solutions(course, loaded, names["notebook"])), resources


def as_released(notebook: NotebookNode, release: NotebookNode) -> NotebookNode:
    """Give a notebook whose locked cells have the text that students know: no hidden test, no mark scheme."""
    known = {grade_id(cell): cell.source for cell in release.cells if grade_id(cell) and not is_answer(cell)}
    out = copy(notebook)
    for cell in out.cells:
        if not is_answer(cell):
            cell.source = known.get(grade_id(cell), cell.source)
    return out


def _page(head: Head, asked: tuple[ShownQuestion, ...], notebook: NotebookNode, ours: Mapping[str, str]) -> str:
    """Give the page; without the notebook where showing that costs too much."""
    try:
        with bounded(PAGE_SECONDS):
            return render(head, asked, notebook, ours)
    except (Overspent, MemoryError):
        told = replace(head, notices=(*head.notices, Notice("Your notebook is not shown: showing it takes too long.")))
        return render(told, asked, new_notebook([], {}))


def complete(course: Course, week: str, group: str) -> None:
    """Put beside a page what `nbgrader release_feedback` reads there, and fails without, for all groups.

    nbgrader's own submit leaves a time and a secret in a hand-in. One that came another way may have neither: it gets
    an empty time, and a secret of its own that nobody can guess.
    """
    folder = course.feedback(week, group)
    drawn = b"\0".join([secret_of(course.root), b"feedback", week.encode(), group.encode()])
    for name, instead in zip(FROM_HANDIN, ("", hashlib.sha256(drawn).hexdigest()), strict=True):
        path = folder / name
        try:
            there = (read_small(path) or b"").decode()
        except UnicodeDecodeError:
            there = ""
        if not there.strip():
            write(path, instead)


if __name__ == "__main__":
    main()

"""Reports on disk: `reports/<week>/<group>/` holds report.json and notebook.ipynb, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from nbviva.course import Course
from nbviva.digest import grading_digest
from nbviva.grade import Submission, grade
from nbviva.verdict import Report


def submission(course: Course, week: str, group: str) -> Submission:
    """Give a group's hand-in with all that grading it needs."""
    loaded, folder, source = course.week(week), course.submitted(week, group), course.source(week)
    digest = grading_digest(folder, loaded.folder, source, group.encode(), course.secret())
    return Submission(loaded, group, folder, source / "data", course.draw(week, group), digest)


def graded(course: Course, week: str, group: str, *, again: bool = False) -> tuple[Report, NotebookNode]:
    """Give the report on a group's hand-in: the stored one while nothing has changed, else a new one."""
    item = submission(course, week, group)
    folder = course.report(week, group)
    stored = None if again else stored_report(folder)
    if stored is not None and stored.digest == item.digest:
        return stored, read_notebook(folder)
    report, notebook = grade(item)
    save(folder, report, notebook)
    return report, notebook


def save(folder: Path, report: Report, notebook: NotebookNode) -> None:
    """Store a report; `report.json` is written last, so that it stands for a whole report."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "notebook.ipynb", nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    _write(folder / "report.json", report.to_json())


def stored_report(folder: Path) -> Report | None:
    """Read a stored report; None where there is none that this version can read, which is then graded anew."""
    try:
        return Report.from_json((folder / "report.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def read_notebook(folder: Path) -> NotebookNode:
    """Read the stored notebook of a report."""
    return nbformat.read(folder / "notebook.ipynb", as_version=4)  # type: ignore[no-untyped-call, no-any-return]


def _write(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)

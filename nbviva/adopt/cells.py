"""The graded cells of a source notebook, and what kind each is, as nbgrader's validator understands them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from nbviva.errors import SpecError
from nbviva.files import digest
from nbviva.naming import qualified
from nbviva.notebooks import NotebookNode, copy, grade_id, is_answer, is_task, is_test

SCHEMA = 3
_NAME = re.compile(r"[a-zA-Z0-9_-]+")


class CellKind(StrEnum):
    """What a graded cell is to nbgrader."""

    TEST = "test"
    ANSWER = "answer"
    TASK = "task"


@dataclass(frozen=True)
class GradedCell:
    """A graded cell of an assignment; `notebook` is the one that it stands in."""

    notebook: str
    cell: str
    kind: CellKind
    points: float
    source: str

    def name(self, *, several: bool) -> str:
        """Give its name among the week's questions, where that has several notebooks or one."""
        return qualified(self.notebook if several else "", self.cell)


def graded_cells(name: str, notebook: NotebookNode) -> Iterator[GradedCell]:
    """Give the graded cells of a notebook, in their order."""
    for cell in notebook.cells:
        if is_test(cell) or is_task(cell):
            ours = cell.metadata["nbgrader"]
            yield GradedCell(name, ours["grade_id"], _kind(cell), float(ours["points"]), cell.source)


def _kind(cell: NotebookNode) -> CellKind:
    if is_task(cell):
        return CellKind.TASK
    return CellKind.ANSWER if is_answer(cell) or cell.cell_type != "code" else CellKind.TEST


def tidied(name: str, notebook: NotebookNode) -> NotebookNode:
    """Give a source notebook in which only those cells have nbgrader's metadata that it does something with.

    Raises
    ------
    SpecError
        If nbgrader would refuse it, or it is in another language than Python.
    """
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language.lower() != "python":
        raise SpecError(f"{name}.ipynb is written in {language}; only notebooks in Python can be adopted.")
    out = copy(notebook)
    seen = set[str]()
    for cell in out.cells:
        ours = cell.metadata.get("nbgrader")
        if not ours:
            continue
        if not any(ours.get(flag) for flag in ("grade", "solution", "locked", "task")):
            del cell.metadata["nbgrader"]
            continue
        _require_valid(name, cell, seen)
        for flag in ("grade", "solution", "locked", "task"):
            ours.setdefault(flag, False)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return out


def _require_valid(name: str, cell: NotebookNode, seen: set[str]) -> None:
    ours, where = cell.metadata["nbgrader"], f"{name}.ipynb: the cell '{grade_id(cell)}'"
    if ours.get("schema_version") != SCHEMA:
        raise SpecError(f"{where} has metadata of an older nbgrader: run 'nbgrader update .' first.")
    known = grade_id(cell) or ""
    if not _NAME.fullmatch(known) or known in seen:
        raise SpecError(f"{where} has a name that is there twice, or is none: nbgrader refuses it.")
    seen.add(known)
    points = ours.get("points", 0) if is_test(cell) or is_task(cell) else 0
    if type(points) not in (int, float) or not 0 <= points < float("inf"):
        raise SpecError(f"{where} has points that are no number from 0.")


def fingerprint(notebook: NotebookNode) -> str:
    """Give a digest of all that decides marks in a source notebook: its cells' texts and nbgrader's metadata."""
    parts = (
        repr((cell.cell_type, cell.source, sorted(cell.metadata.get("nbgrader", {}).items())))
        for cell in notebook.cells
    )
    return digest(*parts)[:32]

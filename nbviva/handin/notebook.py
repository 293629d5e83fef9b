"""One hand-in as it is graded: the student's own cells in the frame of the source's.

A submitted notebook is hostile or broken until proved otherwise. It is read as plain JSON; of every cell only its
type, its text and its outputs are taken; its metadata serves to recognise cells by `grade_id` and for nothing else. The
result has each of the source's cells exactly once, with the source's metadata, so no edit of metadata changes a mark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbviva.files import regular_files
from nbviva.handin.doubt import Doubt
from nbviva.notebooks import NotebookNode, copy, new_cell, new_notebook, text_of, upgrade

MAX_NOTEBOOK_BYTES = 20 << 20
MAX_CELLS = 2000


class BrokenNotebook(ValueError):
    """There is no notebook that could be run; the text is the sentence for the report."""


@dataclass(frozen=True)
class Handin:
    """A hand-in, read.

    Attributes
    ----------
    notebook
        The source's cells with the student's solutions, and the student's own cells; outputs are empty.
    saved
        The outputs that were handed in, by `grade_id`.
    skipped
        Indices of cells that are shown but not run: solution cells that the hand-in lacks.
    broken
        Why nothing can be run, or empty.
    doubts
        Why a person decides about some questions, or about all.
    """

    group: str
    notebook: NotebookNode
    saved: Mapping[str, list[Any]] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    broken: str = ""
    doubts: tuple[Doubt, ...] = ()


def read_handin(folder: Path, group: str, name: str, template: NotebookNode) -> Handin:
    """Read a group's folder against the release's notebook `template`; never raises for what is in the folder."""
    notes: list[str] = []
    try:
        path = find_notebook(folder, name, notes)
        submitted = parse_notebook(path)
    except BrokenNotebook as error:
        return Handin(group, _blank(template), notes=(*notes, str(error)), broken=str(error))
    return merge(submitted, template, group, notes)


def find_notebook(folder: Path, name: str, notes: list[str]) -> Path:
    """Find the notebook in a hand-in: by its name, or the only one that there is."""
    found = sorted(path for path in regular_files(folder) if path.suffix == ".ipynb" and path.parent == folder)
    right = [path for path in found if path.name == f"{name}.ipynb"]
    if not right and len(found) != 1:
        there = ", ".join(shown_name(path) for path in found[:5]) or "no notebook"
        raise BrokenNotebook(f"The hand-in must contain {name}.ipynb; it contains {there}.")
    if not right:
        notes.append(
            f"The notebook is named {shown_name(found[0])} where {name}.ipynb is expected; it was taken all the same."
        )
    return (right or found)[0]


def shown_name(path: Path) -> str:
    """Give a file's name as it may be shown: printable characters only, and not too many."""
    return "".join(c if c.isprintable() else "?" for c in path.name.encode("utf-8", "replace").decode())[:80]


def parse_notebook(path: Path) -> list[dict[str, Any]]:
    """Give the cells of a notebook file as plain dictionaries with a type, a text, outputs and a `grade_id`."""
    if path.stat().st_size > MAX_NOTEBOOK_BYTES:
        raise BrokenNotebook(
            f"{shown_name(path)} is larger than {MAX_NOTEBOOK_BYTES >> 20} MB: clear its outputs and save it."
        )
    try:
        data = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise BrokenNotebook(f"{shown_name(path)} cannot be read ({_short(error)}).") from None
    except (ValueError, RecursionError) as error:
        raise BrokenNotebook(f"{shown_name(path)} is no notebook: it is not JSON ({_short(error)}).") from None
    return [_cell(item) for item in _cells(data, shown_name(path))]


def _cells(data: Any, name: str) -> list[Any]:
    if isinstance(data, dict) and isinstance(data.get("nbformat"), int) and data["nbformat"] < 4:
        try:
            data = upgrade(data)
        except Exception as error:  # noqa: BLE001 - converters of old formats fail in any way on broken input
            raise BrokenNotebook(f"{name} has an old format that cannot be converted ({_short(error)}).") from None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise BrokenNotebook(f"{name} is no notebook: it has no list of cells.")
    if len(cells) > MAX_CELLS:
        raise BrokenNotebook(f"{name} has {len(cells)} cells; at most {MAX_CELLS} are read.")
    return cells


def _cell(item: Any) -> dict[str, Any]:
    item = item if isinstance(item, dict) else {}
    metadata = item.get("metadata")
    ours = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = ours.get("grade_id") if isinstance(ours, dict) else None
    outputs = item.get("outputs")
    return {
        "type": "code" if item.get("cell_type") == "code" else "markdown",
        "source": text_of(item.get("source")),
        "outputs": outputs if isinstance(outputs, list) else [],
        "grade_id": grade_id if isinstance(grade_id, str) else None,
    }


def merge(submitted: list[dict[str, Any]], template: NotebookNode, group: str, notes: list[str]) -> Handin:
    """Put the student's cells into the frame of the template's."""
    frame = {cell.metadata.nbgrader.grade_id: cell for cell in template.cells if "nbgrader" in cell.metadata}
    cells: list[NotebookNode] = []
    saved: dict[str, list[Any]] = {}
    for item in submitted:
        original = frame.get(item["grade_id"])
        if original is None:
            cells.append(new_cell(item["type"], item["source"]))
        elif item["grade_id"] in saved:
            notes.append(f"The cell '{item['grade_id']}' is there more than once; the first one was graded.")
            cells.extend([] if is_locked(original) else [new_cell(item["type"], item["source"])])
        else:
            saved[item["grade_id"]] = item["outputs"]
            cells.append(_copy(original, None if is_locked(original) else item["source"]))
    skipped = _insert_missing(cells, template, set(saved), notes)
    return Handin(group, new_notebook(cells=cells, metadata=template.metadata), saved, skipped, tuple(notes))


def _insert_missing(
    cells: list[NotebookNode], template: NotebookNode, there: set[str], notes: list[str]
) -> frozenset[int]:
    before: str | None = None
    absent: list[NotebookNode] = []
    for original in (cell for cell in template.cells if "nbgrader" in cell.metadata):
        name = original.metadata.nbgrader.grade_id
        if name not in there:
            notes.append(f"The cell '{name}' was missing and was put back.")
            cell = _copy(original, None if is_locked(original) else "# This cell was missing from the hand-in.")
            cells.insert(_after(cells, before), cell)
            absent += [] if is_locked(original) else [cell]
        before = name
    return frozenset(i for i, cell in enumerate(cells) if any(cell is other for other in absent))


def _after(cells: list[NotebookNode], grade_id: str | None) -> int:
    places = [i for i, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return places[0] + 1 if grade_id and places else 0


def is_locked(cell: NotebookNode) -> bool:
    """Whether a cell of the template is the instructor's, so that its text is the source's whatever is handed in."""
    return not cell.metadata.nbgrader.solution


def _copy(original: NotebookNode, source: str | None) -> NotebookNode:
    text = original.source if source is None else source
    return new_cell(original.cell_type, text, copy(original.metadata))


def _blank(template: NotebookNode) -> NotebookNode:
    """Give a notebook with every graded cell and no answer, for a hand-in without a readable notebook."""
    return merge([], template, "", []).notebook


def _short(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]

"""A hand-in's notebook as it is graded: the student's own cells in the frame of the source's.

The result has each of the source's cells exactly once, with the source's metadata, so no edit of metadata changes a
mark: what was handed in serves to recognise cells, and gives the text of those that a student writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbviva.handin.cells import HandedCell
from nbviva.handin.doubt import Doubt
from nbviva.handin.recognise import Recognised
from nbviva.notebooks import NotebookNode, copy, grade_id, new_cell, new_notebook

MISSING = "# This cell was missing from the hand-in."


@dataclass(frozen=True)
class FramedNotebook:
    """A notebook that can be graded.

    Attributes
    ----------
    notebook
        The source's cells with the student's solutions, and the student's own cells; outputs are empty. Grading fills
        them in, so each grading needs one of its own.
    saved
        The outputs that were handed in, by `grade_id`.
    lacking
        Indices of cells that are shown but not run: solution cells that the hand-in lacks.
    """

    notebook: NotebookNode
    saved: Mapping[str, list[Any]] = field(default_factory=dict)
    lacking: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def merge(cells: Sequence[HandedCell], recognised: Recognised, template: NotebookNode) -> FramedNotebook:
    """Put the student's cells into the frame of the template's."""
    frame = {name: cell for cell in template.cells if (name := grade_id(cell))}
    out: list[NotebookNode] = []
    saved: dict[str, list[Any]] = {}
    notes: list[str] = []
    for name, item in zip(recognised.names, cells, strict=True):
        if name is not None:
            saved[name] = item.outputs
            out.append(_copy(frame[name], None if is_locked(frame[name]) else item.source))
        elif item.grade_id in frame:
            notes.append(f"The cell '{item.grade_id}' is there more than once; the first one was graded.")
            out.extend([] if is_locked(frame[item.grade_id]) else [new_cell(item.type, item.source)])
        else:
            out.append(new_cell(item.type, item.source))
    missing = [name for name in frame if name not in saved]
    lacking = _insert_missing(out, template, set(saved))
    lost = tuple(_lost(recognised, missing))
    notes += [*(() if missing else lost), *_missing(missing)]
    notebook = new_notebook(cells=out, metadata=template.metadata)
    return FramedNotebook(notebook, saved, lacking, tuple(notes), tuple(map(Doubt, lost)) if missing else ())


def blank(template: NotebookNode) -> FramedNotebook:
    """Give a notebook with all graded cells and no answer, and no word on them: what came could not be read."""
    return replace(merge((), Recognised((), frozenset(), 0), template), notes=())


def _lost(recognised: Recognised, missing: list[str]) -> Iterator[str]:
    if recognised.by_text:
        number = len(recognised.by_text)
        which = "One cell has" if number == 1 else f"{number} cells have"
        rest = f" {len(missing)} were not found." if missing else ""
        yield (
            f"{which} lost the metadata by which nbgrader knows them, as after pasting into a new notebook or "
            f"cleaning it with a tool; they were recognised by their text and order.{rest}"
        )


def _missing(names: list[str]) -> Iterator[str]:
    if len(names) == 1:
        yield f"The cell '{names[0]}' was missing and was put back."
    elif names:
        listed = ", ".join(f"'{name}'" for name in names[:-1])
        yield f"The cells {listed} and '{names[-1]}' were missing and were put back."


def _insert_missing(cells: list[NotebookNode], template: NotebookNode, there: set[str]) -> frozenset[int]:
    before: str | None = None
    absent: list[NotebookNode] = []
    for original in (cell for cell in template.cells if grade_id(cell)):
        name = str(grade_id(original))
        if name not in there:
            cell = _copy(original, None if is_locked(original) else MISSING)
            cells.insert(_after(cells, before), cell)
            absent += [] if is_locked(original) else [cell]
        before = name
    return frozenset(i for i, cell in enumerate(cells) if any(cell is other for other in absent))


def _after(cells: list[NotebookNode], name: str | None) -> int:
    places = [i for i, cell in enumerate(cells) if grade_id(cell) == name]
    return places[0] + 1 if name and places else 0


def is_locked(cell: NotebookNode) -> bool:
    """Whether a cell of the template is the instructor's, so that its text is the source's whatever is handed in."""
    return not cell.metadata.nbgrader.solution


def _copy(original: NotebookNode, source: str | None) -> NotebookNode:
    text = original.source if source is None else source
    return new_cell(original.cell_type, text, copy(original.metadata))

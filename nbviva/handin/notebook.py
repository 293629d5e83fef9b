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
from nbviva.handin.recognise import Recognised, defined_names, normal
from nbviva.naming import question_of
from nbviva.notebooks import (
    NotebookNode,
    as_one,
    as_part,
    copy,
    grade_id,
    is_answer,
    is_test,
    new_cell,
    new_notebook,
    new_output,
)
from nbviva.week.spec import Assignment

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
    absent
        Why there is none, where others of the hand-in are there: nothing of it is run; else empty.
    """

    notebook: NotebookNode
    saved: Mapping[str, list[Any]] = field(default_factory=dict)
    lacking: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    absent: str = ""


def merge(
    cells: Sequence[HandedCell], recognised: Recognised, template: NotebookNode, *, in_place: bool = False
) -> FramedNotebook:
    """Put the student's cells into the frame of the template's.

    Parameters
    ----------
    in_place
        Whether the template's own test cells mark: then copies of a cell, which are all run, leave no doubt.
    """
    frame = {name: cell for cell in template.cells if (name := grade_id(cell))}
    taken = {name: cell for name, cell in zip(recognised.names, cells, strict=True) if name is not None}
    out: list[NotebookNode] = []
    copies: dict[str, list[HandedCell]] = {}
    for name, item in zip(recognised.names, cells, strict=True):
        if name is not None:
            out.append(_copy(frame[name], item.source if is_answer(frame[name]) else None))
        elif item.grade_id in taken:
            copies.setdefault(item.grade_id, []).append(item)
            out.extend([new_cell(item.type, item.source)] if _says_more(item, taken, frame) else [])
        else:
            out.append(new_cell(item.type, item.source))
    saved = {name: _outputs(item, copies.get(name, ())) for name, item in taken.items()}
    missing = [name for name in frame if name not in saved]
    lacking = _insert_missing(out, template, set(saved))
    lost = tuple(_lost(recognised, missing))
    differ = [name for name in copies if any(_says_more(item, taken, frame) for item in copies[name])]
    rivals = [name for name in differ if any(_rivals(taken[name], item) for item in copies[name])]
    notes = (*_copied(copies, differ), *(() if missing else lost), *_missing(missing))
    for place, cell in enumerate(out):
        cell["id"] = f"cell-{place:03d}"  # not a random one: graded twice, the notebook is the same
    notebook = new_notebook(cells=out, metadata=template.metadata)
    doubts = (*map(Doubt, lost if missing else ()), *_undecided(rivals, template, in_place=in_place))
    return FramedNotebook(notebook, saved, lacking, notes, doubts)


def _says_more(item: HandedCell, taken: Mapping[str, HandedCell], frame: Mapping[str, NotebookNode]) -> bool:
    """Whether a second copy of a cell is the student's work, and not blank or the same again."""
    name = str(item.grade_id)
    known = ("", normal(frame[name].source), normal(taken[name].source))
    return is_answer(frame[name]) and normal(item.source) not in known


def _outputs(item: HandedCell, copies: Sequence[HandedCell]) -> list[Any]:
    return next((cell.outputs for cell in (item, *copies) if cell.outputs), [])


def _rivals(one: HandedCell, other: HandedCell) -> bool:
    """Whether two copies of a cell define the same; else they are the parts of one that was split."""
    return not defined_names(one.source).isdisjoint(defined_names(other.source))


def _copied(copies: Mapping[str, Sequence[HandedCell]], differ: Sequence[str]) -> Iterator[str]:
    if same := [name for name in copies if name not in differ]:
        yield f"{_cells(same, 'is', 'are')} there more than once; blank copies, and the same again, were left out."
    if differ:
        yield f"{_cells(differ, 'is', 'are')} there more than once, each time different; all were run in their order."


def _undecided(names: Sequence[str], template: NotebookNode, *, in_place: bool) -> Iterator[Doubt]:
    asked = {str(grade_id(cell)) for cell in template.cells if is_test(cell)}
    for name in names:
        if in_place and name not in asked:
            continue
        question = name if in_place else question_of(name)
        sentence = f"The cell '{name}' is there more than once, and its copies answer differently."
        yield Doubt(sentence, (question,) if question in asked else ())


def blank(template: NotebookNode) -> FramedNotebook:
    """Give a notebook with all graded cells and no answer, and no word on them: what came could not be read."""
    return replace(merge((), Recognised((), frozenset(), 0), template), notes=())


def absent(template: NotebookNode, why: str) -> FramedNotebook:
    """Give the notebook that a hand-in with others lacks: nothing of it is run, and every code cell says why."""
    framed = blank(template)
    for cell in framed.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("error", ename="NotRun", evalue="", traceback=[why])]
    code = (i for i, cell in enumerate(framed.notebook.cells) if cell.cell_type == "code")
    return replace(framed, lacking=frozenset(code), notes=(why,), doubts=(), absent=why)


def among_others(parts: Mapping[str, FramedNotebook], assignment: Assignment) -> dict[str, FramedNotebook]:
    """Give the notebooks of a hand-in as those of one week: of several each says its name; one alone is as it is."""
    if len(parts) == 1:
        return dict(parts)
    return {name: _among_others(name, part, assignment) for name, part in parts.items()}


def _among_others(name: str, part: FramedNotebook, assignment: Assignment) -> FramedNotebook:
    own = tuple(question.name for question in assignment.of(name).questions)
    doubts = [
        Doubt(f"{name}: {doubt.sentence}", tuple(assignment.known_as(name, q) for q in doubt.questions) or own)
        for doubt in part.doubts
    ]
    return replace(
        part,
        notebook=as_part(part.notebook, name, assignment.known_as),
        saved={assignment.known_as(name, cell): outputs for cell, outputs in part.saved.items()},
        notes=tuple(note if part.absent else f"{name}: {note}" for note in part.notes),
        doubts=tuple(doubts),
    )


def joined(parts: Mapping[str, FramedNotebook]) -> FramedNotebook:
    """Give the notebooks of a hand-in as one (`nbviva.notebooks.as_one`); one alone is given as it is."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    saved: dict[str, list[Any]] = {}
    lacking, at = set[int](), 0
    for part in parts.values():
        saved |= part.saved
        lacking |= {at + i for i in part.lacking}
        at += len(part.notebook.cells)
    notes, doubts = (
        tuple(one for part in parts.values() for one in getattr(part, kind)) for kind in ("notes", "doubts")
    )
    return FramedNotebook(
        as_one({name: part.notebook for name, part in parts.items()}), saved, frozenset(lacking), notes, doubts
    )


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
    if names:
        yield f"{_cells(names, 'was', 'were')} missing and {'was' if len(names) == 1 else 'were'} put back."


def _cells(names: Sequence[str], verb: str, verbs: str) -> str:
    """Give the beginning of a sentence about cells: "The cells 'a' and 'b' are"."""
    if len(names) == 1:
        return f"The cell '{names[0]}' {verb}"
    listed = ", ".join(f"'{name}'" for name in names[:-1])
    return f"The cells {listed} and '{names[-1]}' {verbs}"


def _insert_missing(cells: list[NotebookNode], template: NotebookNode, there: set[str]) -> frozenset[int]:
    before: str | None = None
    absent: list[NotebookNode] = []
    for original in (cell for cell in template.cells if grade_id(cell)):
        name = str(grade_id(original))
        if name not in there:
            cell = _copy(original, MISSING if is_answer(original) else None)
            cells.insert(_after(cells, before), cell)
            absent += [cell] if is_answer(original) else []
        before = name
    return frozenset(i for i, cell in enumerate(cells) if any(cell is other for other in absent))


def _after(cells: list[NotebookNode], name: str | None) -> int:
    places = [i for i, cell in enumerate(cells) if grade_id(cell) == name]
    return places[0] + 1 if name and places else 0


def _copy(original: NotebookNode, source: str | None) -> NotebookNode:
    text = original.source if source is None else source
    return new_cell(original.cell_type, text, copy(original.metadata))

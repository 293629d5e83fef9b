"""Cells whose metadata is lost, recognised by the release's text, by the names that they define, and by their order.

nbgrader knows a cell by the `grade_id` in its metadata. Pasted into a fresh notebook, or cleaned by a tool, a cell has
none; its text is the same all the same, or stands where the release's stood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from nbviva.handin.cells import HandedCell
from nbviva.notebooks import NotebookNode, grade_id, is_answer

_DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
MAX_COMPARED = 600  # own cells; a notebook with more of them is no notebook of a person's


@dataclass(frozen=True)
class Recognised:
    """The cells of a notebook with the names by which the release knows them.

    Attributes
    ----------
    names
        For each cell the `grade_id` of the release's cell that it is, else None.
    by_text
        Those names that no metadata told.
    given
        The number of cells, named or not, whose text is that of a cell of the release.
    """

    names: tuple[str | None, ...]
    by_text: frozenset[str]
    given: int


def recognise(cells: Sequence[HandedCell], template: NotebookNode) -> Recognised:
    """Name each cell by its metadata, and where that is lost by its text and its place; a name is given once."""
    frame = {name: cell for cell in template.cells if (name := grade_id(cell))}
    names = _by_metadata(cells, template)
    told = set(names)
    ours = [normal(cell.source) for cell in template.cells]
    theirs = [normal(cell.source) for cell in cells]
    known = {text for text in ours if text}
    if not frame.keys() <= told and len(cells) <= MAX_COMPARED:
        _by_text(names, cells, theirs, template, ours)
    by_text = frozenset(name for name in names if name is not None and name not in told)
    return Recognised(tuple(names), by_text, sum(text in known for text in theirs))


def _by_metadata(cells: Sequence[HandedCell], template: NotebookNode) -> list[str | None]:
    """Name each cell by its metadata, one of several copies: a worked one, and behind what stands before it."""
    names: list[str | None] = [None] * len(cells)
    copies: dict[str, list[int]] = {}
    for i, cell in enumerate(cells):
        copies.setdefault(cell.grade_id or "", []).append(i)
    at = -1
    for original in template.cells:
        if found := copies.get(grade_id(original) or "") if grade_id(original) else None:
            if is_answer(original):
                found = [i for i in found if normal(cells[i].source) not in ("", normal(original.source))] or found
            at = next((i for i in found if i > at), found[0])
            names[at] = grade_id(original)
    return names


def normal(source: str) -> str:
    """Give a cell's text as it is compared: without blanks at the ends of lines, and empty lines at its ends."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip()


def _by_text(
    names: list[str | None], cells: Sequence[HandedCell], theirs: list[str], template: NotebookNode, ours: list[str]
) -> None:
    """Line the two notebooks up by equal texts and known names, then fill the gaps between."""
    left = [grade_id(cell) or text for cell, text in zip(template.cells, ours, strict=True)]
    equal = {text: key for key, text in zip(left, ours, strict=True) if text}
    there = set(names)
    right = [
        name or (key if cell.grade_id not in left and (key := equal.get(text, "")) not in there else "")
        for name, cell, text in zip(names, cells, theirs, strict=True)
    ]
    at = mine = 0
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        _fill(names, cells, template.cells[at : block.a], range(mine, block.b))
        for i in range(block.size):
            names[block.b + i] = grade_id(template.cells[block.a + i])
        at, mine = block.a + block.size, block.b + block.size
    _moved(names, cells, right)


def _moved(names: list[str | None], cells: Sequence[HandedCell], keys: Sequence[str]) -> None:
    """Name the cells whose text is the release's, though they stand elsewhere."""
    for i, key in enumerate(keys):
        if key and names[i] is None and cells[i].type == "code" and key not in names and key.isidentifier():
            names[i] = key


def _fill(
    names: list[str | None], cells: Sequence[HandedCell], missing: Sequence[NotebookNode], between: Sequence[int]
) -> None:
    """Name the cells between two that are known: by what they define, else the only one by its place."""
    free = [i for i in between if names[i] is None and cells[i].type == "code" and cells[i].grade_id is None]
    frame = [cell for cell in missing if grade_id(cell) and grade_id(cell) not in names and cell.cell_type == "code"]
    for cell in list(frame):
        defined = defined_names(cell.source)
        found = next((i for i in free if defined & defined_names(cells[i].source)), None)
        if found is not None:
            names[found] = grade_id(cell)
            free.remove(found)
            frame.remove(cell)
    if len(frame) == len(free) == 1 and is_answer(frame[0]) and cells[free[0]].source.strip():
        names[free[0]] = grade_id(frame[0])


def defined_names(source: str) -> set[str]:
    """Give the names that the lines of a cell define, by their text alone."""
    return {name for pair in _DEFINED.findall(source) for name in pair if name}

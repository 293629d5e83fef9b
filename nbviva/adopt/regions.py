"""Regions of a source notebook that students do not get: solutions, hidden tests, mark schemes; by nbgrader's rules."""

from __future__ import annotations

import re

from nbviva.adopt.markers import Markers
from nbviva.errors import SpecError
from nbviva.notebooks import NotebookNode, copy, grade_id, is_answer


def without_solutions(notebook: NotebookNode, markers: Markers) -> NotebookNode:
    """Give a notebook whose solutions are stubs: a solution cell without a region is one as a whole.

    Raises
    ------
    SpecError
        If a region does not end, or begins within another.
    """
    out = copy(notebook)
    for cell in out.cells:
        stub = markers.code_stub if cell.cell_type == "code" else markers.text_stub
        text = _cut(cell, markers.begin_solution, markers.end_solution, stub)
        cell.source = stub if is_answer(cell) and text == cell.source else text
    return out


def without_tests(notebook: NotebookNode, markers: Markers) -> NotebookNode:
    """Give a notebook without hidden tests and mark schemes; raises as `without_solutions` does."""
    out = copy(notebook)
    for cell in out.cells:
        cell.source = _cut(cell, markers.begin_hidden, markers.end_hidden)
        cell.source = _cut(cell, markers.begin_scheme, markers.end_scheme)
    return out


def _cut(cell: NotebookNode, begin: str, end: str, instead: str = "") -> str:
    """Give a cell's text with `instead`, indented as the region's first line, in the place of each region."""
    kept: list[str] = []
    inside = False
    for line in cell.source.split("\n"):
        if begin in line:
            if inside:
                raise SpecError(f"The cell '{grade_id(cell)}' has '{begin}' within such a region: nbgrader refuses it.")
            inside = True
            indent = re.match(r"\s*", line)[0]  # type: ignore[index]  # it always matches
            kept += [indent + text for text in instead.split("\n")] if instead else []
        elif end in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise SpecError(f"The cell '{grade_id(cell)}' has '{begin}' without '{end}': nbgrader refuses it.")
    return "\n".join(kept)

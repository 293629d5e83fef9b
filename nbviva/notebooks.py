"""Notebooks as data: the few things of nbformat that the other modules need, with types."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbformat.v4 import new_notebook as _new_notebook
from nbformat.v4 import new_output as _new_output

__all__ = ["NotebookNode", "copy", "new_cell", "new_notebook", "new_output", "read", "to_text", "upgrade"]
KnownAs = Callable[[str, str], str]
TRAINING, EXPERIMENT, SHOWN = "training", "experiment", "shown"  # the tags that mean something in an author's source
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"  # what a student finds where a solution was
_PART = "nbviva_part"  # in a cell's metadata: its notebook's name, where a week has several


def new_notebook(cells: list[NotebookNode], metadata: Any) -> NotebookNode:
    """Make a notebook of cells."""
    return node(_new_notebook(cells=cells, metadata=metadata))


def new_cell(kind: str, source: str, metadata: Any = None) -> NotebookNode:
    """Make a cell of kind `code` or `markdown`."""
    if kind == "code":
        return node(new_code_cell(source, metadata=metadata or {}))
    return node(new_markdown_cell(source, metadata=metadata or {}))


def new_output(kind: str, **fields: Any) -> NotebookNode:
    """Make an output of a code cell."""
    return node(_new_output(kind, **fields))


def copy(notebook: Any) -> NotebookNode:
    """Copy a notebook, or a part of one, to the bottom."""
    return node(nbformat.from_dict(notebook))


def upgrade(data: Any) -> NotebookNode:
    """Convert a notebook of an older format to today's; raises whatever the converters raise on broken input."""
    joined = nbformat.reader.reads(json.dumps(data))  # as files have them, texts are lists of lines
    return node(nbformat.from_dict(nbformat.convert(joined, 4)))


def read(path: Path) -> NotebookNode:
    """Read a notebook of our own."""
    return node(nbformat.read(path, as_version=4))


def to_text(notebook: NotebookNode) -> str:
    """Give a notebook's JSON."""
    return str(nbformat.writes(notebook)) + "\n"


def node(value: Any) -> NotebookNode:
    """Say that an untyped library's value is a notebook node."""
    if not isinstance(value, NotebookNode):
        raise TypeError(f"{type(value).__name__} is no notebook node")
    return value


def text_of(value: Any) -> str:
    """Give the text of a notebook's multi-line string: a string or a list of strings; anything else is empty."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def flat(output: Any) -> dict[str, Any]:
    """Give an output, whoever wrote it, with each of its texts in one piece; what is no output is an empty one."""
    if not isinstance(output, dict):
        return {}
    found = {**output, **{name: text_of(output[name]) for name in ("text", "ename", "evalue") if name in output}}
    if isinstance(data := output.get("data"), dict):
        found["data"] = {kind: text_of(text) for kind, text in data.items()}
    return found


def tags(cell: NotebookNode) -> list[Any]:
    """Give a cell's tags; only those of our own source are ever asked for."""
    return list(cell.metadata.get("tags", []))


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is a question's graded cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student writes into a cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def grade_id(cell: NotebookNode) -> str | None:
    """Give a cell's `grade_id`, or None for a cell that nbgrader does not know."""
    found = cell.metadata.get("nbgrader", {}).get("grade_id")
    return str(found) if found else None


def is_task(cell: NotebookNode) -> bool:
    """Whether a cell is a task of nbgrader's, which a person marks by what stands below it."""
    return bool(cell.metadata.get("nbgrader", {}).get("task"))


def is_locked(cell: NotebookNode) -> bool:
    """Whether nbgrader puts a cell's text back, whatever a student makes of it."""
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def comment_of(cell: NotebookNode) -> str:
    """Give what a person wrote to a cell, as nbgrader hands it to a page; else nothing."""
    return str(cell.metadata.get("nbgrader", {}).get("comment") or "")


def part_of(cell: NotebookNode) -> str:
    """Give the name of a cell's notebook in a week that has several; else nothing."""
    return str(cell.metadata.get(_PART, ""))


def as_one(parts: Mapping[str, NotebookNode]) -> NotebookNode:
    """Give parts, as `as_parts` gives them, as one notebook; one alone is given as it is."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    cells = [copy(cell) for part in parts.values() for cell in part.cells]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:04d}"  # each notebook has its own
    return new_notebook(cells, next(iter(parts.values())).metadata)


def as_parts(notebooks: Mapping[str, NotebookNode], known_as: KnownAs) -> dict[str, NotebookNode]:
    """Give the notebooks of a week by their names; where there are several, their cells know theirs.

    Parameters
    ----------
    known_as
        Gives the name by which a notebook's cell is known among all of the week's.
    """
    if len(notebooks) == 1:
        return dict(notebooks)
    return {name: as_part(notebook, name, known_as) for name, notebook in notebooks.items()}


def as_part(notebook: NotebookNode, part: str, known_as: KnownAs) -> NotebookNode:
    """Give a notebook as one of several: its cells know it."""
    return new_notebook([_as_part(cell, part, known_as) for cell in notebook.cells], notebook.metadata)


def _as_part(cell: NotebookNode, part: str, known_as: KnownAs) -> NotebookNode:
    out = copy(cell)
    out.metadata[_PART] = part
    if name := grade_id(cell):
        out.metadata["nbgrader"]["grade_id"] = known_as(part, name)
    return out


def split(notebook: NotebookNode, names: tuple[str, ...]) -> dict[str, NotebookNode]:
    """Give the notebooks that were joined, by their names; one alone is given as it is."""
    if len(names) == 1:
        return {names[0]: notebook}
    return {
        name: new_notebook([_alone(cell, name) for cell in notebook.cells if part_of(cell) == name], notebook.metadata)
        for name in names
    }


def _alone(cell: NotebookNode, part: str) -> NotebookNode:
    out = copy(cell)
    del out.metadata[_PART]
    if name := grade_id(cell):
        out.metadata["nbgrader"]["grade_id"] = name.removeprefix(f"{part}/")
    return out

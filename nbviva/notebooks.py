"""Notebooks as data: the few things of nbformat that the other modules need, with types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbformat.v4 import new_notebook as _new_notebook
from nbformat.v4 import new_output as _new_output

__all__ = ["NotebookNode", "copy", "new_cell", "new_notebook", "new_output", "read", "to_text", "upgrade"]


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

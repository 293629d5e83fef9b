"""Runs a group's notebook once from top to bottom, in a fresh kernel: its own code, on its own machine, unsandboxed.

It runs in a copy of the hand-in's folder, so no file of the group's is written over.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbclient import NotebookClient

from nbviva.handin.door import Handin
from nbviva.handin.notebook import FramedNotebook
from nbviva.kernel.outputs import clean, printed
from nbviva.kernel.student import NoAnswer, Raised
from nbviva.notebooks import NotebookNode, grade_id, is_answer, new_cell

UNKNOWN = "what its cell computes was not looked at, since the notebook was not run"
_TELL = """
def _nbviva_tell(names):
    import json
    def plain(value):
        value = value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value
        return repr(value)
    known = globals()
    print(json.dumps({name: plain(known[name]) if name in answers else "" for name in names if name in known}))
"""


@dataclass(frozen=True)
class FailedCell:
    """A cell that ended with an error: its name (empty for the group's own cells), its place from 1, and the error."""

    cell: str
    place: int
    error: str


@dataclass(frozen=True)
class PlainRun:
    """A notebook after its run, or as it lies there.

    Attributes
    ----------
    notebook
        With the outputs of the run; None where it was not run.
    values
        The text of the value of each name that exists.
    seconds
        What each cell took, by its place from 1.
    """

    values: Mapping[str, str]
    notebook: NotebookNode | None = None
    failed: tuple[FailedCell, ...] = ()
    seconds: Mapping[int, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Give the plain value of a name."""
        if name not in self.values:
            if self.notebook is None:
                raise NoAnswer(UNKNOWN)
            raise Raised(f"`{name}` does not exist")
        try:
            return ast.literal_eval(self.values[name])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise NoAnswer("it is no number, text, truth or list") from None


def as_it_lies(notebook: NotebookNode) -> PlainRun:
    """Give what can be told without a run: the names to which an answer cell assigns something plain."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        if is_answer(cell) and cell.cell_type == "code":
            found |= dict(_assigned(cell.source))
    return PlainRun(found)


def _assigned(source: str) -> Iterator[tuple[str, str]]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return
    for step in body:
        if isinstance(step, ast.Assign) and isinstance(step.targets[0], ast.Name) and _is_plain(step.value):
            yield step.targets[0].id, ast.unparse(step.value)


def _is_plain(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def run(handin: Handin, framed: FramedNotebook, names: Iterable[str], answers: Iterable[str]) -> PlainRun:
    """Run a notebook of a hand-in, and tell which of the names exist and what the answers are.

    A cell that fails does not end the run, as when it is marked.
    """
    notebook = framed.notebook
    number = len(notebook.cells)
    wanted = sorted({*names, *answers})
    notebook.cells.append(new_cell("code", f"answers = {sorted(answers)!r}{_TELL}_nbviva_tell({wanted!r})"))
    seconds: dict[int, float] = {}
    with _copied(handin) as folder:
        client = NotebookClient(
            notebook, timeout=None, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        with client.setup_kernel(stderr=subprocess.DEVNULL):
            for place, cell in enumerate(notebook.cells):
                began = time.monotonic()
                if place not in framed.lacking:
                    client.execute_cell(cell, place)
                seconds[place + 1] = time.monotonic() - began
    told = printed(clean(notebook.cells.pop().outputs))
    failed = tuple(_failed(notebook.cells[:number]))
    return PlainRun(_told(told), notebook, failed, seconds)


def _told(text: str) -> dict[str, str]:
    try:
        found = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return {str(name): str(value) for name, value in found.items()}


def _failed(cells: list[NotebookNode]) -> Iterator[FailedCell]:
    for place, cell in enumerate(cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                said = f"{output.ename}: {output.evalue}".strip(": ").splitlines()
                yield FailedCell(grade_id(cell) or "", place, said[0][:200] if said else "an error")
                break


@contextmanager
def _copied(handin: Handin) -> Iterator[str]:
    """Copy what the notebook may find beside it into a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="nbviva-", ignore_cleanup_errors=True) as folder:
        for place, path in handin.staged():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, target)
        yield folder

"""What a rehearsal runs and shows: a week's notebook as compiled cells, what one does, and what all of them printed."""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import inspect
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from nbviva.handin.written import defined_in, uses
from nbviva.inside.cellcode import as_python, compiled
from nbviva.naming import answer_cell
from nbviva.notebooks import NotebookNode, grade_id, is_test, tags
from nbviva.week.declare import Overlay
from nbviva.week.reported import AskedNotebook
from nbviva.week.shown import bound_in_shown
from nbviva.week.source import code_cells
from nbviva.week.week import load


@dataclass
class Rehearsed(AskedNotebook):
    """What the notebook's cells printed when rehearsed; a picture under every cell is taken for granted.

    Attributes
    ----------
    late
        Called with the name of a cell that somebody asks about and that was not run.
    """

    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    overlay: Overlay | None = None
    late: Callable[[str], None] | None = None

    def printed(self, cell: str) -> str:
        """All text under a cell."""
        if self.late and cell not in self.texts:
            self.late(cell)
        return self.texts.get(cell, "")

    def figures(self, cell: str) -> int:
        """The number of pictures under a cell."""
        del cell
        return 1

    def ran_here(self, cell: str) -> bool:
        """Whether it was run at grading: never here."""
        del cell
        return False

    def uses(self, question: str, *patterns: str) -> tuple[str, ...]:
        """Give what of these dotted names an answer cell uses, with the overlay in the place of what it replaces."""
        names = set(defined_in(self.sources.get(answer_cell(question), "")))
        found = uses(self.sources.values(), names - {self.overlay.replaces if self.overlay else ""}, patterns)
        if self.overlay and self.overlay.replaces in names:
            module = inspect.getsource(inspect.getmodule(self.overlay.function))  # type: ignore[arg-type]
            found += uses([module], [self.overlay.function.__name__], patterns)
        return found


def execute(code: Any, namespace: dict[str, Any], name: str, evidence: Rehearsed) -> None:
    """Run a cell of our own; what it raises is for the checks to find."""
    namespace.setdefault("__builtins__", builtins.__dict__)  # as `exec` does; libraries in C look there
    with contextlib.redirect_stdout(io.StringIO()) as text, contextlib.suppress(Exception):
        waits = FunctionType(code, namespace)()  # as `exec`, which would forget that a cell waits for something
        if waits is not None:
            asyncio.run(waits)
    evidence.texts[name] = text.getvalue()


@dataclass(frozen=True)
class RehearsedCell:
    """A code cell of a week's notebook, compiled, with the names that it sets and those that it uses."""

    name: str
    source: str
    tags: list[str]
    code: Any
    graded: bool
    sets: frozenset[str]
    uses: frozenset[str]


@cache
def cells_of(folder: Path, notebook: str) -> tuple[tuple[RehearsedCell, ...], Mapping[str, str]]:
    """Give the code cells of one of a week's notebooks, and the names that a shown one alone sets, with its cell."""
    cells = code_cells(load(folder).apart()[notebook])
    return tuple(map(_cell, cells)), bound_in_shown(cells)


def _cell(cell: NotebookNode) -> RehearsedCell:
    name = grade_id(cell) or ""
    nodes = list(ast.walk(ast.parse(as_python(cell.source))))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    sets = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    sets |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    sets |= {(node.asname or node.name).partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
    uses = frozenset(node.id for node in names if isinstance(node.ctx, ast.Load))
    return RehearsedCell(
        name, cell.source, tags(cell), compiled(cell.source, name), is_test(cell), frozenset(sets), uses
    )

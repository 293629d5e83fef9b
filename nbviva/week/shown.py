"""Cells that are only shown: where handed in with their outputs they are not run, so that nothing may need them."""

from __future__ import annotations

import symtable
from collections.abc import Iterator, Sequence

from nbviva.errors import SpecError
from nbviva.inside.cellcode import as_python
from nbviva.notebooks import SHOWN, NotebookNode, grade_id, is_answer, is_test, tags


def require_shown(cells: Sequence[NotebookNode], file: str) -> None:
    """Refuse a cell that is tagged `shown` and cannot be: students write it, it is graded, or a later cell needs it.

    Raises
    ------
    SpecError
        With what to change.
    """
    for name, cell in shown_cells(cells):
        if not name or is_test(cell) or is_answer(cell):
            raise SpecError(f'{file}: the tag `{SHOWN}` is for cells that are `given="..."`, and no others.')
    for name, cell in shown_cells(cells):
        _require_unused(name, cell, cells, file)


def shown_cells(cells: Sequence[NotebookNode]) -> Iterator[tuple[str, NotebookNode]]:
    """Give the cells that are tagged so, each with its name."""
    yield from ((grade_id(cell) or "", cell) for cell in cells if cell.cell_type == "code" and SHOWN in tags(cell))


def bound_in_shown(cells: Sequence[NotebookNode]) -> dict[str, str]:
    """Give the names that shown cells alone set, each with its cell."""
    found = {name: shown for shown, cell in shown_cells(cells) for name in _bound(cell.source)}
    others = (cell for cell in cells if cell.cell_type == "code" and SHOWN not in tags(cell))
    elsewhere = {name for cell in others for name in _bound(cell.source)}
    return {name: shown for name, shown in found.items() if name not in elsewhere}


def _require_unused(shown: str, cell: NotebookNode, cells: Sequence[NotebookNode], file: str) -> None:
    own, behind = _bound(cell.source), cells[list(cells).index(cell) + 1 :]
    for other in behind:
        if other.cell_type != "code" or SHOWN in tags(other):
            continue
        if needed := sorted(own & _used(other.source) - _bound(other.source)):
            where = f"the cell '{grade_id(other)}'" if grade_id(other) else f"the cell `{other.source.splitlines()[0]}`"
            raise SpecError(
                f"{file}: {where} needs `{needed[0]}` of the cell '{shown}', which is tagged `{SHOWN}` and is not run "
                "where it was handed in with its outputs: take the tag away, or set the name elsewhere."
            )


def _bound(source: str) -> set[str]:
    """Give the names that a cell sets for those behind it."""
    return {item.get_name() for item in _symbols(source) if item.is_assigned() or item.is_imported()}


def _used(source: str) -> set[str]:
    """Give the names of the notebook that a cell reads, in its functions, too."""
    return {name for table in _tables(source) for name in _read(table)}


def _read(table: symtable.SymbolTable) -> Iterator[str]:
    for item in table.get_symbols():
        if item.is_referenced() and (item.is_global() or table.get_type() == "module"):
            yield item.get_name()
    for inner in table.get_children():
        yield from _read(inner)


def _symbols(source: str) -> Iterator[symtable.Symbol]:
    for table in _tables(source):
        yield from table.get_symbols()


def _tables(source: str) -> Iterator[symtable.SymbolTable]:
    """Give the table of a cell's names; none where it is no plain Python."""
    try:
        yield symtable.symtable(as_python(source), "cell", "exec")
    except SyntaxError:
        return

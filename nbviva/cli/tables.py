"""Tables for the terminal: every text is shown as it is, whatever it holds, and folded where it is too long."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


def console() -> Console:
    """Give the console of results: as wide as the terminal, or 160 characters."""
    return Console(width=None if Console().is_terminal else 160)


def print_table(
    headings: Iterable[str],
    rows: Iterable[Iterable[str | Text]],
    *,
    title: str | None = None,
    right: Collection[str] = (),
    framed: bool = True,
    lines: bool = False,
) -> None:
    """Print a table.

    Parameters
    ----------
    rows
        A text for each column; `Text` where it has a style.
    right
        Headings of the columns that stand on the right and are never folded, as numbers.
    framed, lines
        Whether there is a frame around it, and a line between two rows.
    """
    table = Table(title=title, title_justify="left", box=HEAVY_HEAD if framed else None, show_lines=lines)
    for heading in headings:
        number = heading in right
        table.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console().print(table)

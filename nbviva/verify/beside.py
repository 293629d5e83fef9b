"""Row of `verify` on what travels beside hidden data: order, lengths and copies can tell a label without any learning.

It reads tables of items and labels, `.data/hidden*` of the week, and the files that its release gives out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbviva.verify.row import Finding, Origin
from nbviva.week.week import Week

SHARED = 40  # letters that two items have in common, from which on they count as near copies
FEW = 0.01  # share of near copies that moves no score; nature repeats itself
LARGEST = 0.05  # of a rank correlation with the label, above what chance gives
_MOST_CLASSES = 20


@dataclass(frozen=True)
class Table:
    """Items and the labels beside them, in the order of the file."""

    name: str
    items: tuple[str, ...]
    labels: tuple[str, ...]


def beside_hidden_data(week: Week) -> Finding:
    """Give the row."""
    hidden = [table for path in sorted(week.folder.glob(".data/hidden*")) if (table := read_items(path))]
    public = [table for _, source in week.assignment.files if (table := read_items(week.folder / source))]
    defects = [sentence for table in hidden for sentence in (*_own(table), *_same(table, public))]
    near = [(table, other, number) for table in hidden for other in public if (number := _near(table, other))]
    told = [
        f"{number} items of {table.name} have {SHARED} letters in a row in common with one in {other.name}."
        for table, other, number in near
    ]
    defects += [text for text, (table, _, number) in zip(told, near, strict=True) if number > FEW * len(table.items)]
    if not hidden:
        return Finding("hidden data", "none that is a table of items and labels")
    number = sum(len(table.items) for table in hidden)
    summary = f"{number} hidden items: order, lengths and copies tell {'something' if defects else 'nothing'}"
    return Finding("hidden data", summary, tuple(defects), tuple(told), Origin(made=len(hidden)))


def read_items(path: Path) -> Table | None:
    """Read a table: its items are the column with the longest texts, its labels the first with few different ones."""
    if not path.is_file() or path.suffix not in (".tsv", ".csv", ".txt"):
        return None
    rows = [
        re.split(r"[\t,;]", line.strip()) for line in path.read_text("utf-8", errors="replace").splitlines() if line
    ]
    width = min(map(len, rows), default=0)
    if len(rows) < 3 or width < 2:
        return None
    columns = list(zip(*(row[:width] for row in rows[1:]), strict=True))
    longest = max(range(width), key=lambda i: sum(map(len, columns[i])))
    few = [i for i in range(width) if i != longest and 2 <= len(set(columns[i])) <= _MOST_CLASSES]
    return Table(path.name, columns[longest], columns[few[0]]) if few else None


def _own(table: Table) -> Iterator[str]:
    n = len(table.items)
    codes = np.unique(table.labels, return_inverse=True)[1].astype(float)  # (n,)
    bound = LARGEST + 4 / np.sqrt(n)
    for what, values in (("order", np.arange(n)), ("length", np.array([len(item) for item in table.items]))):
        found = abs(_correlation(values.astype(float), codes))
        if found > bound:
            yield f"The {what} of items in {table.name} tells their label (correlation {found:.2f}): take it away."
    steps = abs(_correlation(codes[1:], codes[:-1]))
    if steps > bound:
        yield f"The label of an item in {table.name} tells that of the next ({steps:.2f}): shuffle the items."
    copies = [item for item, number in Counter(table.items).items() if number > 1]
    if copies:
        yield f"{len(copies)} items of {table.name} occur more than once: keep one of each."


def _same(table: Table, public: Sequence[Table]) -> Iterator[str]:
    for other in public:
        same = set(table.items) & set(other.items)
        if same:
            yield f"{len(same)} items of {table.name} are given out in {other.name}: take them out of one of them."


def _near(table: Table, other: Table) -> int:
    """Count the items that share a piece with one of another table, but are not the same."""
    windows = {window for item in other.items for window in _windows(item)}
    known = set(other.items)
    return sum(any(window in windows for window in _windows(item)) for item in table.items if item not in known)


def _windows(item: str) -> Iterator[str]:
    return (item[i : i + SHARED] for i in range(len(item) - SHARED + 1))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0

"""Lists that people keep by hand, as CSV: read whatever their spreadsheet made of them, written without formulas."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 8 << 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Line:
    """One row of a list: its line in the file, and the texts of the columns asked for, empty where there is none."""

    number: int
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """What a list says, and in one sentence each what is wrong with it."""

    lines: tuple[Line, ...] = ()
    problems: tuple[str, ...] = ()


def read_listing(path: Path, columns: tuple[tuple[str, ...], ...], required: int = 1) -> Listing:
    """Read a list; a file that does not exist is an empty one.

    Parameters
    ----------
    columns
        For each column the names that its header may have, the one to tell people first.
    required
        How many of the columns, from the first on, must be there.
    """
    text, problem = _text(path)
    text = text.replace("\0", "")
    if problem or not text.strip():
        return Listing((), (problem,) if problem else ())
    rows = _rows(text)
    header = [plain_word(cell) for cell in rows[0][1]]
    places = [_place(header, names) for names in columns]
    missing = [names[0] for names, place in zip(columns, places, strict=True) if place is None][:required]
    if any(place is None for place in places[:required]):
        return Listing((), (f"{path.name} has no column '{missing[0]}': name it so in the first line.",))
    lines = tuple(Line(number, tuple(_cell(row, place) for place in places)) for number, row in rows[1:] if any(row))
    return Listing(lines)


def _text(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            return "", f"{path.name} is larger than {MAX_BYTES >> 20} MB and was not read."
        raw = path.read_bytes()
    except FileNotFoundError:
        return "", ""
    except OSError as error:
        return "", f"{path.name} cannot be read: {error.strerror}."
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), ""
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ""


def _rows(text: str) -> list[tuple[int, list[str]]]:
    first = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip()), delimiter=delimiter)
    skipped = len(text) - len(text.lstrip())
    before = text[:skipped].count("\n")
    rows = []
    while True:
        try:
            rows.append((reader.line_num + 1 + before, next(reader)))
        except StopIteration:
            return rows
        except csv.Error:  # a field without end: what follows is no table any more
            return rows or [(1, [])]


def _place(header: list[str], names: tuple[str, ...]) -> int | None:
    words = [plain_word(name) for name in names]
    return next((i for i, cell in enumerate(header) if cell in words), None)


def _cell(row: list[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def plain_word(text: str) -> str:
    """Give a header without case, spaces and punctuation: 'E-Mail' and 'email ' are one."""
    return re.sub(r"[\W_]+", "", text.casefold())


def safe_text(text: str) -> str:
    """Give a text that a spreadsheet takes for a text, never for a formula or a broken cell."""
    clean = "".join(letter for letter in text if letter.isprintable() or letter == " ")
    return f"'{clean}" if text.startswith(_FORMULA) or clean.lstrip().startswith(_FORMULA) else clean


def write_listing(path: Path, rows: list[tuple[str | float | None, ...]]) -> None:
    """Write a list as CSV in UTF-8 with a mark, which is what spreadsheets expect; texts cannot be formulas."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[said(value) for value in row] for row in rows])


def said(value: str | float | None) -> str:
    """Give a cell's text: numbers as short as they are, nothing for None."""
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else f"{value:.12g}"

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
    """One row of a list: its line in the file, the texts of the columns asked for (empty if there is none), and all."""

    number: int
    texts: tuple[str, ...]
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What a list says, and in one sentence each what is wrong with it; the headings of its columns."""

    lines: tuple[Line, ...] = ()
    problems: tuple[str, ...] = ()
    header: tuple[str, ...] = ()


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
    rows, start = _table(text, columns, required)
    header = [plain_word(cell) for cell in rows[start][1]]
    places = [_place(header, names) for names in columns]
    missing = [names[0] for names, place in zip(columns, places, strict=True) if place is None][:required]
    if any(place is None for place in places[:required]):
        return Listing((), (f"{path.name} has no column '{missing[0]}': name it so in the first line.",))
    lines = tuple(
        Line(number, tuple(_cell(row, place) for place in places), tuple(cell.strip() for cell in row))
        for number, row in rows[start + 1 :]
        if any(row)
    )
    return Listing(lines, (), tuple(cell.strip() for cell in rows[start][1]))


_TITLES = 6  # lines that may stand before the headings


def _table(
    text: str, columns: tuple[tuple[str, ...], ...], required: int
) -> tuple[list[tuple[int, list[str]]], int]:  # fmt: skip
    """Give the rows, and which of them has the headings: spreadsheets put `sep=;` or a title before them."""
    best: tuple[int, int, list[tuple[int, list[str]]], int] | None = None
    for delimiter in _delimiters(text):
        rows = _rows(text, delimiter)
        for start, (_, row) in enumerate(rows[:_TITLES]):
            header = [plain_word(cell) for cell in row]
            known = [_place(header, names) is not None for names in columns]
            score = (int(all(known[:required])) and sum(known), -start)
            if best is None or score > best[:2]:
                best = (*score, rows, start)
    if best is None:  # no row at all
        return [(1, [])], 0
    return best[2], best[3]


def _delimiters(text: str) -> str:
    """Give the delimiters that a list may have, the likeliest first."""
    first = text.lstrip().splitlines()[0]
    if found := re.fullmatch(r"\s*\"?sep=(.)\"?\s*", first, re.IGNORECASE):
        return found[1]
    return "".join(sorted(",;\t", key=lambda sign: -first.count(sign)))


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


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
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


def shown(name: str) -> str:
    """Give the name of a folder as it is shown: printable, in one line, and no two names alike."""
    return escaped(name.replace("\\", "\\\\"))


def escaped(text: str) -> str:
    """Give a text with an escape, as Python writes them, for what cannot be printed."""
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    byte = ord(letter) - 0xDC00  # of a name that is no UTF-8, as Python has it
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else letter.encode("unicode_escape").decode()


def safe_text(text: str) -> str:
    """Give a text that a spreadsheet takes for a text, never for a formula or a broken cell."""
    clean = escaped(text)
    return f"'{clean}" if text.startswith(_FORMULA) or clean.lstrip().startswith(_FORMULA) else clean


def listing_text(rows: list[tuple[str | float | None, ...]], delimiter: str = ",") -> str:
    """Give a list as CSV; texts cannot be formulas."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([[said(value) for value in row] for row in rows])
    return out.getvalue()


def said(value: str | float | None) -> str:
    """Give a cell's text: numbers as short as they are, nothing for None."""
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else f"{value:.12g}"

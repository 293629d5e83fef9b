"""The bytes of a notebook file, as the cells that are believed: of each only its type, text, outputs and name.

A file is hostile or broken until proved otherwise. It is read as plain JSON, in whatever encoding editors save it.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from typing import Any

from nbviva.handin.slim import NotSlim, slimmed
from nbviva.handin.walk import HandedFile
from nbviva.notebooks import text_of, upgrade

MAX_NOTEBOOK_BYTES = 20 << 20
MAX_FILE_BYTES = 200 << 20
MAX_CELLS = 2000
_KINDS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an archive"),
    (b"<", "a web page, as when a link was saved in the place of the file"),
    (b"\x00\x05\x16\x07", "a companion that macOS writes beside a file"),
)


class BrokenNotebook(ValueError):
    """There is no notebook that could be run; the text is the sentence for the report."""


@dataclass(frozen=True)
class HandedCell:
    """A cell as it was handed in; `grade_id` is what its metadata says, if it says a text."""

    type: str
    source: str
    outputs: list[Any] = field(default_factory=list)
    grade_id: str | None = None


@dataclass(frozen=True)
class ReadNotebook:
    """A notebook file, read; `notes` say what was odd about the file, and change no mark."""

    cells: tuple[HandedCell, ...]
    notes: tuple[str, ...] = ()


def read_notebook(file: HandedFile) -> ReadNotebook:
    """Read a notebook file.

    Raises
    ------
    BrokenNotebook
        If it is none, with one sentence that says so.
    """
    if file.size > MAX_FILE_BYTES:
        raise BrokenNotebook(f"{file.name} is larger than {MAX_FILE_BYTES >> 20} MB: clear its outputs and save it.")
    try:
        raw = file.place.read_bytes()
    except OSError as error:
        raise BrokenNotebook(f"{file.name} cannot be read ({_short(error)}).") from None
    raw, dropped = _small_enough(raw, file.name)
    text, notes = _decoded(raw, file.name)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenNotebook(f"{file.name} is no notebook: it is {_kind(raw)} ({_short(error)}).") from None
    cells = tuple(_cell(item) for item in _cells(data, file.name))
    return ReadNotebook(cells, (*notes, *_dropped_notes(cells, dropped)))


def _small_enough(raw: bytes, name: str) -> tuple[bytes, tuple[int, ...]]:
    try:
        return slimmed(raw, MAX_NOTEBOOK_BYTES)
    except NotSlim:
        raise BrokenNotebook(
            f"{name} is larger than {MAX_NOTEBOOK_BYTES >> 20} MB, also without its outputs, and was not read."
        ) from None


def _dropped_notes(cells: tuple[HandedCell, ...], dropped: tuple[int, ...]) -> tuple[str, ...]:
    if not dropped:
        return ()
    named = [repr(cells[i].grade_id) if i < len(cells) and cells[i].grade_id else f"number {i + 1}" for i in dropped]
    listed = ", ".join(named[:8])
    more = f" and {len(named) - 8} more" if len(named) > 8 else ""
    size = f"The notebook is larger than {MAX_NOTEBOOK_BYTES >> 20} MB"
    return (f"{size}; it was read without the largest outputs, those of the cell {listed}{more}.",)


def _decoded(raw: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Give the text of a file, and a note where it is not plain UTF-8."""
    encoding: str = json.detect_encoding(raw[:8])
    wide = not encoding.startswith("utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        wide = False
        text, encoding = _eight_bits(raw)
    note = f"{name} is saved as {encoding.upper()} where UTF-8 is expected; it was read all the same."
    return text.lstrip("\ufeff"), (note,) if wide or encoding in ("Windows-1252", "damaged UTF-8") else ()


def _eight_bits(raw: bytes) -> tuple[str, str]:
    """Read what is no UTF-8: text of one byte a letter, or UTF-8 that was damaged somewhere."""
    text = raw.decode("utf-8", "replace")
    if any(ord(c) > 127 and c != "\ufffd" for c in text):
        return text, "damaged UTF-8"
    return codecs.charmap_decode(raw, "strict", _WINDOWS)[0], "Windows-1252"


_WINDOWS = "".join(bytes([i]).decode("cp1252", "ignore") or chr(i) for i in range(256))  # what it leaves out is itself


def _kind(raw: bytes) -> str:
    start = raw[:200].lstrip()
    if not start:
        return "empty"
    if re.search(rb"^(<<<<<<< |>>>>>>> )", raw, re.MULTILINE):
        return "two versions with the marks of a merge that was not ended"
    return next((kind for magic, kind in _KINDS if start.startswith(magic)), "not JSON")


def _cells(data: Any, name: str) -> list[Any]:
    if isinstance(data, dict) and isinstance(data.get("nbformat"), int) and data["nbformat"] < 4:
        try:
            data = upgrade(data)
        except Exception as error:  # noqa: BLE001 - converters of old formats fail in any way on broken input
            raise BrokenNotebook(f"{name} has an old format that cannot be converted ({_short(error)}).") from None
        if not data.get("cells"):
            raise BrokenNotebook(f"{name} has an old format, and no cell that can be read.")
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise BrokenNotebook(f"{name} is no notebook: it has no list of cells.")
    if len(cells) > MAX_CELLS:
        raise BrokenNotebook(f"{name} has {len(cells)} cells; at most {MAX_CELLS} are read.")
    return cells


def _cell(item: Any) -> HandedCell:
    item = item if isinstance(item, dict) else {}
    metadata = item.get("metadata")
    ours = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = ours.get("grade_id") if isinstance(ours, dict) else None
    outputs = item.get("outputs")
    return HandedCell(
        "code" if item.get("cell_type") == "code" else "markdown",
        text_of(item.get("source")),
        outputs if isinstance(outputs, list) else [],
        grade_id if isinstance(grade_id, str) else None,
    )


def _short(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]

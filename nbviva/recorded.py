"""What was recorded: one small file a week that says, for each group, from what its marks and its page were made.

It is only a note: a group is taken as recorded where the note is right and gradebook and files still hold what it says.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nbviva.course import Course


@dataclass(frozen=True)
class Note:
    """What was recorded of a group.

    Attributes
    ----------
    report, rows, notebook
        Digest of what the marks came from; digest of them as they stood in the gradebook; stamp of the graded notebook.
    shown, page
        Digest of what the page was made from, and its stamp; empty before it is made.
    """

    report: str = ""
    rows: str = ""
    notebook: str = ""
    shown: str = ""
    page: str = ""


def notes(course: Course, week: str) -> dict[str, Note]:
    """Read the notes of a week; none where there is no file that this version can read."""
    try:
        data = json.loads(_path(course, week).read_bytes())
        return {str(group): Note(**item) for group, item in data.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def keep(course: Course, week: str, found: Mapping[str, Note]) -> None:
    """Write the notes of a week, whole or not at all."""
    path = _path(course, week)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{week}")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({group: asdict(note) for group, note in found.items()}, file, indent=0)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def digest(parts: Iterable[bytes | None]) -> str:
    """Give the SHA-256 (hex) of a row of texts; none and an empty one differ."""
    total = hashlib.sha256()
    for part in parts:
        total.update(b"-" if part is None else len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def _path(course: Course, week: str) -> Path:
    return course.root / ".nbviva" / "recorded" / f"{week}.json"

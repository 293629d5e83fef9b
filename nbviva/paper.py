"""The exercise sheet in a hand-in: which file it is, whether it counts, and whom it names.

Names are kept beside the report, in a file that only its owner can read; no report, transcript or log has them.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from nbviva.files import regular_files
from nbviva.filled import MAX_BYTES, Filled, read_form
from nbviva.form_fields import FORM_NAME, sheet_mark
from nbviva.people import Person
from nbviva.spec import Assignment

MEMBERS = "members.json"


@dataclass(frozen=True)
class Signed:
    """Whom a hand-in's sheet names, and in one sentence each what is odd about names, numbers and the file."""

    people: tuple[Person, ...] = ()
    problems: tuple[str, ...] = ()


def form_of(folder: Path) -> Path | None:
    """Find the exercise sheet in a hand-in: by its name, or the first PDF."""
    found = sorted(path for path in regular_files(folder) if path.suffix.lower() == ".pdf" and path.parent == folder)
    return next((path for path in found if path.name == FORM_NAME), found[0] if found else None)


def counting_form(folder: Path, assignment: Assignment) -> tuple[Filled | None, tuple[str, ...]]:
    """Read the hand-in's PDF, and what is to be said of it; None where the notebook's answer cells count.

    That is so, unless a PDF is required, where there is none, where it cannot be read, and where it is the release's
    with nothing filled in: it lies in the folder that many hand in as a whole.
    """
    path = form_of(folder)
    if path is None and not assignment.sheet_required:
        return None, ()
    filled = read_form(path or folder / FORM_NAME, assignment)
    if assignment.sheet_required or filled.answers:
        return filled, filled.problems
    return None, () if filled.readable else filled.problems


def signed(handin: Path, report: Path, assignment: Assignment) -> Signed:
    """Give whom the sheet names: from the report's folder while the PDF is the same, else read and kept there."""
    path = form_of(handin)
    if path is None and not assignment.sheet_required:
        return Signed()
    path = path or handin / FORM_NAME
    key = f"{_digest(path)} {sheet_mark(assignment)}"
    kept = _kept(report / MEMBERS, key)
    if kept is None:
        kept = _signed(read_form(path, assignment))
        _keep(report / MEMBERS, key, kept)
    return kept


def _signed(filled: Filled) -> Signed:
    if filled.readable and not filled.members and not filled.answers:
        return Signed()  # the release's, which nobody touched
    people = tuple(Person(name=member.name, number=member.number) for member in filled.members)
    answers = set(filled.refused.values())
    return Signed(people, tuple(text for text in filled.problems if text not in answers))


def _digest(path: Path) -> str:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > MAX_BYTES:
        return "unread"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept(path: Path, key: str) -> Signed | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["sheet"] != key:
            return None
        return Signed(tuple(Person(**person) for person in data["people"]), tuple(data["problems"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, key: str, found: Signed) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"sheet": key, **asdict(found)}, indent=1, ensure_ascii=False)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")  # only its owner can read it
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)

"""`nbviva new`: a small, real week to start from; `nbviva verify` is green on it before a word of it is changed."""

from __future__ import annotations

import keyword
import re
from datetime import datetime, timedelta
from pathlib import Path

from nbviva.errors import CourseError

_TEMPLATE = Path(__file__).with_name("new_week")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_DAYS = 14


def new(root: Path, name: str, now: datetime) -> list[Path]:
    """Write graders/NAME and give its files.

    Raises
    ------
    CourseError
        If the name cannot be that of a week, or the folder is there already.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise CourseError(f"'{name[:40]}' cannot be a week's name: take small letters and digits, such as week12.")
    folder = root / "graders" / name
    if folder.exists():
        raise CourseError(f"graders/{name} exists already: choose another name, or remove that folder first.")
    folder.mkdir(parents=True)
    words = {
        "WEEK": name,
        "TITLE": re.sub(r"(?<=[a-z])(?=\d)", " ", name).replace("_", " ").capitalize(),
        "ISSUED": f"{now:%Y-%m-%d}T10:00:00",
        "DUE": f"{now + timedelta(days=_DAYS):%Y-%m-%d}T20:00:00",
    }
    return [_write(folder / path.stem, path.read_text("utf-8"), words) for path in sorted(_TEMPLATE.glob("*.txt"))]


def _write(path: Path, text: str, words: dict[str, str]) -> Path:
    path.write_text(re.sub(rf"\b({'|'.join(words)})\b", lambda match: words[match[0]], text), encoding="utf-8")
    return path

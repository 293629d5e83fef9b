"""`nbviva init`: a course directory from nothing, or nbviva's two lines in an nbgrader course that is there already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbviva.configuration import CONFIG, SEAM, calls_configure
from nbviva.errors import CourseError
from nbviva.files import rewrite

_TEMPLATE = Path(__file__).with_name("new_course")
_DOTTED = {"gitignore": ".gitignore"}  # a package's files do not begin with a dot
_SEAM = f"\n# Marks are decided by nbviva; these two lines stay the last ones.\n{SEAM[0]}\n{SEAM[1]}\n"


@dataclass(frozen=True)
class Begun:
    """What was done in a folder.

    Attributes
    ----------
    written, kept
        Files, by their paths in the course: those that were made or added to, and those that were there already.
    existing
        Whether it was an nbgrader course before.
    """

    root: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    existing: bool


def begin(root: Path, course_id: str = "") -> Begun:
    """Make a course directory of a folder; no file that is there is replaced.

    Raises
    ------
    CourseError
        If the folder lies in a course directory, or cannot be made.
    """
    above = next((folder for folder in root.resolve().parents if (folder / CONFIG).is_file()), None)
    if above is not None:
        raise CourseError(f"{root} lies in the course directory {above}: choose a folder outside of it.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        existing = (root / CONFIG).exists()
        return _joined(root) if existing else _made(root, course_id or _name(root))
    except OSError as error:
        raise CourseError(f"{error.filename or root} cannot be written: {error.strerror}.") from None


def _made(root: Path, course_id: str) -> Begun:
    written, kept = [], []
    for origin in sorted(path for path in _TEMPLATE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        place = origin.relative_to(_TEMPLATE)
        place = place.with_name(_DOTTED.get(place.stem, place.stem)) if place.suffix == ".txt" else place
        target = root / place
        if target.exists():
            kept.append(place.as_posix())
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(re.sub(r"\bCOURSE\b", course_id, origin.read_text("utf-8")), encoding="utf-8")
        written.append(place.as_posix())
    return Begun(root, tuple(written), tuple(kept), existing=False)


def _joined(root: Path) -> Begun:
    """Add to a course what it lacks: the two lines, and what must not get into version control."""
    written, kept = [], []
    config = root / CONFIG
    if calls_configure(config):
        kept.append(CONFIG)
    else:
        _append(config, _SEAM)
        written.append(CONFIG)
    ignored = (_TEMPLATE / "gitignore.txt").read_text("utf-8")
    if (root / ".gitignore").exists():
        there = set((root / ".gitignore").read_text("utf-8").splitlines())
        ignored = "".join(
            f"{line}\n" for line in ignored.splitlines() if line not in there and not line.startswith("#")
        )
    _append(root / ".gitignore", ignored)
    (written if ignored else kept).append(".gitignore")
    return Begun(root, tuple(written), tuple(kept), existing=True)


def _append(path: Path, text: str) -> None:
    path.touch()
    before = path.read_text("utf-8")
    rewrite(path, before + ("" if before.endswith("\n") or not before else "\n") + text)


def _name(root: Path) -> str:
    """Give the course's name in nbgrader: the folder's, of letters that an exchange can make a folder of."""
    return re.sub(r"[^\w.-]+", "-", root.resolve().name).strip("-.") or "course"

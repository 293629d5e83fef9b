"""`nbviva new-term`: a course's weeks for the next class, with a secret of its own and nothing of the last one's."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from nbviva.adopt.adoption import adoption_path
from nbviva.configuration import CONFIG
from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import rewrite
from nbviva.secret import SECRET, make_secret
from nbviva.setup.begin import begin

_LITTER = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".DS_Store")
_OWN = (".gitignore", "Makefile", "README.md", "lab")  # of a course that 'nbviva init' made
_DATED = re.compile(r"(?=(?:issued|due|term)[ \t]*=)", re.MULTILINE)
_MARK = "# last term's; set this term's: "


@dataclass(frozen=True)
class NewTerm:
    """What was made, and in one sentence each what is to be done before a week is released."""

    root: Path
    weeks: tuple[str, ...]
    to_do: tuple[str, ...]


def new_term(course: Course, target: Path) -> NewTerm:
    """Copy weeks and configuration into a folder; hand-ins, marks, lists of people and the secret stay behind.

    The dates of each week, and its term, become comments: `nbviva source` says what is missing until they are set.

    Raises
    ------
    CourseError
        If the folder holds something, lies in a course directory, or cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CourseError(f"{target} is not empty: name a new folder for the new term.")
    if any((folder / CONFIG).is_file() for folder in target.resolve().parents):
        raise CourseError(f"{target} lies in a course directory: name a folder outside of it.")
    try:
        _copy(course, target)
        begin(target)
        adopted = tuple(week for week in course.weeks() if course.is_adopted(week))
        own = (week for week in course.weeks() if week not in adopted)
        weeks = tuple(_undated(target / "graders" / week / "assignment.toml") for week in own)
        make_secret(Course(target).root)
    except OSError as error:
        raise CourseError(f"{error.filename or target} cannot be written: {error.strerror}.") from None
    dated = tuple(week for week in adopted if course.assignment(week).dated)
    return NewTerm(target, (*weeks, *adopted), _to_do(weeks, dated))


def _copy(course: Course, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    if (course.root / "graders").is_dir():
        shutil.copytree(course.root / "graders", target / "graders", ignore=_LITTER, symlinks=True)
    for week in filter(course.is_adopted, course.weeks()):
        shutil.copytree(course.source(week), Course(target).source(week), ignore=_LITTER, symlinks=True)
        adopted = adoption_path(target, week)
        adopted.parent.mkdir(exist_ok=True)
        shutil.copy2(adoption_path(course.root, week), adopted)
    shutil.copy2(course.root / CONFIG, target / CONFIG)
    for name in _OWN if (course.root / "lab" / "config.py").is_file() else ():
        origin = course.root / name
        if origin.is_dir():
            shutil.copytree(origin, target / name, ignore=_LITTER, symlinks=True)
        elif origin.is_file():
            shutil.copy2(origin, target / name)


def _undated(path: Path) -> str:
    """Make comments of a week's dates and give its name."""
    head, table, rest = path.read_text("utf-8").partition("[[question]]")
    rewrite(path, _DATED.sub(_MARK, head) + table + rest)
    return path.parent.name


def _to_do(weeks: tuple[str, ...], dated: tuple[str, ...]) -> tuple[str, ...]:
    sentences = [f"Set issued, due and term in graders/{week}/assignment.toml." for week in weeks]
    sentences += [f"Set due in adopted/{week}.toml: it is last term's." for week in dated]
    sentences.append(f"Look at course_id and db_url in {CONFIG}: they are last term's.")
    if os.environ.get(SECRET):
        sentences.append(f"{SECRET} is set and counts before the new secret: give the new term another one.")
    return tuple(sentences)

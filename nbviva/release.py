"""Source and release of a week: what is generated, and the search that refuses a release with a secret in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from nbviva.checks import Week
from nbviva.course import Course, Refused
from nbviva.form import build_form
from nbviva.handin import regular_files
from nbviva.preprocessor import nbgrader, set_deadline
from nbviva.source import hidden_parts, write_source

_MIN_LINE = 24
_MIN_TOKEN = 30
_HARMLESS = re.compile(r"import |from |def |class |return |[@#\"]")


def make_source(course: Course, name: str) -> list[Path]:
    """Generate `source/<week>` from the week's folder: the notebook and the files that the release holds beside it."""
    week, folder = course.week(name), course.source(name)
    if (week.folder / "data.py").exists():
        week.module("data").build(week.folder / ".data")
    written = [write_source(week, folder)]
    if (week.folder / "sheet.typ").exists():
        written.append(build_form(week, folder))
    for target, origin in week.assignment.files:
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(week.folder / origin, path)
        written.append(path)
    return written


def make_release(course: Course, name: str) -> list[Path]:
    """Generate `release/<week>` with nbgrader, tell the gradebook the deadline, and search the release for secrets.

    Raises
    ------
    Refused
        If something secret is in it; the release is then removed again.
    """
    make_source(course, name)
    nbgrader(course, "generate_assignment", name, "--force", "--create")
    week, folder = course.week(name), course.release(name)
    set_deadline(course, name)
    leaks = list(find_leaks(week, folder, course.secret()))
    if leaks:
        shutil.rmtree(folder)
        raise Refused(f"The release was removed, since it gives away: {'; '.join(leaks[:5])}.")
    return sorted(regular_files(folder))


def find_leaks(week: Week, release: Path, secret: bytes) -> Iterator[str]:
    """Find lines of solutions, hidden tests and the examiner's files, hidden data, and the secret in a release."""
    lines = {line for text in _secret_texts(week) for line in _telling(text)}
    tokens = {token for path in week.folder.glob(".data/hidden*") for token in _tokens(path.read_text("utf-8"))}
    for path in regular_files(release):
        text = path.read_text("utf-8", errors="replace")
        where = path.relative_to(release)
        if secret.decode() in text:
            yield f"the course's secret in {where}"
        for line in sorted(lines.intersection(_telling(_unescaped(text)))):
            yield f"the line '{line[:60]}' in {where}"
        if shared := tokens.intersection(_tokens(text)):
            yield f"{len(shared)} items of the hidden data in {where}"


def _secret_texts(week: Week) -> Iterator[str]:
    yield from hidden_parts(week)
    for path in sorted(week.folder.glob("*.py")):
        if path.name != "notebook.py":
            yield path.read_text("utf-8")


def _telling(text: str) -> set[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return {line for line in lines if len(line) >= _MIN_LINE and not _HARMLESS.match(line)}


def _unescaped(text: str) -> str:
    """Give the lines of a notebook's JSON as they stand in its cells."""
    return re.sub(r'^\s*"|(\\n)?",?$', "", text, flags=re.MULTILINE).replace('\\"', '"').replace("\\\\", "\\")


def _tokens(text: str) -> set[str]:
    return {token for token in re.split(r"[\s,;\"']+", text) if len(token) >= _MIN_TOKEN}

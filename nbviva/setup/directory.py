"""Looked at by `nbviva doctor`: the course directory, its secret, gradebook, exchange and weeks."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from nbviva.configuration import CONFIG, configuration, db_url, is_group_shared, require_configured
from nbviva.course import Course
from nbviva.errors import CourseError, Refused, SpecError
from nbviva.gradebook.book import opened, present
from nbviva.processes.programs import program
from nbviva.secret import SECRET
from nbviva.setup.symptom import State, Symptom, judged
from nbviva.wording import counted

AREA = "course"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's own default


def directory(course: Course | None) -> Iterator[Symptom]:
    """Give the rows; one that says how to begin where there is no course."""
    if course is None:
        yield Symptom(AREA, "directory", State.WARNING, "none here", "Make one with 'nbviva init', or go to one.")
        return
    yield Symptom(AREA, "directory", State.GOOD, str(course.root))
    try:
        require_configured(course.root)
    except CourseError as error:
        yield Symptom(AREA, CONFIG, State.FAULT, "marks are not decided by nbviva", str(error))
        return
    yield Symptom(AREA, CONFIG, State.GOOD, "calls configure")
    yield from _secret(course)
    yield _database(course)
    yield _exchange(course)
    yield from _weeks(course)


def _secret(course: Course) -> Iterator[Symptom]:
    if os.environ.get(SECRET):
        yield Symptom(AREA, "secret", State.GOOD, f"from {SECRET}")
        return
    path = course.root / ".nbviva" / "secret"
    if not path.exists():
        yield Symptom(AREA, "secret", State.GOOD, "none yet: it is made at first use")
        return
    status = path.stat()
    mend = ""
    mode = 0o640 if is_group_shared(course.root) else 0o600
    if stat.S_IMODE(status.st_mode) & ~mode & _OTHERS:
        mend = (
            f"Others on this machine can read it, and know all hidden questions: run 'chmod {mode:o} .nbviva/secret'."
        )
    elif not os.access(path, os.R_OK):
        mend = f"You cannot read it: let whoever owns it (user id {status.st_uid}) mark, or give it to you."
    elif not status.st_size:
        mend = "It is empty: put back the copy that you kept, or remove it, and all hidden questions change."
    yield judged(AREA, "secret", f"mode {stat.filemode(status.st_mode)}", mend, State.FAULT)
    if tracked := _tracked(course):
        yield Symptom(AREA, "version control", State.FAULT, f"git keeps {', '.join(tracked)}", _untrack(tracked))


def _tracked(course: Course) -> list[str]:
    """Give what git keeps of that which must never leave the examiner."""
    git = shutil.which("git")
    if git is None:
        return []
    words = [
        git,
        "-C",
        str(course.root),
        "ls-files",
        "--",
        ".nbviva",
        "gradebook.db",
        "submitted",
        "marks",
        "roster.csv",
    ]
    return sorted({line.split("/")[0] for line in program(words).output.decode().splitlines()})


def _untrack(names: list[str]) -> str:
    return f"Run 'git rm -r --cached {' '.join(names)}' and 'nbviva init', which completes .gitignore."


def _database(course: Course) -> Symptom:
    if not present(course):
        return Symptom(AREA, "gradebook", State.GOOD, "none yet: the first release makes it")
    try:
        with opened(course) as book:
            people = counted(len(book.students), "student or group", "students or groups")
            found = f"{counted(len(book.assignments), 'assignment')}, {people}"
    except Refused as error:
        return Symptom(AREA, "gradebook", State.FAULT, "cannot be used", str(error))
    path = Path(db_url(course.root).removeprefix("sqlite:///").partition("?")[0])
    read_by_all = path.is_file() and path.stat().st_mode & stat.S_IROTH and not _is_closed(path)
    mend = f"Others on this machine can read all marks: run 'chmod o-r {path.name}'." if read_by_all else ""
    return judged(AREA, "gradebook", found, mend)


def _is_closed(path: Path) -> bool:
    """Whether a folder above keeps others out."""
    return any(not parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def _exchange(course: Course) -> Symptom:
    """The folder of nbgrader's own for release and hand-in; a course that collects from elsewhere needs none."""
    config = configuration(course.root)
    named = str(config.Exchange.get("root", "") or "")
    path = Path(named or _EXCHANGE)
    if not path.is_dir():
        mend = f"Make {path} (nbgrader wants it open to all: chmod 777), or name another folder." if named else ""
        return judged(AREA, "exchange", "none: collect from folders and archives" if not named else "missing", mend)
    mend = (
        f"nbgrader wants every student to write there: run 'chmod 777 {path}'." if not os.access(path, os.W_OK) else ""
    )
    return judged(AREA, "exchange", str(path), mend)


def _weeks(course: Course) -> Iterator[Symptom]:
    weeks = course.weeks()
    if not weeks:
        yield Symptom(AREA, "weeks", State.WARNING, "none yet", "Make one with 'nbviva new week1'.")
    for week in weeks:
        try:
            assignment = course.assignment(week)
        except SpecError as error:
            yield Symptom(AREA, week, State.FAULT, "cannot be read", str(error))
            continue
        handed_in = counted(len(course.groups(week)), "hand-in")
        questions = counted(len(assignment.questions), "question")
        problems = course.extensions(assignment).problems
        yield judged(AREA, week, f"{questions}, {assignment.maximum:g} points, {handed_in}", " ".join(problems))

"""Stored reports, as they are read, and which are still right. Imports nothing heavy: most calls find nothing to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from nbviva.course import Course
from nbviva.files import digest, has_seal, read_sealed, seal, write, write_sealed
from nbviva.grading.digest import Shared
from nbviva.grading.verdict import FileHead, Report
from nbviva.handin.walk import walk
from nbviva.kernel.room import Clock, Room
from nbviva.records import read
from nbviva.secret import secret_of
from nbviva.week.allowance import Allowance

_NOTEBOOK, _SEAL, _END = b' "notebook": "', b',\n "seal": "', b'"\n}'
_PASSING = re.compile(rb'^ "(?:digest|seal)": "[^"\n]*",?$', re.MULTILINE)
EARLIER = "An earlier nbviva wrote this report, without a seal: it is shown, and no mark is entered by it."


def allowed(room: Room, limits: Allowance) -> tuple[Room, Clock]:
    """Give room and clock of a week, by its `[limits]`."""
    clock = Clock().allowed(limits.cell, limits.notebook, limits.question)
    return room.allowed(limits.memory, limits.processes, clock), clock


def shared(course: Course, week: str, room: Room) -> Shared:
    """Give what the gradings of all hand-ins of a week share; an adopted week that has changed is refused."""
    course.require_as_adopted(week)
    about = course.folder(week), course.assignment(week), course.given_files(week)
    return Shared.of(*about, room, secret_of(course.root))


def fresh_groups(course: Course, week: str, groups: Sequence[str], common: Shared) -> set[str]:
    """Give those of the groups whose stored report is still right: nothing that decides it has changed."""
    return {
        group
        for group in groups
        if (report := stored_whole(course.report(week, group))) is not None
        and report.digest == common.with_handin(walk(course.submitted(week, group)), group)
    }


def stored_whole(folder: Path) -> Report | None:
    """Read a stored report that has its notebook beside it, as we wrote both; else None."""
    content = _sealed(folder)
    return _read(content) if content and _digest_of_notebook(folder) in _end(content) else None


def _digest_of_notebook(folder: Path) -> bytes:
    """Give how a report says which notebook lies beside it."""
    try:
        return _NOTEBOOK + digest((folder / "notebook.ipynb").read_bytes()).encode() + b'"'
    except OSError:
        return _NOTEBOOK + b'missing"'


def _end(content: bytes) -> bytes:
    """Give a report's last lines, which tell of its notebook and its seal."""
    return b"\n".join(content.rsplit(b"\n", 3)[1:])


def stored_report(folder: Path) -> Report | None:
    """Read a stored report; None where there is none that this version can read and that is as we wrote it.

    It is then graded anew: a report that was changed by hand, damaged, or put in another's place is nobody's.
    """
    content = _sealed(folder)
    return _read(content) if content else None


def _sealed(folder: Path) -> bytes | None:
    """Give the bytes of a report that has our seal."""
    path = folder / "report.json"
    try:
        content = path.read_bytes()
        text, _, rest = content.rpartition(_SEAL)
        return content if has_seal(text, _key(folder), path, rest.removesuffix(_END)) else None
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=512)  # a call that finds nothing to do reads each twice: is it fresh, and what does it say?
def _read(content: bytes) -> Report | None:
    try:
        return Report.from_json(content)
    except ValueError:
        return None


def earlier_report(folder: Path) -> Report | None:
    """Read a report of a version whose reports had no seal, for people to look at: no mark is entered by it."""
    try:
        content = (folder / "report.json").read_bytes()
        told = read(FileHead, content, half_characters=True)
        return None if told.format or told.seal else Report.from_json(content)
    except (OSError, ValueError):
        return None


def readable_report(folder: Path) -> Report | None:
    """Read a stored report, an earlier version's too, for people to look at."""
    return stored_report(folder) or earlier_report(folder)


def lasting(content: bytes) -> bytes:
    """Give what a report's file says of its hand-in: neither what it was made from, nor the seal on that."""
    return _PASSING.sub(b"", content)


def keep_report(folder: Path, report: Report) -> None:
    """Store a report, sealed: it is believed as long as it and the notebook beside it are as they were written."""
    path = folder / "report.json"
    text = report.to_json().encode().removesuffix(b"\n}") + b",\n" + _digest_of_notebook(folder)
    write(path, text + _SEAL + seal(text, _key(folder), path) + _END)


def is_spoilt(folder: Path) -> bool:
    """Whether there is a report that somebody has changed, it or its notebook, or that is damaged."""
    return (folder / "report.json").exists() and (stored_whole(folder) or earlier_report(folder)) is None


def _key(folder: Path) -> bytes:
    return secret_of(folder.parents[2])


def stored_transcript(folder: Path) -> bytes:
    """Read a stored transcript's bytes, as many as one may have; empty where there is none that is as we wrote it."""
    from nbviva.kernel.transcript import MAX_FILE_BYTES  # only where a transcript is looked at: it needs numpy

    return read_sealed(folder / "transcript", _key(folder), MAX_FILE_BYTES) or b""


def readable_transcript(folder: Path) -> bytes:
    """Read a stored transcript, an earlier version's too, whose transcripts had no seal: for people to look at."""
    from nbviva.kernel.transcript import EARLIER_MAGIC, MAX_FILE_BYTES

    if sealed := stored_transcript(folder):
        return sealed
    try:
        with (folder / "transcript").open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError:
        return b""
    return content if content.startswith(EARLIER_MAGIC) else b""


def keep_transcript(folder: Path, transcript: bytes) -> None:
    """Store a transcript, sealed."""
    write_sealed(folder / "transcript", transcript, _key(folder))

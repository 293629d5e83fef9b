"""Two digests: of a grading, which tells whether a report is fresh, and of a run, which tells whether a transcript is.

Equal gradings have the same hand-in, week, framework, environment and secret. For a run only that counts which a kernel
can see, or which decides what it is asked: a changed check makes a report stale, and leaves the transcript true. Of our
own files `nbviva.grading.framework` says which count.

A kernel runs the hand-in's text and ours. So a package counts for a run where one of its modules is named in that text,
where our own modules in the kernel import it, or where a package that counts requires it. Any other may come and go.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from nbviva.files import digest, digest_of_files, regular_files
from nbviva.grading.framework import RUN, imported_by, of_run, of_verdict
from nbviva.grading.packages import installed, known_modules, of_packages
from nbviva.handin.walk import HandedFile, Walk
from nbviva.kernel.room import GivenFiles, Room
from nbviva.week.deadline import NOT_LATE
from nbviva.week.feedback_rules import AS_USUAL
from nbviva.week.spec import Assignment

ALWAYS = frozenset({"IPython", "ipykernel", "matplotlib_inline", "numpy", "zmq"})  # what each kernel is made of
_WORD = re.compile(r"[^\W\d]\w*")
_NO_DATE = datetime.fromtimestamp(0, UTC)


def of_kernel(texts: Iterable[str], ours: Iterable[str] = ()) -> bytes:
    """Give the digest of the packages that count for a kernel: it runs `texts`, and modules of ours that import `ours`.

    A module that a text names counts, imported or not: there is more than one way to import.
    """
    words = {word for text in texts for word in _WORD.findall(text)}
    return of_packages((words | ALWAYS | {name.split(".")[0] for name in ours}) & known_modules())


@dataclass(frozen=True)
class Shared:
    """What gradings of a week's hand-ins share: made once for many, and then what changes makes their reports stale.

    Attributes
    ----------
    given
        The files that the release gives out.
    """

    digest: str
    given: GivenFiles
    room: Room

    @classmethod
    def of(cls, week: Path, assignment: Assignment, given: GivenFiles, room: Room, *more: bytes) -> Shared:
        """Digest the week and its data, what of ours judges, the environment, the room, and `more`.

        Dates do not count, nor what being late costs, nor what pages tell: they change no report.
        """
        undated = repr(replace(assignment, issued=_NO_DATE, due=_NO_DATE, late=NOT_LATE, feedback=AS_USUAL))
        ours = of_verdict(path.read_text("utf-8", "replace") for path in week.rglob("*.py"))
        around = (given.digest, ours, of_environment(), repr(room))
        return cls(digest(_files(week, "assignment.toml"), undated, *around, *more), given, room)

    def with_handin(self, came: Walk, group: str) -> str:
        """Give the SHA-256 (hex) of all that decides a report: this, the files of the hand-in, and the group."""
        return digest(self.digest, came.digest, group)


def of_environment() -> str:
    """Give the digest (hex) of the names and versions of all packages, and of Python's."""
    return digest(*installed(), sys.version)


def run_causes(
    came: Walk,
    files: Iterable[HandedFile],
    given: GivenFiles,
    cells: Sequence[tuple[object, ...]],
    draws: bytes,
    place: object,
    staged: Iterable[PurePosixPath] = (),
) -> dict[str, str]:
    """Give the digest (hex) of each cause of what a kernel shows and answers, by what it is.

    Parameters
    ----------
    files
        The files of the hand-in with those of its archives, which a kernel can import from.
    cells
        The code cells as they are run, in order.
    draws
        Bytes drawn from secret, week and group, in the place of these.
    place
        The room and the clock.
    staged
        Where a kernel finds those of the files that it sees.
    """
    causes: dict[str, str | bytes] = {
        "the files of the hand-in": digest(came.digest, *map(str, sorted(staged))),
        "the week's data": given.digest,
        "the notebook's given cells": repr(cells),
        "secret, week or group": draws,
        "sandbox or limits": repr(place),
        "the framework": of_run(),
        "the environment": of_kernel(_texts(files, cells), imported_by(RUN)),
    }
    return {name: digest(content)[:32] for name, content in causes.items()}


def _texts(files: Iterable[HandedFile], cells: Sequence[tuple[object, ...]]) -> Iterator[str]:
    """Give what of a hand-in runs: its notebook's cells, and the modules and notebooks that lie beside it."""
    yield from (part for cell in cells for part in cell if isinstance(part, str))
    for file in files:
        if file.path.suffix in (".py", ".ipynb"):
            yield file.content().decode(errors="replace")


def _files(folder: Path, left_out: str) -> str:
    found = (path for path in sorted(regular_files(folder)) if "__pycache__" not in path.parts)
    return digest_of_files(folder, (path for path in found if path != folder / left_out))

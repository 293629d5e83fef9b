"""Two digests: of a grading, which tells whether a report is fresh, and of a run, which tells whether a transcript is.

Equal gradings have the same hand-in, week, framework, environment and secret. For a run only that counts which a kernel
can see, or which decides what it is asked: a changed check makes a report stale, and leaves the transcript true. Of our
own files `nbviva.grading.framework` says which count.

A kernel runs the hand-in's text and ours. So a package counts for a run where one of its modules is named in that text,
where our own modules in the kernel import it, or where a package that counts requires it. Any other may come and go.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import Distribution, distributions, packages_distributions
from pathlib import Path, PurePosixPath

from nbviva.files import regular_files
from nbviva.grading.framework import RUN, files_of, of_run, of_verdict
from nbviva.handin.walk import HandedFile, Walk
from nbviva.kernel.room import GivenFiles
from nbviva.week.deadline import NOT_LATE
from nbviva.week.feedback_rules import AS_USUAL
from nbviva.week.imports import modules_of
from nbviva.week.spec import Assignment

ALWAYS = frozenset({"IPython", "ipykernel", "matplotlib_inline", "numpy", "zmq"})  # what each kernel is made of
_SITES = frozenset({"site-packages", "dist-packages"})
_WORD = re.compile(r"[^\W\d]\w*")


_IGNORED = {"__pycache__"}
_NO_DATE = datetime.fromtimestamp(0, UTC)


@cache
def installed() -> tuple[str, ...]:
    """Give the names of all folders of metadata, which are names and versions: nothing is read, so it is quick.

    nbviva's own, which a checkout may have twice, does not count: it is told by its files.
    """
    return tuple(sorted({e.name for place in _places() for e in os.scandir(place) if _says(e.name)}))


def _places() -> list[str]:
    """Give the folders on the path, but for those inside of a package, which some imports put there."""
    places = dict.fromkeys(Path(place).resolve() for place in sys.path)
    own = [place for place in places if place.is_dir() and not _SITES.intersection(place.parent.parts)]
    return [str(place) for place in own]


def _says(name: str) -> bool:
    return name.endswith((".dist-info", ".egg-info", ".egg-link")) and not name.startswith(("nbviva-", "nbviva."))


def of_kernel(texts: Iterable[str], ours: Iterable[Path]) -> bytes:
    """Give the digest of the packages that count for a kernel which runs `texts` and our modules in the files `ours`.

    A module that a text names counts, imported or not: there is more than one way to import.
    """
    modules, found = _packages()
    words = {word for text in texts for word in _WORD.findall(text)}
    imported = {name for path in ours for name in _imported(path)}
    named = (words | imported | ALWAYS) & modules.keys()
    return _of_packages(frozenset(package for module in named for package in modules[module] if package in found))


@cache
def _of_packages(names: frozenset[str]) -> bytes:
    parts = [f"{name}=={_packages()[1][name].version}" for name in sorted(closure(names))]
    return hashlib.sha256("\n".join([*parts, sys.version]).encode()).digest()


def closure(names: Iterable[str]) -> frozenset[str]:
    """Give these installed packages (by their canonical names) with all installed ones that they require."""
    _, found = _packages()
    todo, seen = [(name, "") for name in names if name in found], set[tuple[str, str]]()
    while todo:
        if (item := todo.pop()) not in seen:
            seen.add(item)
            todo += [need for need in _requires(*item) if need[0] in found]
    return frozenset(name for name, _ in seen)


@cache
def _requires(package: str, extra: str) -> tuple[tuple[str, str], ...]:
    """Give what an installed package requires (and with an extra of its own), as names and the extras asked for."""
    return tuple(_wanted(_packages()[1][package].requires or [], extra))


def _wanted(lines: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    from packaging.requirements import InvalidRequirement, Requirement  # only where transcripts are looked at

    for line in lines:
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue  # metadata from before there was a rule; such a package has no other
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield from ((_canonical(need.name), wanted) for wanted in ("", *sorted(need.extras)))


@cache
def _packages() -> tuple[dict[str, set[str]], dict[str, Distribution]]:
    """Give the packages that hold a top-level module, by its name, and the installed packages by theirs.

    nbviva is none of them: what it has in a kernel is told by its files.
    """
    found: dict[str, Distribution] = {}
    for item in distributions(path=_places()):
        found.setdefault(_canonical(item.name), item)  # the first on the path is the one that is imported
    found.pop("nbviva", None)
    holders = {module: {_canonical(name) for name in names} for module, names in packages_distributions().items()}
    return holders, found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _imported(path: Path) -> frozenset[str]:
    """Give the top-level modules that a file of ours imports anywhere."""
    return frozenset(name.split(".")[0] for name in modules_of(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Shared:
    """The part of a grading's digest that all hand-ins of a week share: made once for many."""

    digest: bytes

    @classmethod
    def of(cls, week: Path, assignment: Assignment, data: Path, *more: bytes) -> Shared:
        """Digest the week and its data, what of ours judges, the environment, and `more`.

        Dates do not count, nor what being late costs, nor what pages tell: they change no report.
        """
        undated = repr(replace(assignment, issued=_NO_DATE, due=_NO_DATE, late=NOT_LATE, feedback=AS_USUAL)).encode()
        ours = of_verdict(path.read_text("utf-8", "replace") for path in week.rglob("*.py")).encode()
        parts = (_files(week, "assignment.toml"), undated, _files(data), ours, _environment())
        return cls(_digest((*parts, *more)))

    def with_handin(self, came: Walk, group: str) -> str:
        """Give the SHA-256 (hex) of all that decides a report: this, the files of the hand-in, and the group."""
        return _digest((self.digest, came.digest, os.fsencode(group))).hex()


def of_environment() -> str:
    """Give the digest (hex) of the names and versions of all packages, and of Python's."""
    return _digest((_environment(), sys.version.encode())).hex()


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
    causes = {
        "the files of the hand-in": _digest((came.digest, *map(os.fsencode, sorted(staged)))),
        "the week's data": _digest(_told(given.folder, given.files)),
        "the notebook's given cells": repr(cells).encode("utf-8", "surrogateescape"),
        "secret, week or group": draws,
        "sandbox or limits": repr(place).encode(),
        "the framework": of_run().encode(),
        "the environment": of_kernel(_texts(files, cells), files_of(RUN)),
    }
    return {name: hashlib.sha256(content).hexdigest()[:32] for name, content in causes.items()}


def _texts(files: Iterable[HandedFile], cells: Sequence[tuple[object, ...]]) -> Iterator[str]:
    """Give what of a hand-in runs: its notebook's cells, and the modules and notebooks that lie beside it."""
    yield from (part for cell in cells for part in cell if isinstance(part, str))
    for file in files:
        if file.path.suffix in (".py", ".ipynb"):
            yield file.content().decode(errors="replace")


def _files(folder: Path, left_out: str = "") -> bytes:
    found = (path for path in sorted(regular_files(folder)) if not _IGNORED.intersection(path.parts))
    return _digest(_told(folder, (path for path in found if path != folder / left_out)))


def _told(folder: Path, paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        yield from (str(path.relative_to(folder)).encode(errors="surrogateescape"), _content(path))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        return b"unreadable"


def _environment() -> bytes:
    return _digest(name.encode() for name in installed())


def _digest(parts: Iterable[bytes]) -> bytes:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.digest()

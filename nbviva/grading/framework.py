"""Which of our own files decide what: a run, a verdict, a page; by what the functions import that make these.

A change in any file that a kernel is run and asked with makes transcripts untrue. One in any other that judges makes
reports stale, which the transcripts answer again. One in what only records and shows makes pages anew, and no more.

What a file imports is read by a pattern, which takes a moment for all files where a parser takes half a second: it may
find too much, in a docstring, and then too much is made anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

NBVIVA = Path(__file__).parents[1]
# What runs a notebook and asks it starts here: inside, the agent, or the process that kernels are forked from; outside,
# the student's kernel, its sandbox of either kind, the files that it finds, and how often it is run.
RUN = (
    "nbviva.inside.agent", "nbviva.inside.filtered", "nbviva.inside.forking", "nbviva.kernel.kernel",
    "nbviva.kernel.room",
    "nbviva.sandbox.container", "nbviva.sandbox.fork_server", "nbviva.sandbox.provisioner",
    "nbviva.tester.program", "nbviva.grading.runs",
)  # fmt: skip
# What judges a hand-in; the reader of PDFs is a program of its own, and a week's checks import the others.
VERDICT = (*RUN, "nbviva.grading.stored", "nbviva.handin.pdf", "nbviva.author", "nbviva.ml")
# What writes marks into the gradebook, and pages.
PAGE = (*VERDICT, "nbviva.gradebook.record", "nbviva.feedback.nbgrader")
_IGNORED = {"__pycache__"}
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))", re.MULTILINE)
_NAME = re.compile(r"[\w.]+")


def of_framework() -> str:
    """Give the digest (hex) of all files of ours."""
    return _digest(sorted(path for path in NBVIVA.rglob("*") if path.is_file() and not _IGNORED & {*path.parts}))


def of_run() -> str:
    """Give the digest (hex) of what decides what a kernel shows and answers."""
    return _of(RUN)


def of_verdict(week: Iterable[str] = ()) -> str:
    """Give the digest (hex) of what decides a report; `week` are the texts of a week's files, which import of ours."""
    named = (name for text in week for name in _imported(text))
    return _of((*VERDICT, *sorted({name for name in named if name.startswith("nbviva.")})))


def of_page() -> str:
    """Give the digest (hex) of what decides what is recorded of a report, and shown."""
    return _of(PAGE)


@cache
def files_of(entries: tuple[str, ...]) -> tuple[Path, ...]:
    """Give the files of these modules and of all of ours that they import; and what else lies in a room of theirs."""
    todo, found = list(entries), dict[str, Path]()
    while todo:
        name = todo.pop()
        if name in found or not (path := _file(name)):
            continue
        found[name] = path
        todo += [name.rpartition(".")[0], *_imports_of(path)]
    rooms = {path.relative_to(NBVIVA).parts[0] for path in found.values()}
    return tuple(sorted({*found.values(), *(path for room in rooms for path in _beside(room))}))


@cache
def _of(entries: tuple[str, ...]) -> str:
    return _digest(files_of(entries))


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        for part in (path.relative_to(NBVIVA).as_posix().encode(), path.read_bytes()):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def _beside(room: str) -> Iterator[Path]:
    """Give what lies in a room beside modules: templates, styles."""
    for path in (NBVIVA / room).rglob("*"):
        if path.suffix != ".py" and path.is_file() and not _IGNORED & {*path.parts}:
            yield path


@cache
def _file(name: str) -> Path | None:
    if name.partition(".")[0] != NBVIVA.name:
        return None
    place = NBVIVA.joinpath(*name.split(".")[1:])
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def _imports_of(path: Path) -> frozenset[str]:
    return frozenset(_imported(path.read_text("utf-8")))


def _imported(text: str) -> Iterator[str]:
    """Give each module that a text imports, and each name that it takes from one, which may be a module too."""
    for module, names, modules in _IMPORT.findall(text):
        if module:
            yield module
            yield from (f"{module}.{name}" for name in _NAME.findall(names))
        else:
            yield from _NAME.findall(modules)

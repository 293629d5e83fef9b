"""Which of our own files decide what: a run, a verdict, a page; by what the functions import that make these.

A change in any file that a kernel is run and asked with makes transcripts untrue. One in any other that judges makes
reports stale, which the transcripts answer again. One in what only records and shows makes pages anew, and no more.

What a file imports is read by a pattern, which takes a moment for all files where a parser takes half a second: it may
find too much, in a docstring, and then too much is made anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from nbviva.files import digest_of

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
    return _digest(map(Path, _files(NBVIVA)))


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
    modules, todo, found = _modules(), list(entries), set[str]()
    while todo:
        name = todo.pop()
        if name in modules and name not in found:
            found.add(name)
            todo += [name.rpartition(".")[0], *_imports_of(modules[name])]
    files = {modules[name] for name in found}
    rooms = {os.path.relpath(file, NBVIVA).partition(os.sep)[0] for file in files}
    beside = {
        file for room in rooms if (NBVIVA / room).is_dir() for file in _files(NBVIVA / room) if file[-3:] != ".py"
    }
    return tuple(map(Path, sorted(files | beside)))


@cache
def imported_by(entries: tuple[str, ...]) -> frozenset[str]:
    """Give the modules that these files import, wherever they come from."""
    return frozenset(name for file in files_of(entries) if file.suffix == ".py" for name in _imports_of(str(file)))


@cache
def _of(entries: tuple[str, ...]) -> str:
    return _digest(files_of(entries))


def _digest(paths: Iterable[Path]) -> str:
    root = len(str(NBVIVA))
    return digest_of(part for path in map(str, paths) for part in (path[root:], _content(path)))


@cache
def _content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - of some hundred files at each call, which paths take twice as long for
        return file.read()


@cache
def _modules() -> dict[str, str]:
    """Give the file of each module of ours, by its full name; a package's own by the package's."""
    start, names = len(str(NBVIVA)) - len(NBVIVA.name), dict[str, str]()
    for file in _files(NBVIVA):
        if file[-3:] == ".py":
            names[file[start:-3].replace(os.sep, ".").removesuffix(".__init__")] = file
    return names


@cache
def _files(folder: Path) -> tuple[str, ...]:
    """Give the files in a folder and below it, sorted; no caches."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _IGNORED]
        found += [os.path.join(place, name) for name in names]  # noqa: PTH118 - as above
    return tuple(sorted(found))


@cache
def _imports_of(file: str) -> frozenset[str]:
    return frozenset(_imported(_content(file).decode()))


def _imported(text: str) -> Iterator[str]:
    """Give each module that a text imports, and each name that it takes from one, which may be a module too."""
    for module, names, modules in _IMPORT.findall(text):
        if module:
            yield module
            yield from (f"{module}.{name}" for name in _NAME.findall(names))
        else:
            yield from _NAME.findall(modules)

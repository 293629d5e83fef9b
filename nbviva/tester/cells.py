"""Running one test cell after another, and how each ended."""

from __future__ import annotations

import contextlib
from numbers import Number
from typing import Any

from IPython.utils.capture import capture_output

from nbviva.tester.asking import OtherSide
from nbviva.tester.figures import Figures
from nbviva.tester.files import Files
from nbviva.tester.namespace import TestNamespace
from nbviva.tester.notes import Notes
from nbviva.tester.ownership import NotebookNames
from nbviva.tester.patches import Patches
from nbviva.tester.proxies import is_proxy
from nbviva.tester.sources import give_sources

MOST_PRINTED = 20_000
MOST_TEXT = 2000


class TestRunner:
    """Runs the test cells of a notebook in one namespace."""

    def __init__(self, shell: Any, side: OtherSide) -> None:
        self._shell, self._side, self._names = shell, side, NotebookNames([])
        side.files, side.patches = Files(side), Patches(shell.user_ns)
        self._patches, self._figures = side.patches, Figures(side)
        give_sources(lambda: self._side.sources)
        shell.showtraceback = shell.showsyntaxerror = _nothing  # how a cell ended is told as data
        self._namespace: TestNamespace = shell.user_ns

    def begin(self, names: NotebookNames) -> None:
        """Know a notebook."""
        self._names = names
        self._namespace.begin(self._side, names)

    def run(self, name: str, sources: list[str], allowed: frozenset[str]) -> tuple[Any, ...]:
        """Run a cell, and give how it ended: error, text of the error, what it shows, what it printed; and the notes.

        Parameters
        ----------
        sources
            The texts of the hand-in's code cells up to here.
        """
        place, cell = next((at, cell) for at, cell in enumerate(self._names.cells) if cell.name == name)
        notes = self._side.notes = Notes(allowed)
        self._side.sources = sources
        self._side.seeds.begin(cell.text)
        dict.__setitem__(self._namespace, "In", ["", *sources, cell.text])
        error: BaseException | None = None
        shown = ""
        with capture_output() as captured:
            try:
                self._namespace.enter(place)
                self._patches.begin(cell.text)
                self._figures.begin(cell.text)
                error, shown = self._run(cell.text)
            except BaseException as raised:  # noqa: BLE001 - a locked cell that was run for its names may raise anything
                error = raised
        kind, text = _told(error, notes)
        lists = (list(notes.failures), list(notes.decided), list(notes.operations), list(notes.unequal))
        return kind, text, shown, captured.stdout[:MOST_PRINTED], *lists, list(notes.refused)

    def _run(self, text: str) -> tuple[BaseException | None, str]:
        self._side.guard.begin(self._side.notes.fail)
        self._side.is_asked = True
        try:
            result = self._shell.run_cell(text, store_history=False)
        finally:
            self._side.guard.end()
            self._side.is_asked = False
        error = result.error_before_exec or result.error_in_exec
        return error, "" if error else _shown(result.result)


def _shown(value: Any) -> str:
    """Give the text of a number that a cell shows at its end; of all else nothing, since it is no partial credit."""
    return "" if is_proxy(value) or not isinstance(value, Number) else repr(value)[:MOST_TEXT]


def _told(error: BaseException | None, notes: Notes) -> tuple[str, str]:
    """Give the kind of an error and its text; a question without an answer fails the cell, whatever it made of it."""
    if notes.failures:
        return "NotAnswered", notes.failures[0][:MOST_TEXT]
    if error is None:
        return "", ""
    with contextlib.suppress(Exception):
        return type(error).__name__, str(error)[:MOST_TEXT].encode("utf-8", "replace").decode()
    return type(error).__name__, ""


def _nothing(*_: Any, **__: Any) -> None:
    """Show nothing."""

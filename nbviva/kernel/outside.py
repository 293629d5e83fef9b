"""Test cells that run outside of the student's kernel: in a tester, whose questions are carried to the kernel.

The tester is a sandboxed kernel of its own with the instructor's files. It holds no connection to the student's: what
it asks comes here as frames, goes to the student's kernel by the one session that there is, and the frames of the
answer go back. Nothing of them is read here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from nbviva.inside import Frames, Unreadable, decode, encode
from nbviva.kernel.asking import Said
from nbviva.kernel.room import GivenFiles, stage
from nbviva.kernel.student import NoAnswer, TimedOut
from nbviva.notebooks import NotebookNode, new_output
from nbviva.sandbox import scratch
from nbviva.tester.ownership import SourceCell

PROGRAM = "nbviva.tester.program"
_LEAST_SECONDS = 5.0  # for a test to end, when its time is over
FOR_PERSON = "ForPerson"  # the name of the error that leaves a cell to a person
ENDED = "TestEnded"  # of an error that ended the tester


@dataclass(frozen=True)
class OutsideTests:
    """The test cells of a notebook that run outside.

    Attributes
    ----------
    cells
        The code cells of the source notebook; those that are graded have the names of their questions.
    allowed
        By the name of a question, what objects of the instructor's solution compute in it.
    files
        What lies beside the notebooks.
    """

    cells: tuple[SourceCell, ...]
    files: GivenFiles
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def told(self) -> str:
        """All that decides how they end, but for the files, as one text."""
        return repr((self.cells, sorted(self.allowed.items())))

    def cell(self, name: str | None) -> SourceCell | None:
        """Give the test cell of this question, if it runs outside."""
        return next((cell for cell in self.cells if cell.outside and cell.name == name), None)


@dataclass(frozen=True)
class TestRun:
    """How a test cell ended: its error, the number that it shows, what it printed, and what was noted meanwhile."""

    __test__ = False  # it is no test of pytest's

    error: str = ""
    text: str = ""
    shown: str = ""
    printed: str = ""
    failures: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    unequal: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Speaker(Protocol):
    """A kernel that can be spoken with, as the tester and the student's kernel are."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def say(self, frames: Frames, seconds: float) -> Said:
        """Say something, and give what is said next; raises `NoAnswer` alone."""

    def give_up(self) -> None:
        """Let an open question be."""


class Tester:
    """Runs test cells in a process that is started when the first one comes, and again if one has ended it."""

    def __init__(self, tests: OutsideTests, start: Callable[[Path], Speaker]) -> None:
        self._tests, self._start = tests, start
        self._open = contextlib.ExitStack()
        self._process: Speaker | None = None
        self.runs: dict[str, TestRun] = {}  # by the names of their questions

    def cell(self, name: str | None) -> SourceCell | None:
        """Give the test cell of this question, if it runs outside."""
        return self._tests.cell(name)

    def run(self, student: Speaker, cell: SourceCell, sources: list[str], seconds: float) -> TestRun:
        """Run a test cell; `sources` are the texts of the hand-in's code cells up to it.

        Raises
        ------
        StartFailed
            If there is no tester: that is our fault.
        """
        end = time.monotonic() + seconds
        question = encode(("test", cell.name, sources, list(self._tests.allowed.get(cell.name, ()))))
        try:
            process = self._begun(seconds)
            said = process.say(question, seconds)
            while said.asks_back:
                answer = _carried(student, said.frames, end - time.monotonic())
                said = process.say(answer, max(_LEAST_SECONDS, end - time.monotonic()))
                if time.monotonic() > end + _LEAST_SECONDS:
                    raise TimedOut(f"It took longer than its {seconds:.0f} s.")
            found = _read(said.frames)
        except (NoAnswer, Unreadable) as error:
            self.close()
            found = TestRun(ENDED, str(error))
        student.give_up()
        self.runs[cell.name] = found
        return found

    def _begun(self, seconds: float) -> Speaker:
        if self._process is None:
            folder = Path(self._open.enter_context(scratch.folder()))
            stage((), self._tests.files, folder)
            self._process = self._open.enter_context(self._start(folder))
            cells = [(str(cell.role), cell.name, cell.text, cell.outside) for cell in self._tests.cells]
            self._process.say(encode(("begin", cells)), seconds)
        return self._process

    def close(self) -> None:
        """End the process; the next cell begins another."""
        self._open.close()
        self._process = None


def _carried(student: Speaker, frames: Frames, seconds: float) -> Frames:
    """Carry what the tester says to the student's kernel, and give what is to go back."""
    try:
        if seconds <= 0:
            raise TimedOut("There was no time left.")
        return student.say(frames, seconds).frames
    except NoAnswer as error:
        student.give_up()
        return encode(("failed", str(error)))


def _read(frames: Frames) -> TestRun:
    said = decode(frames)
    if type(said) is not tuple or len(said) != 1 + len(fields(TestRun)) or said[0] != "ended":
        raise Unreadable("the tester's answer is malformed")
    error, text, shown, printed, *lists = said[1:]
    return TestRun(error, text, shown, printed, *(tuple(map(str, items)) for items in lists))


def outputs_of(run: TestRun) -> list[NotebookNode]:
    """Give what a test cell shows in the notebook: how it ended, by which it is judged."""
    found = [new_output("stream", name="stdout", text=run.printed)] if run.printed else []
    if run.refused:
        return [
            *found,
            _error(FOR_PERSON, f"Outside of its kernel the hand-in was refused something: {run.refused[0]}"),
        ]
    if run.error:
        return [*found, _error(run.error, run.text + _why_unequal(run))]
    if run.decided:
        return [*found, _error(FOR_PERSON, f"Something of the hand-in's own decided: {run.decided[0]}.")]
    if run.shown:
        found.append(new_output("execute_result", data={"text/plain": run.shown}))
    return found


def _error(name: str, text: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}" if text else name])


def _why_unequal(run: TestRun) -> str:
    if not run.unequal:
        return ""
    return f" (An object of the class {run.unequal[0]} was compared with plain data, which it is not.)"

"""A sitting: a notebook that is run and then asked, in a kernel or from a transcript; grading cannot tell which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from nbviva.kernel.student import Student
from nbviva.notebooks import NotebookNode

StandIn = Callable[[], Mapping[str, object]]
NO_STAGES: Mapping[int, str] = MappingProxyType({})
Tell = Callable[[str], None]  # is told in a few words what is being done


class StartFailed(RuntimeError):
    """The kernel could not be started: our fault, not the student's. The text says what to do."""


def untold(doing: str) -> None:
    """Tell nobody."""
    del doing


@dataclass(frozen=True)
class RunEnd:
    """How a run ended, when its verdicts stood: all that decides whether the hand-in is run again.

    Attributes
    ----------
    died
        Whether the kernel was gone before everything was asked.
    cell, asker
        Where: the index of the cell that ran; else on whose behalf the question was asked.
    by_limit
        Whether we ended the kernel, since it went on beyond a limit of time and could not be interrupted.
    starved
        Whether a limit of time was reached since the machine was busy.
    last
        Whether who asked had been put last, since it was known to end kernels.
    """

    died: bool = False
    cell: int | None = None
    asker: str = ""
    by_limit: bool = False
    starved: bool = False
    last: bool = False


class NotebookRun(Protocol):
    """A notebook that is run and then asked, as kernel and sitting have in common."""

    student: Student

    @property
    def kept_in(self) -> str:
        """How the student's code was kept apart."""

    @property
    def death(self) -> str:
        """Why the kernel ended early, or empty."""

    @property
    def left_out(self) -> str:
        """Why a cell was not run, perhaps with all after it; or empty."""

    @property
    def dropped(self) -> int:
        """The number of messages that were none."""

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] | None = NO_STAGES
    ) -> None:
        """Run the code cells in order, mark the stages, and leave the cells' harmless outputs in the notebook."""


class Kernel(NotebookRun, Protocol):
    """What a sitting needs of a kernel."""

    @property
    def end(self) -> RunEnd:
        """How the run has ended so far; `asker` is nobody's, since a kernel does not know who asks."""


class Sitting(NotebookRun, Protocol):
    """What grading needs of a kernel that is listened to, or of what is in its place."""

    last: str  # the check, fixture or question that is asked last, since it ended an earlier kernel; or empty

    def settle(self, unasked: Iterable[Callable[[], None]]) -> None:
        """Called when all verdicts stand, with calls that ask what was left unasked."""

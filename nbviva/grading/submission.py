"""What grading takes, and what it gives: a hand-in with all that decides its mark, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from nbviva.adopt.outside import outside_tests
from nbviva.grading.runs import Turn
from nbviva.grading.verdict import Report
from nbviva.handin.door import Handin
from nbviva.kernel.outside import OutsideTests
from nbviva.kernel.room import Clock, GivenFiles, Room
from nbviva.kernel.sitting import Tell, untold
from nbviva.notebooks import NotebookNode
from nbviva.week.draws import Draw
from nbviva.week.week import Week


@dataclass(frozen=True)
class Submission:
    """What is to be graded: a hand-in.

    Attributes
    ----------
    given
        The files that the release gives out.
    part
        While a notebook of several is run and asked: what of the week concerns it.
    runs_shown
        Whether cells that are only shown are run, too.
    """

    handin: Handin
    given: GivenFiles
    draw: Draw
    digest: str = ""
    room: Room = field(default_factory=Room)
    clock: Clock = field(default_factory=Clock)
    tell: Tell = field(default=untold, repr=False)
    turn: Turn = field(default_factory=Turn)
    part: Week | None = field(default=None, repr=False)
    runs_shown: bool = False

    @property
    def week(self) -> Week:
        """For which week it was handed in; while a notebook of several is run and asked, what concerns that one."""
        return self.part or self.handin.week

    @cached_property
    def tests(self) -> OutsideTests | None:
        """The test cells that run outside of the student's kernel."""
        return outside_tests(self.week, self.given)

    @cached_property
    def staged(self) -> tuple[tuple[Path, PurePosixPath], ...]:
        """What a kernel may see of the hand-in, each file with its path there."""
        return tuple(self.handin.staged())


@dataclass(frozen=True)
class Graded:
    """What grading a hand-in gave: its report, its notebook as it ran with harmless outputs, and its transcript.

    The transcript is empty where the kernel did not start: there is nothing to replay.
    """

    report: Report
    notebook: NotebookNode
    transcript: bytes

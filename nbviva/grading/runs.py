"""How often a hand-in is run: the one table of what follows when a kernel dies or a limit of time is reached.

| what happened | what follows |
| --- | --- |
| an orderly exit (`quit`, `sys.exit`, a restart) | made harmless by `nbviva.inside.agent`: the notebook goes on |
| death in a cell, or while it is asked | run again, who asked then asked last; if it lives, that run counts |
| death in the same cell again | asked as the notebook stood before that cell; a test cell alone is left out |
| death at the same question again | that question has no answer; all others had been asked before |
| a cell, or a question, that cannot be interrupted at its limit | the same, but the cell is not tried again |
| a limit reached since the machine was busy | run again, alone; busy again: a person |
| two runs that end in different ways | a person |

So no hand-in has more than one second run; only where a cell ended both of them, the cells before it are run a third
time, for the questions. That cannot be spared: the two runs ended with their kernels, and a notebook cannot be asked
before a cell that may yet live, for later cells would have seen the questions. Stopping before the cell at once would
cost a hand-in its rest whenever something else had ended its kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nbviva.kernel.sitting import RunEnd

BUSY = (
    "A limit of time was reached twice while the machine was too busy to run the notebook: grade it again when the "
    "machine has time."
)
DISAGREE = "The kernel ended in different ways each time that the notebook was run."


class TooBusy(Exception):
    """A limit was reached since the machine was busy: the hand-in is to be run again when nothing else is."""


@dataclass(frozen=True)
class Step:
    """How a hand-in is run next, or that its last run counts.

    Attributes
    ----------
    again
        Whether it is run again.
    alone
        Whether nothing else should run beside it.
    until
        The index of the cell before which it stops.
    last
        The check, fixture or question that is asked last.
    doubt
        Why a person decides, although the last run counts.
    """

    again: bool = False
    alone: bool = False
    until: int | None = None
    last: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class Turn:
    """When a hand-in is run.

    Attributes
    ----------
    ends
        How it was run before and ended, where that does not count.
    alone
        Whether nothing else of ours runs beside it.
    waited
        Seconds that it waited for a worker.
    """

    ends: tuple[RunEnd, ...] = ()
    alone: bool = True
    waited: float = 0.0


Found = TypeVar("Found")
FIRST = Step(again=True)
COUNTS = Step()


def held(run: Callable[[Step], tuple[Found, RunEnd]], turn: Turn) -> tuple[Found, str]:
    """Run a hand-in until a run counts; give what that found, and why a person decides all the same, or nothing.

    Raises
    ------
    TooBusy
        If it has to be run again alone, and is not.
    """
    before = list(turn.ends)
    step = follows(before) if before else FIRST
    while True:
        found, end = run(step)
        before.append(end)
        step = follows(before)
        if not step.again:
            return found, step.doubt
        if step.alone and not turn.alone:
            raise TooBusy


def follows(ends: Sequence[RunEnd]) -> Step:
    """Give what follows after runs that ended so."""
    last = ends[-1]
    if last.starved:
        return Step(again=True, alone=True) if len(ends) == 1 else Step(doubt=BUSY)
    if not last.died:
        return COUNTS
    if len(ends) == 1:
        return _after_a_death(last)
    if last.last:
        return COUNTS
    return _after_two(ends) if len(ends) == 2 else Step(doubt=DISAGREE)


def _after_a_death(end: RunEnd) -> Step:
    if end.by_limit and end.cell is not None:
        return Step(again=True, until=end.cell)
    return Step(again=True, last=end.asker)


def _after_two(ends: Sequence[RunEnd]) -> Step:
    first, second = ((end.died, end.cell) for end in ends)
    if first != second or ends[1].cell is None:
        return Step(doubt=DISAGREE)
    return Step(again=True, until=ends[1].cell)

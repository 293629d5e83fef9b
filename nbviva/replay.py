"""Answer from a transcript: today's checks ask, and what the kernel answered when it was asked the same is given.

Why that is sound. A question's frames hold its seed, and seeds come from secret, week, group and the asker's name, one
after the other. So equal frames from the same asker are the same question at the same place of that check's questions,
asked with the student's random generators in the same state. Numbers of objects that stayed in the kernel come with the
recorded answers, so what is asked of them matches, too. What changes a kernel for all that follows (a variable that was
set, a question that hung, a death) has to have happened again, in the same order, before a later answer counts. While
the notebook ran exactly the same must have been asked, since cells ran on in between. All else is `NotAsked`.

Where it is not sound: a notebook whose functions remember, across checks, what they were called with. If today's check
asks less than it did, a later check gets the answer of a notebook that was asked more. The answer was really given, but
a fresh run might give another one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

from nbviva.codec import Frames
from nbviva.notebooks import NotebookNode, copy
from nbviva.sitting import NO_STAGES, StandIn
from nbviva.student import NoAnswer, Student, Transport, listen
from nbviva.transcript import FAILURES, Exchange, Transcript, by_question, digest_of


class NotAsked(BaseException):
    """The transcript cannot answer; the text says why. It is for `nbviva.regrade`, which starts a kernel then.

    It is no `Exception`, so that neither a check nor the examiner makes a verdict of it.
    """


class ReplayStudent:
    """A sitting that was held before: it runs nothing and answers from its transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self._ran, self._exchanges = transcript.ran, transcript.exchanges
        self._waiting = by_question(self._exchanges)
        none: tuple[str, ...] = ()
        self._before = tuple(
            accumulate(self._exchanges, _turned, initial=none)
        )  # what had changed the kernel before each exchange, and at the end
        self._turns: tuple[str, ...] = ()
        self._used: set[int] = set()
        self.student = Student(_nobody)
        listen(self.student, self._answer)

    @property
    def kept_in(self) -> str:
        """As it was."""
        return self._ran.kept_in

    @property
    def death(self) -> str:
        """As it was; what killed the kernel has to have been asked again."""
        if self._turns == self._before[self._ran.settled]:
            return self._ran.death
        if self._turns == self._before[-1]:
            return self._ran.last_death
        raise NotAsked("Something is not asked any more that had changed or ended the kernel.")

    @property
    def dropped(self) -> int:
        """As it was."""
        return self._ran.dropped

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] = NO_STAGES
    ) -> None:
        """Put the outputs that the cells had in their places, and let the stand-ins ask what they asked."""
        del stages  # each question says its own
        for index in self._ran.called:
            if index not in stand_ins:
                raise NotAsked("A cell that was stood in for has to be run.")
            with contextlib.suppress(NoAnswer):
                for name, value in stand_ins[index]().items():
                    self.student[name] = value
        if self._used != set(range(self._ran.asked)):
            raise NotAsked("While the notebook ran something was asked that is not asked any more.")
        for index, outputs in self._ran.outputs.items():
            notebook.cells[index].outputs = [copy(output) for output in outputs]

    def settle(self, unasked: Iterable[Callable[[], None]]) -> None:
        """Ask no more."""

    def _answer(self, transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        del transport
        who = f"`{asker}`" if asker else "A stand-in"
        waiting = self._waiting.get((asker, digest_of(frames)))
        if not waiting:
            raise NotAsked(f"{who} asks something new.")
        place = waiting.popleft()
        exchange = self._exchanges[place]
        if self._turns != self._before[place]:
            raise NotAsked(f"{who} asks after something else has happened to the kernel.")
        if seconds != exchange.limit and (exchange.failure or exchange.seconds > seconds):
            raise NotAsked(f"{who} has another limit of time.")
        self._used.add(place)
        self._turns = _turned(self._turns, exchange)
        if exchange.failure:
            raise FAILURES[exchange.failure](exchange.sentence)
        if exchange.answer is None:
            raise NotAsked(f"{who} got an answer that was too large to be kept.")
        return exchange.answer


def _turned(before: tuple[str, ...], exchange: Exchange) -> tuple[str, ...]:
    return (*before, exchange.digest) if exchange.is_turning else before


def _nobody(frames: Frames, seconds: float) -> Frames:
    raise NotImplementedError(frames, seconds)

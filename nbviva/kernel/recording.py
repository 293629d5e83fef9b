"""A sitting written down as it happens, at the transport, and played back: neither a kernel nor a check knows of it.

Why playing back is sound. A question's frames hold its seed, and seeds come from secret, week, group and the asker's
name, one after the other. So equal frames from the same asker are the same question at the same place of that check's
questions, asked with the student's random generators in the same state. Numbers of objects that stayed in the kernel
come with the recorded answers, so what is asked of them matches, too. What changes a kernel for all that follows (a
variable that was set, a question that hung, a death) has to have happened again, in the same order, before a later
answer counts. While the notebook ran exactly the same must have been asked, since cells ran on in between. All else is
`NotAsked`.

Where it is not sound: a notebook whose functions remember, across checks, what they were called with. If today's check
asks less than it did, a later check gets the answer of a notebook that was asked more. The answer was really given, but
a fresh run might give another one.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import accumulate

from nbviva.inside import Frames
from nbviva.kernel.brief import question
from nbviva.kernel.outputs import clean
from nbviva.kernel.sitting import NO_STAGES, Kernel, RunEnd, StandIn, Tell, untold
from nbviva.kernel.student import Died, NoAnswer, Student, TimedOut, Transport, listen
from nbviva.kernel.transcript import FAILURES, Exchange, Ran, Transcript, by_question, digest_of
from nbviva.notebooks import NotebookNode, copy

SMALL_BYTES = 4096  # a question up to this is kept in full
MOST_BYTES = 48 << 20  # of all answers; what goes beyond is not kept, and then not replayed
_TURNING = tuple(f'["tuple","{operation}",'.encode() for operation in ("write", "mute", "unmute"))


class Recorder:
    """A sitting in a kernel, whose questions and answers are written down; one of so many that share a file."""

    def __init__(self, kernel: Kernel, last: str = "", among: int = 1, tell: Tell = untold) -> None:
        self._kernel, self.last, self._tell = kernel, last, tell
        self.end, self._forgotten = RunEnd(), False
        self._left = MOST_BYTES // among
        self._exchanges: list[Exchange] = []
        self._called: list[int] = []
        self._asked = self._settled = 0
        self._death = ""
        self._known: dict[tuple[str, str], deque[int]] = {}
        self._outputs: dict[int, list[NotebookNode]] = {}
        self.student, self.kept_in = kernel.student, kernel.kept_in
        listen(self.student, self._record)

    @property
    def death(self) -> str:
        """As the kernel says."""
        return self._kernel.death

    @property
    def left_out(self) -> str:
        """As the kernel says."""
        return self._kernel.left_out

    @property
    def dropped(self) -> int:
        """As the kernel says."""
        return self._kernel.dropped

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] | None = NO_STAGES
    ) -> None:
        """Let the notebook run, and keep the harmless part of what its cells show."""
        self._kernel.run(notebook, {index: self._noting(index, call) for index, call in stand_ins.items()}, stages)
        self._asked = len(self._exchanges)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                cell.outputs = self._outputs[index] = clean(cell.outputs)

    def settle(self, unasked: Iterable[Callable[[], None]]) -> None:
        """Note where the verdicts stood; then let checks ask on, until one question fails.

        What was asked before is answered as it was, so that nothing is asked twice. A death meanwhile is forgotten with
        its question: nobody's mark hangs on it, and a replay that asks it starts a kernel.
        """
        self._settled, self._death, self.end = len(self._exchanges), self.death, self._ended()
        for ask in unasked:
            if any(exchange.failure for exchange in self._exchanges):
                break
            self._known = by_question(self._exchanges)
            ask()
        asked_on = enumerate(self._exchanges[self._settled :], start=self._settled)
        deadly = [place for place, exchange in asked_on if exchange.failure == Died.__name__]
        if deadly:
            del self._exchanges[deadly[0] :]
            self._forgotten = True

    def _ended(self) -> RunEnd:
        end = self._kernel.end
        failed = [item.asker for item in self._exchanges if item.failure in (Died.__name__, TimedOut.__name__)]
        dead = [item.asker for item in self._exchanges if item.failure == Died.__name__]
        if not end.died or end.cell is not None:
            return end
        return replace(end, asker=failed[-1] if end.by_limit and failed else dead[0] if dead else "")

    def transcript(
        self, causes: Mapping[str, str], seconds: float, memory: int = 0, times: Mapping[str, float] | None = None
    ) -> Transcript:
        """Give what was written down until now, and what it took: seconds, and bytes at the most."""
        ran = Ran(
            causes=causes,
            kept_in=self.kept_in,
            death=self._death,
            last_death=self._death if self._forgotten else self.death,
            left_out=self.left_out,
            last=self.last,
            dropped=self.dropped,
            called=tuple(self._called),
            asked=self._asked,
            settled=self._settled,
            outputs=self._outputs,
            seconds=round(seconds, 3),
            memory=memory,
            times=dict(times or {}),
        )
        return Transcript(ran, tuple(self._exchanges))

    def _noting(self, index: int, call: StandIn) -> StandIn:
        def noted() -> Mapping[str, object]:
            self._called.append(index)
            return call()

        return noted

    def _record(self, transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        digest = digest_of(frames)
        known = self._known.get((asker, digest))
        if known and (answer := self._exchanges[known.popleft()].answer) is not None:
            return answer
        self._tell(f"asking for {asker}")
        began = time.monotonic()
        exchange = Exchange(asker, digest, *_question(frames), seconds, 0.0, bytes(frames[0]).startswith(_TURNING))
        try:
            given = transport(frames, seconds)
            exchange = replace(exchange, answer=self._kept(given))
        except NoAnswer as error:
            exchange = replace(exchange, failure=type(error).__name__, sentence=str(error))
            raise
        finally:
            self._exchanges.append(replace(exchange, seconds=round(time.monotonic() - began, 4)))
        return given

    def _kept(self, answer: Frames) -> tuple[bytes, ...] | None:
        size = sum(map(len, answer))
        if size > self._left:
            return None
        self._left -= size
        return tuple(bytes(frame) for frame in answer)


def _question(frames: Frames) -> tuple[tuple[bytes, ...], str]:
    """Give a small question in full, or a large one in brief."""
    if sum(map(len, frames)) <= SMALL_BYTES:
        return tuple(bytes(frame) for frame in frames), ""
    return (), question(frames)


class NotAsked(BaseException):
    """The transcript cannot answer; the text says why. It is for `nbviva.grading.regrade`, which starts a kernel then.

    It is no `Exception`, so that neither a check nor the examiner makes a verdict of it.
    """


class ReplayStudent:
    """A sitting that was held before: it runs nothing and answers from its transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self._ran, self._exchanges = transcript.ran, transcript.exchanges
        self.last = transcript.ran.last
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
    def left_out(self) -> str:
        """As it was."""
        return self._ran.left_out

    @property
    def dropped(self) -> int:
        """As it was."""
        return self._ran.dropped

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] | None = NO_STAGES
    ) -> None:
        """Put the outputs that the cells had in their places, and let the stand-ins ask what they asked."""
        del stages  # each question says its own
        for index in self._ran.called:
            if index not in stand_ins:
                raise NotAsked("A cell that was stood in for has to be run.")
            with contextlib.suppress(NoAnswer):
                for name, value in stand_ins[index]().items():
                    self.student[name] = value
        if not (self._ran.death or self._ran.left_out) and stand_ins.keys() != set(self._ran.called):
            raise NotAsked("A cell that was run has to be stood in for.")
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

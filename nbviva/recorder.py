"""Write down a viva as it happens, at the transport: neither the kernel nor a check knows of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from nbviva.brief import question as in_brief
from nbviva.codec import Frames
from nbviva.notebooks import NotebookNode
from nbviva.outputs import clean
from nbviva.sitting import NO_STAGES, Kernel, StandIn
from nbviva.student import NoAnswer, Transport, listen
from nbviva.transcript import Exchange, Ran, Transcript, by_question, digest_of

SMALL_BYTES = 4096  # a question up to this is kept in full
MOST_BYTES = 48 << 20  # of all answers; what goes beyond is not kept, and then not replayed
_WRITE = b'["tuple","write",'


class Recorder:
    """A sitting in a kernel, whose questions and answers are written down."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._left = MOST_BYTES
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
    def dropped(self) -> int:
        """As the kernel says."""
        return self._kernel.dropped

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] = NO_STAGES
    ) -> None:
        """Let the notebook run, and keep the harmless part of what its cells show."""
        self._kernel.run(notebook, {index: self._noting(index, call) for index, call in stand_ins.items()}, stages)
        self._asked = len(self._exchanges)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                cell.outputs = self._outputs[index] = clean(cell.outputs)

    def settle(self, unasked: Iterable[Callable[[], None]]) -> None:
        """Note where the verdicts stood; then let checks ask on, until one question fails.

        What was asked before is answered as it was, so that nothing is asked twice.
        """
        self._settled, self._death = len(self._exchanges), self.death
        for ask in unasked:
            if any(exchange.failure for exchange in self._exchanges):
                return
            self._known = by_question(self._exchanges)
            ask()

    def transcript(self, causes: Mapping[str, str], seconds: float, memory: int = 0) -> Transcript:
        """Give what was written down until now, and what it took: seconds, and bytes at the most."""
        ran = Ran(
            causes=causes,
            kept_in=self.kept_in,
            death=self._death,
            last_death=self.death,
            dropped=self.dropped,
            called=tuple(self._called),
            asked=self._asked,
            settled=self._settled,
            outputs=self._outputs,
            seconds=round(seconds, 3),
            memory=memory,
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
        began = time.monotonic()
        exchange = Exchange(asker, digest, *_question(frames), seconds, 0.0, bytes(frames[0]).startswith(_WRITE))
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
    return (), in_brief(frames)

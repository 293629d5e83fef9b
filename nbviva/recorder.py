"""Write down a viva as it happens, at the transport: neither the kernel nor a check knows of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from nbviva.brief import question as in_brief
from nbviva.codec import Frames
from nbviva.notebooks import NotebookNode
from nbviva.outputs import clean
from nbviva.sitting import Sitting, StandIn
from nbviva.student import NoAnswer, Transport, listen
from nbviva.transcript import Exchange, Ran, Transcript, digest_of

SMALL_BYTES = 4096  # a question up to this is kept in full
MOST_BYTES = 48 << 20  # of all answers; what goes beyond is not kept, and then not replayed
_WRITE = b'["tuple","write",'


class Recorder:
    """A sitting whose questions and answers are written down; it has the face of the one that it wraps."""

    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._left = MOST_BYTES
        self._exchanges: list[Exchange] = []
        self._called: list[int] = []
        self._asked = 0
        self._outputs: dict[int, list[NotebookNode]] = {}
        self.student, self.kept_in = sitting.student, sitting.kept_in
        listen(self.student, self._record)

    @property
    def death(self) -> str:
        """As the sitting says."""
        return self._sitting.death

    @property
    def dropped(self) -> int:
        """As the sitting says."""
        return self._sitting.dropped

    def run(self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn]) -> None:
        """Let the notebook run, and keep the harmless part of what its cells show."""
        self._sitting.run(notebook, {index: self._noting(index, call) for index, call in stand_ins.items()})
        self._asked = len(self._exchanges)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                cell.outputs = self._outputs[index] = clean(cell.outputs)

    def transcript(self, causes: Mapping[str, str], seconds: float) -> Transcript:
        """Give what was written down until now."""
        ran = Ran(
            causes,
            self.kept_in,
            self.death,
            self.dropped,
            tuple(self._called),
            self._asked,
            self._outputs,
            round(seconds, 3),
        )
        return Transcript(ran, tuple(self._exchanges))

    def _noting(self, index: int, call: StandIn) -> StandIn:
        def noted() -> Mapping[str, object]:
            self._called.append(index)
            return call()

        return noted

    def _record(self, transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        began = time.monotonic()
        answer: Frames | None = None
        failure = sentence = ""
        try:
            answer = transport(frames, seconds)
        except NoAnswer as error:
            failure, sentence = type(error).__name__, str(error)
            raise
        finally:
            took = round(time.monotonic() - began, 4)
            small = sum(map(len, frames)) <= SMALL_BYTES
            question = tuple(bytes(frame) for frame in frames) if small else ()
            brief = "" if small else in_brief(frames)
            self._exchanges.append(
                Exchange(
                    asker, digest_of(frames), question, brief, seconds, took,
                    bytes(frames[0]).startswith(_WRITE), self._kept(answer), failure, sentence,
                )
            )  # fmt: skip
        return answer

    def _kept(self, answer: Frames | None) -> tuple[bytes, ...] | None:
        size = sum(map(len, answer or ()))
        if answer is None or size > self._left:
            return None
        self._left -= size
        return tuple(bytes(frame) for frame in answer)

"""What we change of Jupyter's client: the session that reads messages, the runner of cells, the one kernel spec.

Everything that arrives from a kernel is read by `GuardedSession` first: unsigned, forged, repeated, oversized and
malformed frames never reach the code that waits for an answer; they are dropped and counted. `CellRunner` is nbclient
with outputs capped as they arrive; nothing in a message steers us.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.session import Session
from nbclient import NotebookClient

from nbviva.inside import CAPS
from nbviva.kernel.room import Room
from nbviva.notebooks import NotebookNode, new_output
from nbviva.sandbox.backends import backend

MAX_PARTS = CAPS.frames + 5  # an answer's frames, and those of Jupyter's envelope
MAX_ENVELOPE_BYTES = 32 << 20
MAX_MESSAGE_BYTES = 288 << 20
_PAUSE = 0.05  # seconds between two looks for a reply that is late
_LONGEST_ERROR = 2000  # letters, where only the reply has them
_BAD = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError, MemoryError)


class GuardedSession(Session):
    """Gives an inert message in the place of one that cannot be trusted to be a message."""

    dropped = 0

    def feed_identities(self, msg_list: list[Any], copy: bool = True) -> tuple[list[Any], list[Any]]:
        """Split routing prefix and message; called by every channel for whatever arrives."""
        try:
            identities, rest = super().feed_identities(msg_list, copy=copy)
        except _BAD:
            return [], []
        return list(identities), list(rest)

    def deserialize(self, msg_list: list[Any], content: bool = True, copy: bool = True) -> dict[str, Any]:
        """Read one message; sizes are checked before anything is parsed."""
        sizes = [len(part) for part in msg_list]
        if len(sizes) > MAX_PARTS or sum(sizes[:5]) > MAX_ENVELOPE_BYTES or sum(sizes) > MAX_MESSAGE_BYTES:
            return self._drop()
        try:
            message: dict[str, Any] = super().deserialize(msg_list, content=content, copy=copy)
        except _BAD:
            return self._drop()
        return message if _is_message(message) else self._drop()

    def _drop(self) -> dict[str, Any]:
        self.dropped += 1
        empty: dict[str, Any] = {"header": {"msg_type": "dropped"}, "msg_id": "", "msg_type": "dropped"}
        return {**empty, "parent_header": {}, "metadata": {}, "content": {}, "buffers": []}


def _is_message(message: dict[str, Any]) -> bool:
    parts = (message.get(name) for name in ("header", "parent_header", "metadata", "content"))
    return all(type(part) is dict for part in parts) and type(message.get("msg_type")) is str


class CellRunner(NotebookClient):
    """nbclient with caps on what a cell and a notebook may show: the rest is dropped as it arrives, and said."""

    cell_bytes = 4 << 20
    notebook_bytes = 32 << 20
    least_bytes = 20_000  # what an output counts at least, so that many small ones are capped, too

    def __init__(self, nb: NotebookNode, **options: Any) -> None:
        self.used: dict[int, int] = {}
        self._interrupted = 0.0
        self._ends: set[tuple[int, str]] = set()
        super().__init__(nb, record_timing=False, on_cell_executed=self._keep_error, **options)

    def _keep_error(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        """Keep the error that a cell ended with where its output was lost: outputs may be, replies are not."""
        del cell_index
        said = execute_reply.get("content", {})
        if said.get("status") != "error" or any(output.output_type == "error" for output in cell.outputs):
            return
        name, value = (str(said.get(word, ""))[:_LONGEST_ERROR] for word in ("ename", "evalue"))
        cell.outputs.append(new_output("error", ename=name, evalue=value, traceback=[]))

    async def run_cell(self, cell: NotebookNode, index: int) -> None:
        """Run one cell; what it shows stands in the cell."""
        await self.async_execute_cell(cell, index)

    async def _async_handle_timeout(
        self,
        timeout: int,  # noqa: ASYNC109 - it is nbclient's
        cell: NotebookNode | None = None,
    ) -> dict[str, Any] | None:
        """Interrupt a cell whose time is over, once each `timeout` seconds, and let others go on meanwhile.

        nbclient calls this without a pause once a message has come that is no reply to the cell, so that nothing else
        would be done in this process: no limit held, no answer read.
        """
        await asyncio.sleep(_PAUSE)
        if time.monotonic() < self._interrupted + timeout:
            return None
        self._interrupted = time.monotonic()
        told: dict[str, Any] | None = await super()._async_handle_timeout(timeout, cell)
        return told

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Keep one output; called for each that arrives."""
        before = self.used.get(cell_index, 0)
        if self._has_room(msg, cell_index) or self._tells_the_end(msg, cell_index):
            return super().output(outs, msg, display_id, cell_index)
        if before <= self.cell_bytes:
            outs.append(new_output("stream", name="stderr", text="\n[The rest of this output was cut.]\n"))
        return None

    def _tells_the_end(self, msg: dict[str, Any], cell_index: int) -> bool:
        """Whether it says how the cell ended: that is kept however much was shown before, once a cell."""
        told = (cell_index, msg["msg_type"])
        if msg["msg_type"] not in ("error", "execute_result") or told in self._ends:
            return False
        self._ends.add(told)
        return True

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        if self._has_room(msg, -1):
            super()._update_display_id(display_id, msg)

    def _has_room(self, msg: dict[str, Any], cell_index: int) -> bool:
        size = self.least_bytes + sum(len(text) for text in _texts(msg["content"]))
        self.used[cell_index] = self.used.get(cell_index, 0) + size
        return self.used[cell_index] <= self.cell_bytes and sum(self.used.values()) <= self.notebook_bytes

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets: they could register hooks that swallow outputs."""


def _texts(content: Any) -> Iterator[str]:
    """Give all texts in a message's content, without building a larger one."""
    todo = [content]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            todo.extend([*item.keys(), *item.values()])
        elif isinstance(item, list):
            todo.extend(item)


class Specs(KernelSpecManager):
    """Knows one kernel only: ours, with the environment's own modules before anything of the hand-in's."""

    def __init__(self, room: Room, folder: Path, program: str) -> None:
        super().__init__()
        config = {"limits": room.limits, "working_copy": folder, "template": room.template}
        stanza = {"provisioner_name": backend(room.backend).provisioner, "config": config} if room.sandboxed else None
        self.known = KernelSpec(
            argv=[sys.executable, "-P", "-m", program, "-f", "{connection_file}"],
            display_name="nbviva",
            language="python",
            metadata={"kernel_provisioner": stanza} if stanza else {},
        )

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Called by the kernel manager, whatever name it was given."""
        del kernel_name
        return self.known


def quiet() -> logging.Logger:
    """Give a logger that is silent: what a student's kernel says is no news of the grader's."""
    logger = logging.getLogger("nbviva.kernel")
    logger.setLevel(logging.CRITICAL)
    return logger

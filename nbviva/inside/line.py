"""The way back to who asks, while a question is open: what is asked back goes over Jupyter's stdin channel.

That channel is idle otherwise. One question is open at a time, and each message waits for the next one of the other
side. Used by the agent for functions of a test that the student's code calls, and by the tester for all that it asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbviva.inside.plain import Frames

POLL_SECONDS = 0.05  # so that an interrupt is noticed


class NobodyAsks(RuntimeError):
    """There is no open question, or who asked has given up: nobody listens."""


class BackLine:
    """Asks back over the stdin channel of a kernel."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._open: tuple[Any, dict[str, Any]] | None = None

    @contextmanager
    def opened(self, identity: Any, parent: dict[str, Any]) -> Iterator[None]:
        """Let the question be open that came with this message."""
        self._open = identity, parent
        try:
            yield
        finally:
            self._open = None

    def ask(self, frames: Frames) -> Frames:
        """Send frames to who asks, and give those that come back.

        Raises
        ------
        NobodyAsks
            If no question is open.
        """
        if self._open is None:
            raise NobodyAsks("This function belongs to a test, and can be called only while the test asks.")
        identity, parent = self._open
        socket, session = self._kernel.stdin_socket, self._kernel.session
        sent = session.send(socket, "input_request", {}, parent, ident=identity, buffers=list(frames))
        while True:
            if not socket.poll(int(POLL_SECONDS * 1000)):
                continue
            _, reply = session.recv(socket)
            if reply and reply["parent_header"].get("msg_id") == sent["header"]["msg_id"]:
                if not reply["buffers"]:
                    raise NobodyAsks("Who asked has given up.")
                return list(reply["buffers"])

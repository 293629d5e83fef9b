"""One question to a kernel and its answer, on the channels of Jupyter's client; a kernel may ask back meanwhile.

A question is a `viva_ask` on the shell channel. A kernel that asks back sends an `input_request` on the stdin channel,
which is idle otherwise, and waits: the question stays open, and what is said next goes there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager

from nbviva.inside import CAPS, Frames
from nbviva.kernel.student import Died


@dataclass(frozen=True)
class Said:
    """What a kernel said.

    Attributes
    ----------
    asks_back
        Whether the question is still open, and the kernel waits.
    late
        Whether it was interrupted, since it took too long.
    """

    frames: Frames
    asks_back: bool = False
    late: bool = False


class Asking:
    """Carries questions to one kernel."""

    def __init__(self, manager: AsyncKernelManager, client: Any) -> None:
        self._manager, self._client = manager, client
        self._question = ""  # the id of the one that is open
        self._waiting: dict[str, Any] | None = None  # the header of what it asked back

    @property
    def is_open(self) -> bool:
        """Whether a question is open, and the kernel waits for what it asked back."""
        return self._waiting is not None

    async def say(self, frames: Frames, seconds: float, *, may_ask_back: bool = False) -> Said:
        """Ask, or answer what was asked back; at the limit interrupt, so that a question that hangs costs itself alone.

        Raises
        ------
        Died
            If the kernel is gone.
        """
        self._send(frames)
        end, late = time.monotonic() + seconds, False
        while True:
            if time.monotonic() >= end and not late:
                late = True
                await self._manager.interrupt_kernel()
            message = await self._next(1.0 if late else min(1.0, max(0.0, end - time.monotonic())))
            if message is None:
                if not await self._manager.is_alive():
                    raise Died("Your notebook's kernel died.")
                continue
            if message["parent_header"].get("msg_id") != self._question:
                continue
            asks_back = message["msg_type"] == "input_request"
            if asks_back and (late or not may_ask_back):
                continue
            self._waiting = message["header"] if asks_back else None
            return Said(list(message["buffers"][: CAPS.frames + 1]), asks_back, late)

    def give_up(self) -> None:
        """Let what is open be: the kernel hears that nobody answers, and what it still says is not read."""
        if self._waiting is not None:
            self._send([])
        self._waiting, self._question = None, ""

    def _send(self, frames: Frames) -> None:
        session, client = self._client.session, self._client
        if self._waiting is None:
            sent = session.send(client.shell_channel.socket, "viva_ask", {}, buffers=list(frames))
            self._question = sent["header"]["msg_id"]
        else:
            socket = client.stdin_channel.socket
            session.send(socket, "input_reply", {}, parent=self._waiting, buffers=list(frames))

    async def _next(self, seconds: float) -> dict[str, Any] | None:
        """Give the next message of either channel, or None if none comes."""
        channels = (self._client.shell_channel, self._client.stdin_channel)
        poller = zmq.asyncio.Poller()
        for channel in channels:
            poller.register(channel.socket, zmq.POLLIN)
        ready = dict(await poller.poll(int(seconds * 1000)))
        for channel in channels:
            if channel.socket in ready:
                return await self._read(channel.socket)
        return None

    async def _read(self, socket: Any) -> dict[str, Any]:
        """Take a message that is there; its buffers are its own memory, since another 256 MB may be too many."""
        session = self._client.session
        _, parts = session.feed_identities(await socket.recv_multipart(copy=False), copy=False)
        message: dict[str, Any] = session.deserialize(parts, copy=False)
        return message

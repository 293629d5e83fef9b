"""What the workers of a batch are at: short messages over a local datagram socket, which may be lost, never block."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MESSAGE_BYTES = 2000


@dataclass(frozen=True)
class Told:
    """That a worker (by its process id) has begun something with a group's hand-in."""

    worker: int
    group: str
    doing: str


class Listener:
    """Hears what workers tell. A context manager; `address` is what they need to know."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="nbviva-")
        self.address = str(Path(self._folder.name) / "told")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._folder.cleanup()

    def heard(self) -> Iterator[Told]:
        """Give what was told since the last call."""
        while True:
            try:
                message = self._socket.recv(MESSAGE_BYTES)
            except BlockingIOError:
                return
            yield Told(**json.loads(message))


def teller(address: str, group: str) -> Callable[[str], None]:
    """Give a function that tells the listener at `address` what is done with a group's hand-in."""

    def tell(doing: str) -> None:
        message = json.dumps({"worker": os.getpid(), "group": group, "doing": doing[:200]}).encode()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:  # nobody listens
            out.setblocking(False)
            out.sendto(message, address)

    return tell

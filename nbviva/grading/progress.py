"""How a batch is getting on: what its workers tell, where it stands, and the events that whoever shows it is given.

Workers tell by short messages over a local datagram socket, which may be lost and never block.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from nbviva.records import read
from nbviva.sandbox import scratch

MESSAGE_BYTES = 2000


@dataclass(frozen=True)
class Told:
    """That a worker (by its process id) has begun something with a group's hand-in."""

    worker: int
    group: str
    doing: str


class Mailbox:
    """Hears what workers tell. A context manager; `address` is what they need to know."""

    def __enter__(self) -> Self:
        self._folder = scratch.folder()
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
            yield read(Told, message, half_characters=True)


def teller(address: str, group: str) -> Callable[[str], None]:
    """Give a function that tells the listener at `address` what is done with a group's hand-in."""

    def tell(doing: str) -> None:
        message = json.dumps({"worker": os.getpid(), "group": group, "doing": doing[:200]}).encode()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:  # nobody listens
            out.setblocking(False)
            out.sendto(message, address)

    return tell


@dataclass(frozen=True)
class Standing:
    """Where a batch stands: its numbers, and what its workers are at.

    Attributes
    ----------
    total, fresh
        Hand-ins in all, and those whose report was still right.
    graded, faults
        Hand-ins graded by this batch in a kernel, and how many of them are left to a person through a fault of ours.
    seconds
        Since the batch began.
    at
        What each worker does, and since which of these seconds.
    replayed
        Hand-ins that this batch marked from their transcripts.
    """

    total: int
    fresh: int
    graded: int = 0
    faults: int = 0
    seconds: float = 0.0
    at: tuple[tuple[Told, float], ...] = ()
    replayed: int = 0

    @property
    def done(self) -> int:
        """Hand-ins that are done."""
        return self.fresh + self.replayed + self.graded

    @property
    def left(self) -> int:
        """Hand-ins that are not done yet."""
        return self.total - self.done

    @property
    def seconds_left(self) -> float | None:
        """What is left at the pace so far, in seconds; None before the first one is done."""
        return self.seconds / self.graded * self.left if self.graded else None

    def told(self, told: Told) -> Standing:
        """Take in what a worker has begun."""
        others = tuple(one for one in self.at if one[0].worker != told.worker)
        return replace(self, at=(*others, (told, self.seconds)))

    def finished(self, group: str, *, fault: bool) -> Standing:
        """Count one hand-in that is done."""
        others = tuple(one for one in self.at if one[0].group != group)
        return replace(self, graded=self.graded + 1, faults=self.faults + fault, at=others)

    def answered(self) -> Standing:
        """Count one hand-in that was marked from its transcript."""
        return replace(self, replayed=self.replayed + 1)


@dataclass(frozen=True)
class Started:
    """It is known what there is to do."""

    standing: Standing


@dataclass(frozen=True)
class Ticked:
    """Time went by: this comes several times a second."""

    standing: Standing


@dataclass(frozen=True)
class OneDone:
    """A hand-in is done; the sentence is empty, or says what fault of ours there was."""

    standing: Standing
    group: str
    fault: str
    from_transcript: bool = False


@dataclass(frozen=True)
class SaidOfAll:
    """What the instructor should know about the batch as a whole."""

    sentence: str


@dataclass(frozen=True)
class PersonAsked:
    """A person is asked something now, where the batch is shown."""


@dataclass(frozen=True)
class Over:
    """The batch ended; this comes once, also when it was interrupted."""


Event = Started | Ticked | OneDone | SaidOfAll | PersonAsked | Over
Show = Callable[[Event], None]


def unseen(_event: Event) -> None:
    """Show nothing."""


class Progress:
    """Where a batch stands now; whoever shows it is told each change. A context manager."""

    def __init__(self, now: Standing, show: Show) -> None:
        self.now, self._show, self._began = now, show, time.monotonic()

    def __enter__(self) -> Self:
        self._show(Started(self.now))
        return self

    def __exit__(self, *_: object) -> None:
        self._show(Over())

    def tick(self, listener: Mailbox) -> None:
        """Take in what the workers tell."""
        self.now = replace(self.now, seconds=time.monotonic() - self._began)
        for told in listener.heard():
            self.now = self.now.told(told)
        self._show(Ticked(self.now))

    def finished(self, group: str, fault: str) -> None:
        """Count one hand-in that is done."""
        self.now = self.now.finished(group, fault=bool(fault))
        self._show(OneDone(self.now, group, fault))

    def answered(self, group: str) -> None:
        """Count one hand-in that was marked from its transcript."""
        self.now = self.now.answered()
        self._show(OneDone(self.now, group, "", from_transcript=True))

    def ask(self) -> None:
        """Say that a person is asked."""
        self._show(PersonAsked())

"""How a batch is getting on: what its workers tell, and a live table in a terminal, plain lines or JSON lines of it.

Workers tell by short messages over a local datagram socket, which may be lost and never block.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from nbviva.listing import shown
from nbviva.records import read
from nbviva.sandbox import scratch
from nbviva.wording import counted

MESSAGE_BYTES = 2000


Now = Callable[[], float]  # seconds of a clock that never jumps


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


@dataclass
class Standing:
    """The numbers of a batch, and what its workers are at.

    Attributes
    ----------
    total, fresh
        Hand-ins in all, and those whose report was still right.
    graded, faults
        Hand-ins graded by this batch, and how many of them are left to a person through a fault of ours.
    at
        By worker: what it does, and since when.
    """

    total: int
    fresh: int
    graded: int = 0
    faults: int = 0
    at: dict[int, tuple[Told, float]] = field(default_factory=dict)
    now: Now = time.monotonic

    def __post_init__(self) -> None:
        self.began = self.now()

    @property
    def left(self) -> int:
        """Hand-ins that are not done yet."""
        return self.total - self.fresh - self.graded

    @property
    def seconds_left(self) -> float | None:
        """What is left at the pace so far, in seconds; None before the first one is done."""
        return (self.now() - self.began) / self.graded * self.left if self.graded else None

    def told(self, told: Told) -> None:
        """Take in what a worker has begun."""
        self.at[told.worker] = told, self.now()

    def finished(self, group: str, *, fault: bool) -> None:
        """Count one hand-in that is done."""
        self.graded += 1
        self.faults += fault
        self.at = {worker: at for worker, at in self.at.items() if at[0].group != group}

    def line(self) -> str:
        """Say how it stands in a few words."""
        done = self.fresh + self.graded
        parts = [f"{done} of {self.total} done"]
        parts += [f"{self.faults} with a fault of ours"] if self.faults else []
        parts += [f"about {_span(self.seconds_left)} left"] if self.left and self.seconds_left is not None else []
        return ", ".join(parts)


class Watch(Protocol):
    """Is told how a batch gets on."""

    def begin(self, standing: Standing) -> None:
        """Called once, when it is known what there is to do."""

    def tick(self, standing: Standing) -> None:
        """Called several times a second."""

    def finished(self, standing: Standing, group: str, sentence: str) -> None:
        """Called for each hand-in that is done; the sentence is empty, or says what fault of ours there was."""

    def say(self, sentence: str) -> None:
        """Called with what the instructor should know about the batch as a whole."""

    def end(self) -> None:
        """Called once, also when the batch is interrupted."""


class Silent:
    """Shows nothing."""

    def begin(self, standing: Standing) -> None:
        """Show nothing."""

    def tick(self, standing: Standing) -> None:
        """Show nothing."""

    def finished(self, standing: Standing, group: str, sentence: str) -> None:
        """Show nothing."""

    def say(self, sentence: str) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""


class Lines(Silent):
    """One line for each hand-in that is done: for logs."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def begin(self, standing: Standing) -> None:
        """Say what there is to do."""
        self._write(f"{counted(standing.total, 'hand-in')}, {standing.fresh} unchanged since graded.")

    def finished(self, standing: Standing, group: str, sentence: str) -> None:
        """Say which one is done."""
        self._write(f"{shown(group)}: {sentence or 'graded'} ({standing.line()})")

    def say(self, sentence: str) -> None:
        """Say it."""
        self._write(sentence)


class JsonLines(Silent):
    """One JSON object a line and event: for programs."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def begin(self, standing: Standing) -> None:
        """Say what there is to do."""
        self._write(json.dumps({"event": "begin", "total": standing.total, "fresh": standing.fresh}))

    def finished(self, standing: Standing, group: str, sentence: str) -> None:
        """Say which one is done."""
        said = {"event": "graded", "group": group, "fault": sentence, "left": standing.left}
        self._write(json.dumps({**said, "seconds_left": standing.seconds_left}))

    def say(self, sentence: str) -> None:
        """Say it."""
        self._write(json.dumps({"event": "note", "sentence": sentence}))


class Screen(Silent):
    """A live table: each worker with its hand-in, what it is at, and for how long; how many are done, and the rest."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def begin(self, standing: Standing) -> None:
        """Show the table."""
        self._live.update(_table(standing))
        self._live.start()

    def tick(self, standing: Standing) -> None:
        """Bring the table up to date."""
        self._live.update(_table(standing))

    def finished(self, standing: Standing, group: str, sentence: str) -> None:
        """Leave a line for a fault of ours above the table."""
        if sentence:
            self._live.console.print(f"[bold]{escape(shown(group))}[/bold]: {escape(sentence)}")
        self.tick(standing)

    def say(self, sentence: str) -> None:
        """Leave it above the table."""
        self._live.console.print(escape(sentence))

    def end(self) -> None:
        """Take the table away."""
        self._live.stop()


def _table(standing: Standing) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("worker", "hand-in", "at", "for"):
        table.add_column(heading, justify="right" if heading == "for" else "left", no_wrap=True)
    for worker, (told, since) in sorted(standing.at.items()):
        table.add_row(str(worker), escape(shown(told.group)), escape(told.doing), _span(standing.now() - since))
    bar = ProgressBar(total=standing.total, completed=standing.fresh + standing.graded, width=40)
    return Group(table, bar, standing.line())


def _span(seconds: float | None) -> str:
    """Say a time span as a person would: 8 s, 3 min, 2 h 10 min."""
    whole = round(seconds or 0)
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def watch(*, as_json: bool) -> Watch:
    """Give the watch that fits where the command's error stream leads."""
    console = Console(stderr=True)
    if as_json:
        return JsonLines(_said)
    return Screen(console) if console.is_terminal else Lines(_said)


def _said(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

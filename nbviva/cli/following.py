"""How a batch is followed: a live table in a terminal, plain lines for logs, JSON lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from nbviva.grading.progress import Event, OneDone, Over, PersonAsked, SaidOfAll, Show, Standing, Started, Ticked
from nbviva.listing import shown
from nbviva.wording import counted


def follower(*, as_json: bool) -> Show:
    """Give what shows a batch where the command's error stream leads."""
    console = Console(stderr=True)
    if as_json:
        return in_json(_said)
    return on_screen(console) if console.is_terminal else in_lines(_said)


def in_lines(write: Callable[[str], None]) -> Show:
    """Write one line for each hand-in that is done: for logs."""

    def show(event: Event) -> None:
        match event:
            case Started(standing):
                write(f"{counted(standing.total, 'hand-in')}, {standing.fresh} unchanged since graded.")
            case OneDone(standing, group, fault, from_transcript):
                how = "marked from its transcript" if from_transcript else "graded"
                write(f"{shown(group)}: {fault or how} ({_line(standing)})")
            case SaidOfAll(sentence):
                write(sentence)

    return show


def in_json(write: Callable[[str], None]) -> Show:
    """Write one JSON object a line and event: for programs."""

    def show(event: Event) -> None:
        match event:
            case Started(standing):
                write(json.dumps({"event": "begin", "total": standing.total, "fresh": standing.fresh}))
            case OneDone(standing, group, fault, from_transcript):
                said = {"event": "graded", "group": group, "fault": fault, "left": standing.left}
                said |= {"from_transcript": True} if from_transcript else {}
                write(json.dumps({**said, "seconds_left": standing.seconds_left}))
            case SaidOfAll(sentence):
                write(json.dumps({"event": "note", "sentence": sentence}))

    return show


def on_screen(console: Console) -> Show:
    """Show a live table: each worker with its hand-in, what it is at, and for how long; how many are done."""
    live = Live(console=console, refresh_per_second=4, transient=True)

    def show(event: Event) -> None:
        match event:
            case Started(standing):
                live.update(_table(standing))
                live.start()
            case OneDone(_, group, fault) if fault:
                live.console.print(f"[bold]{escape(shown(group))}[/bold]: {escape(fault)}")
            case SaidOfAll(sentence):
                live.console.print(escape(sentence))
            case PersonAsked() | Over():
                live.stop()
        if isinstance(event, OneDone | Ticked):
            live.start()
            live.update(_table(event.standing))

    return show


def _table(standing: Standing) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("worker", "hand-in", "at", "for"):
        table.add_column(heading, justify="right" if heading == "for" else "left", no_wrap=True)
    for told, since in sorted(standing.at, key=lambda one: one[0].worker):
        row = (str(told.worker), escape(shown(told.group)), escape(told.doing), _span(standing.seconds - since))
        table.add_row(*row)
    bar = ProgressBar(total=standing.total, completed=standing.done, width=40)
    return Group(table, bar, _line(standing))


def _line(standing: Standing) -> str:
    """Say how it stands in a few words."""
    parts = [f"{standing.done} of {standing.total} done"]
    parts += [f"{standing.faults} with a fault of ours"] if standing.faults else []
    left = standing.seconds_left
    parts += [f"about {_span(left)} left"] if standing.left and left is not None else []
    return ", ".join(parts)


def _span(seconds: float) -> str:
    """Say a time span as a person would: 8 s, 3 min, 2 h 10 min."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _said(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

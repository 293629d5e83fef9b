"""Show what `nbviva verify` finds: a table with the defects below, or JSON; what it is doing goes to stderr."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nbviva.course import Course
from nbviva.finding import Finding
from nbviva.verify import Options, verify


def gate(course: Course, week: str, options: Options, console: Console, *, as_json: bool) -> bool:
    """Verify a week, show the rows, and tell whether there is no defect in any of them."""
    started = time.time()

    def say(text: str) -> None:
        sys.stderr.write(f"{time.time() - started:5.0f} s  {text}\n")

    findings: list[Finding] = []
    try:
        findings.extend(verify(course, week, options, say))
    finally:  # what was found before a fault of ours took minutes
        if as_json:
            sys.stdout.write(json.dumps([asdict(item) for item in findings], ensure_ascii=False, indent=1) + "\n")
        else:
            _show(week, findings, console)
    return not any(item.defects for item in findings)


def _show(week: str, findings: list[Finding], console: Console) -> None:
    table = Table(title=f"{week}: is the marking fair?", title_justify="left", show_lines=True)
    for heading in ("row", "found", "results", "defects"):
        table.add_column(heading, justify="right" if heading == "defects" else "left", overflow="fold")
    now = time.time()
    for item in findings:
        table.add_row(*map(escape, (item.row, item.summary, item.origin.told(now), str(len(item.defects) or "none"))))
    console.print(table)
    for item in findings:
        for sentence in (*item.defects, *item.details):
            console.print(escape(f"{item.row}: {sentence}"), soft_wrap=True, highlight=False)

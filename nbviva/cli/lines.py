"""What the longer answers look like in a terminal: an audit, what regrading found, dates, `verify`'s table."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from nbviva.cli.tables import print_table
from nbviva.course import Course
from nbviva.grading.audit import STYLES, Audit
from nbviva.grading.times import TIMES, Profile
from nbviva.grading.verdict import Outcome
from nbviva.kernel.outputs import plain
from nbviva.listing import shown
from nbviva.week.deadline import spoken_moment
from nbviva.wording import counted

if TYPE_CHECKING:  # `show` takes no second: what others need is imported by them
    from nbviva.gradebook.confirm import Confirmed
    from nbviva.gradebook.penalties import Dates
    from nbviva.grading.regrade import Regraded
    from nbviva.verify.row import Finding
    from nbviva.verify.verify import VerifyOptions


def deadline_lines(week: str, found: Dates) -> list[str]:
    """Say what recomputing found, in lines."""
    utc = found.due.astimezone(UTC)
    audit_lines = [f"{week}: submit until {spoken_moment(found.due)} ({found.due.tzinfo}), {utc:%Y-%m-%d %H:%M} UTC."]
    for item in found.changed:
        due = spoken_moment(item.due) if item.due != found.due else "the week's"
        points = f"{item.after:g} point{'' if item.after == 1 else 's'}"
        audit_lines.append(f"{item.group}: loses {points}, before {item.before:g}; its deadline is {due}.")
    count = len(found.changed)
    return [*audit_lines, f"{counted(count, 'penalty', 'penalties')} changed."]


def confirmed_lines(found: Confirmed) -> Iterator[str]:
    """Say what was confirmed for a group, in lines."""
    if not (found.given or found.kept or found.waiting):
        yield f"{found.group}: every question has a mark, nothing waits for a person."
    for mark in found.given:
        yield f"{found.group}: {mark.number} {mark.title} has {mark.provisional:g} of {mark.maximum:g} points now."
    for mark in found.kept:
        yield f"{found.group}: {mark.number} {mark.title} keeps the mark that a person gave."
    for mark in found.waiting:
        yield f"{found.group}: {mark.number} {mark.title} has no mark that nbviva could give: use the formgrader."


def audit_lines(found: Audit) -> Iterator[tuple[str, str]]:
    """Give an audit as lines for a terminal, each with its style."""
    for note in found.notes:
        yield "", note
    for section in found.sections:
        yield "", ""
        yield f"bold {STYLES.get(Outcome(section.outcome), '') if section.outcome else ''}", section.name
        yield "", f"  by rule   {section.rule}"
        if section.outcome:
            yield "", f"  decided   {section.outcome}"
        if section.measured:
            yield "", f"  measured  {section.measured}"
        for number, item in enumerate(section.asked, start=1):
            yield "cyan", f"  {number:>3} asked     {item.asked}"
            yield "", f"      answered  {item.answered}"
            yield "dim", f"      took      {item.seconds:.3f} s of {item.limit:g} s"


def profile_lines(found: Profile) -> Iterator[tuple[str, str]]:
    """Give where the time of a hand-in went as lines for a terminal, each with its style."""
    yield "bold", f"{shown(found.group)}: {found.total:.1f} s"
    for name, seconds in found.times:
        yield "", f"{seconds:8.1f} s  {TIMES[name]}"
    for asker, seconds in found.askers:
        yield "dim", f"{seconds:8.1f} s  asked for {asker}"


def regrade_lines(found: Sequence[Regraded]) -> Iterator[tuple[str, str]]:
    """Give what was found as lines for a terminal, each with its style: who gains and loses what, and why."""
    for item in found:
        if item.changes or item.again:
            style = "green" if item.gain > 0 else "red" if item.gain < 0 else ""
            yield f"bold {style}", f"{item.group}: {item.gain:+g} points"
        if item.again:
            yield "yellow", f"  run again: {item.again}"
        for change in item.changes:
            yield "", f"  {change.title}: {_points(change.before)} -> {_points(change.after)}"
            yield from (("", f"    {plain(why)}") for why in change.why)
    gain, lose = (sum(item.gain * sign > 0 for item in found) for sign in (1, -1))
    words = sum(item.is_new and not item.changes for item in found)
    again = sum(bool(item.again) for item in found)
    yield (
        "bold",
        f"{counted(len(found), 'hand-in')}: {gain} gain, {lose} lose, {words} get other words only, {again} run again",
    )


def regrade_summary(item: Regraded) -> dict[str, Any]:
    """Give what was found about one hand-in as plain data."""
    before = item.before
    return {
        "group": item.group,
        "points": {"before": before.points if before else None, "after": item.after.points},
        "extra_points": {"before": before.extra_points if before else None, "after": item.after.extra_points},
        "gain": item.gain,
        "new": item.is_new,
        "run_again": item.again,
        "needs_person": item.after.needs_person,
        "changes": [asdict(change) for change in item.changes],
    }


def _points(points: float | None) -> str:
    return "none" if points is None else f"{points:g}"


def gate(course: Course, week: str, options: VerifyOptions, *, as_json: bool) -> bool:
    """Verify a week, show the rows, and tell whether there is no defect in any of them."""
    from nbviva.cli.printing import print_json
    from nbviva.verify.verify import verify

    started = time.time()

    def say(text: str) -> None:
        sys.stderr.write(f"{time.time() - started:5.0f} s  {text}\n")

    findings: list[Finding] = []
    try:
        findings.extend(verify(course, week, options, say))
    finally:  # what was found before a fault of ours took minutes
        if as_json:
            print_json([asdict(item) for item in findings])
        else:
            _show(week, findings)
    return not any(item.defects for item in findings)


def _show(week: str, findings: list[Finding]) -> None:
    from nbviva.cli.printing import print_lines

    now = time.time()
    rows = ((item.row, item.summary, item.origin.told(now), str(len(item.defects) or "none")) for item in findings)
    headings = ("row", "found", "results", "defects")
    print_table(headings, rows, title=f"{week}: is the marking fair?", right=("defects",), lines=True)
    print_lines(("", f"{item.row}: {text}") for item in findings for text in (*item.defects, *item.details))

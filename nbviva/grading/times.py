"""Where the time of a hand-in goes: the five times of its report, and for whom it was asked how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from nbviva.course import Course
from nbviva.grading.reports import readable_report, readable_transcript
from nbviva.grading.verdict import Report
from nbviva.kernel.transcript import BrokenTranscript, Transcript

TIMES = {
    "waited": "waited for a worker",
    "started": "its kernel was started",
    "ran": "its notebook ran",
    "asked": "it was asked, and judged",
    "recorded": "report and transcript were kept",
}
MOST_ASKERS = 10


@dataclass(frozen=True)
class Profile:
    """The times of a hand-in, and of the checks and fixtures that asked longest how long; both in seconds."""

    group: str
    times: tuple[tuple[str, float], ...]
    total: float
    askers: tuple[tuple[str, float], ...]


def profile(course: Course, week: str, group: str) -> Profile | None:
    """Give where the time of a hand-in went; None where there is no report of it."""
    folder = course.report(week, group)
    report = readable_report(folder)
    if report is None:
        return None
    try:
        read = Transcript.all_from_bytes(readable_transcript(folder))
    except BrokenTranscript:
        read = ()
    asked = Counter[str]()
    for exchange in (exchange for one in read for exchange in one.exchanges):
        asked[exchange.asker or "(while the notebook ran)"] += exchange.seconds  # type: ignore[assignment]
    return Profile(group, times_of(report), report.seconds.get("total", 0.0), tuple(asked.most_common(MOST_ASKERS)))


def times_of(report: Report) -> tuple[tuple[str, float], ...]:
    """Give the five times of a report, in their order; none of a report that an earlier version wrote."""
    return tuple((name, report.seconds[name]) for name in TIMES if name in report.seconds)


@dataclass(frozen=True)
class Share:
    """What one of the five times is in a class: what was done, its median and its sum in seconds, its share of all."""

    said: str
    median: float
    total: float
    share: float


def shares(reports: Iterable[Report]) -> tuple[Share, ...]:
    """Give where the time of a class went; waiting for a worker is none of it, and has no share."""
    found = [dict(times_of(report)) for report in reports]
    kinds = [(name, [one[name] for one in found if name in one]) for name in TIMES]
    spent = sum(sum(seconds) for name, seconds in kinds if name != "waited")
    return tuple(
        Share(TIMES[name], median(seconds), sum(seconds), 0.0 if name == "waited" else sum(seconds) / (spent or 1.0))
        for name, seconds in kinds
        if seconds
    )

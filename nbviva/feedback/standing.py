"""How many points the class has, for groups to see their own beside: numbers without names, kept by the last recording.

Shown where `[feedback]` says `class = true`, and from `FEWEST` marked hand-ins on: of fewer, each could be guessed.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nbviva.course import Course
from nbviva.files import write
from nbviva.records import kept, to_json
from nbviva.week.declare import Plot, PlotKind, Series

FEWEST = 10
_MOST_BARS = 31


def keep_points(course: Course, week: str, points: Sequence[float]) -> None:
    """Keep the points of all hand-ins that are marked, in the order of their size."""
    write(_path(course, week), to_json(sorted(points)))


def known_points(course: Course, week: str) -> tuple[float, ...]:
    """Give the points that were kept; none where there are few, or the file is none of ours."""
    found = kept(list[float], _path(course, week)) or []
    return tuple(found) if len(found) >= FEWEST else ()


def _path(course: Course, week: str) -> Path:
    return course.root / ".nbviva" / "class" / f"{week}.json"


def standing(points: Sequence[float], own: float | None, maximum: float) -> Plot:
    """Draw how many hand-ins have how many points; those like the group's own in another colour."""
    width = next((w for w in (1.0, 2.0, 5.0, 10.0, 50.0) if maximum / w < _MOST_BARS), 100.0)
    bars = Counter(_bar(value, width) for value in points)
    mine = {_bar(own, width)} if own is not None else set()
    series = [_series("the class", {x: n for x, n in bars.items() if x not in mine})]
    series += [_series("with points like yours", {x: bars[x] for x in mine})] if mine else []
    said = f"Of {len(points)} marked hand-ins half have {statistics.median(points):g} points or more"
    said += f"; the mean is {statistics.fmean(points):.3g} of {maximum:g}, without extra points."
    where = f" Yours is among the {max(1, bars[_bar(own, width)])} at {_bar(own, width):g}." if own is not None else ""
    return Plot(
        PlotKind.BAR, "The class", said + where, f"Bars: how many hand-ins have how many points. {said}{where}",
        "points", "hand-ins", tuple(item for item in series if item.x),
    )  # fmt: skip


def _bar(value: float, width: float) -> float:
    return round(value / width) * width


def _series(name: str, bars: dict[float, int]) -> Series:
    return Series(name, tuple(sorted(bars)), tuple(float(bars[x]) for x in sorted(bars)))

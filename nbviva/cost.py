"""The row of `verify` on cost: seconds a check and a hand-in, and what marking everybody will take."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence

from nbviva.course import Course
from nbviva.finding import Finding, Origin
from nbviva.people import read_roster
from nbviva.route import REFERENCE, Taken
from nbviva.tryout import Trial

COSTLIEST = 5
LONGEST_HOURS = 12.0  # what a night gives
_ASSUMED = 100


def cost(course: Course, week: str, taken: Taken, trials: Sequence[Trial], cores: int) -> Finding:
    """Give the row: measured on the reference, projected on the roster, or else on what was handed in."""
    cpu, wall = taken.cpu[REFERENCE], taken.wall[REFERENCE]
    number, whence = hand_ins(course, week)
    hours = number * max(wall, cpu) / cores / 3600
    each = f"{wall:.0f} s a hand-in ({cpu:.0f} s CPU of the examiner's)"
    summary = f"{each}; {_time(hours)} for {number} {whence} on {cores} cores"
    defects: tuple[str, ...] = ()
    if hours > LONGEST_HOURS:
        defects = (f"Marking everybody takes {hours:.0f} hours: make the costliest checks cheaper, or use more cores.",)
    return Finding("cost", summary, defects, tuple(_checks(trials)), Origin())


def hand_ins(course: Course, week: str) -> tuple[int, str]:
    """Give how many hand-ins to expect, and how that is known."""
    people = read_roster(course.root / "roster.csv").people
    groups = len({person.group for person in people if person.group})
    size = course.assignment(week).group_size
    if people:
        return groups or -(-len(people) // size), "groups of the roster"
    submitted = len(course.groups(week))
    return (submitted, "hand-ins") if submitted else (_ASSUMED, "hand-ins (there is no roster.csv)")


def _checks(trials: Sequence[Trial]) -> Iterator[str]:
    """Give the costliest checks of the reference, on real data where there are such trials."""
    own = [trial for trial in trials if not trial.overlay]
    own = [trial for trial in own if trial.real] or own
    seconds: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for trial in own:
        for item in trial.judged:
            seconds[item.check].append((item.cpu, item.wall))
    mean = {name: [statistics.fmean(column) for column in zip(*found, strict=True)] for name, found in seconds.items()}
    ranked = sorted(mean.items(), key=lambda entry: -entry[1][0])
    if ranked:
        listed = ", ".join(f"{name} {cpu:.2g} s ({wall:.2g} s)" for name, (cpu, wall) in ranked[:COSTLIEST])
        total = sum(cpu for cpu, _ in mean.values())
        yield f"Seconds of CPU (and wall clock) a check: {listed}; all {len(ranked)} checks: {total:.2g} s."


def _time(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"

"""The deadline: local times made UTC, extensions, how late a hand-in is, and what that costs; all of it recomputable.

Moments are compared in UTC. A local time that does not exist (clocks go forward) or exists twice (clocks go back) is
taken as the later of the two moments that it may mean: nobody is late because of a change of clocks.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbviva.listing import Line, read_listing


class Policy(StrEnum):
    """What a late hand-in costs."""

    NONE = "none"
    CUTOFF = "cutoff"
    PER_HOUR = "per_hour"
    PER_DAY = "per_day"


@dataclass(frozen=True)
class Late:
    """The rule for late hand-ins: the table `[late]` of assignment.toml.

    Attributes
    ----------
    policy
        Nothing is lost (`none`); all points are (`cutoff`); or `points` for each started hour or day.
    grace_minutes
        Minutes after the deadline that cost nothing; hours and days are counted from their end.
    points
        Points for each started hour or day.
    """

    policy: Policy = Policy.NONE
    grace_minutes: float = 0.0
    points: float = 0.0


NOT_LATE = Late()


@dataclass(frozen=True)
class Extensions:
    """Deadlines of the groups that have one of their own, and what is wrong with the file."""

    by_group: Mapping[str, datetime] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def due(self, group: str, due: datetime) -> datetime:
        """Give a group's deadline, where the others' is `due`."""
        return self.by_group.get(group, due)


def in_zone(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the moment of a local time; the later one where the clocks change."""
    moments = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return max(moments).astimezone(zone)


def clock_note(local: datetime, zone: ZoneInfo) -> str:
    """Say which moment a local time is taken for, if a change of clocks leaves it open; else nothing."""
    taken = in_zone(local, zone)
    early, late = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if early == late:
        return ""
    why = "exists twice" if taken.replace(tzinfo=None) == local else "does not exist"
    return (
        f"{local:%Y-%m-%d %H:%M} {why} in {zone.key}, where the clocks change: {taken:%H:%M %Z} is taken "
        f"({taken.astimezone(UTC):%H:%M} UTC)."
    )


def lateness(handed_in: datetime | None, due: datetime) -> timedelta:
    """Give how long after the deadline a hand-in came; nothing where it was in time or its time is unknown."""
    if handed_in is None:
        return timedelta(0)
    return max(timedelta(0), handed_in.astimezone(UTC) - due.astimezone(UTC))


def late_minutes(handed_in: datetime | None, due: datetime) -> int:
    """Give how many minutes after the deadline a hand-in came, a started one counted as whole."""
    return -(-lateness(handed_in, due) // timedelta(minutes=1))


def penalty(handed_in: datetime | None, due: datetime, rule: Late, score: float) -> float:
    """Give the points that a hand-in loses for being late: from 0 to all of `score`; 0 where its time is unknown."""
    if handed_in is None or score <= 0 or rule.policy is Policy.NONE:
        return 0.0
    over = lateness(handed_in, due) - timedelta(minutes=rule.grace_minutes)
    if over <= timedelta(0):
        return 0.0
    if rule.policy is Policy.CUTOFF:
        return score
    if rule.policy is Policy.PER_HOUR:
        units = -(-over // timedelta(hours=1))
    else:
        units = _started_days(handed_in, due, timedelta(minutes=rule.grace_minutes))
    return min(score, units * rule.points)


def _started_days(handed_in: datetime, due: datetime, grace: timedelta) -> int:
    """Count days by the clock on the wall: the day after a deadline at 23:00 ends at 23:00, be it 23 or 25 hours."""
    end = (due.astimezone(UTC) + grace).astimezone(_zone(due))
    days = max(1, (handed_in.astimezone(UTC) - end.astimezone(UTC)).days - 1)
    try:
        while in_zone(end.replace(tzinfo=None) + timedelta(days=days), _zone(due)) < handed_in.astimezone(UTC):
            days += 1
    except OverflowError:  # the calendar ends with the year 9999
        return days
    return days


def _zone(moment: datetime) -> ZoneInfo:
    return moment.tzinfo if isinstance(moment.tzinfo, ZoneInfo) else ZoneInfo("UTC")


def handed_in_at(stamp: Path) -> datetime | None:
    """Read the moment (UTC) from a hand-in's timestamp.txt; None where there is none that can be read."""
    try:
        status = stamp.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > 200:
            return None
        return parse_stamp(stamp.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def parse_stamp(text: str) -> datetime | None:
    """Read a moment as nbgrader writes it, '2024-06-20 14:12:40.123456 UTC'; UTC unless it says otherwise."""
    found = re.fullmatch(r"\s*(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(\S*)\s*", text, re.ASCII)
    if not found:
        return None
    clock, zone = found.groups()
    try:
        if re.fullmatch(r"[+-]\d\d:?\d\d|Z", zone):
            return datetime.fromisoformat(clock + zone).astimezone(UTC)
        return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone or "UTC")).astimezone(UTC)
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return None


def stamp_of(moment: datetime) -> str:
    """Write a moment as nbgrader does."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def spoken_moment(moment: datetime) -> str:
    """Say a local time as the sheet does: '21.06.2024 11pm'."""
    minutes = f":{moment:%M}" if moment.minute else ""
    return f"{moment:%d.%m.%Y} {(moment.hour + 11) % 12 + 1}{minutes}{'am' if moment.hour < 12 else 'pm'}"


_COLUMNS = (("group",), ("week", "assignment"), ("due", "new due", "until", "extension", "minutes"))


def read_extensions(path: Path, week: str, due: datetime, weeks: Collection[str] = ()) -> Extensions:
    """Read a week's extensions from a list of group, week, and a new local deadline or minutes more.

    Parameters
    ----------
    weeks
        The course's weeks, to say which line is for none of them.
    """
    listing = read_listing(path, _COLUMNS, required=3)
    moments: dict[str, datetime] = {}
    problems = list(listing.problems)
    for line in listing.lines:
        group, name, _ = line.texts
        if weeks and name not in weeks:
            known = ", ".join(sorted(weeks))
            problems.append(f"{path.name}, line {line.number}: there is no week '{name[:40]}'; there are: {known}.")
        if name != week:
            continue
        moment, note = _extended(line, due)
        if note:
            problems.append(f"{path.name}, line {line.number}: {note}")
        if moment is not None and group in moments:
            problems.append(f"{path.name}, line {line.number}: '{group}' has two extensions; the longest counts.")
        if moment is not None:
            moments[group] = max(moment, moments.get(group, moment), key=lambda item: item.astimezone(UTC))
    return Extensions(moments, tuple(problems))


def _extended(line: Line, due: datetime) -> tuple[datetime | None, str]:
    group, _, text = line.texts
    zone = _zone(due)
    if not group:
        return None, "no group is named."
    try:
        if re.fullmatch(r"\+?\d{1,6}", text, re.ASCII):
            return (due.astimezone(UTC) + timedelta(minutes=int(text))).astimezone(zone), ""
        local = local_time(text)
        return in_zone(local, zone), clock_note(local, zone)
    except (ValueError, OverflowError):
        return None, f"'{text[:40]}' is neither minutes nor a local time such as 2024-06-22 23:00."


def local_time(text: str) -> datetime:
    """Read a local time, ISO's or '22.06.2024 23:00'; raises ValueError on anything else."""
    found = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})[ ,T]+(\d{1,2}):(\d\d)(?::(\d\d))?", text.strip(), re.ASCII)
    if found:
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local on purpose
    if not re.match(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d", text.strip(), re.ASCII):
        raise ValueError(text)
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment

"""One mutant on trial: the notebook with a cell of another text, asked what a hand-in is asked until a check fails.

Here code of the notebook runs beside the checks, and a mutant of it may do anything: only in a fork (`nbviva.forks`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nbviva.checks import Check, Week
from nbviva.codec import decode
from nbviva.stepwise import Rehearsal, Talk, cells_of
from nbviva.verdict import Outcome, Verdict

CLOSE = 1e-6  # relative to the largest number of an array


@dataclass(frozen=True)
class Trial:
    """What came of a mutant.

    Attributes
    ----------
    caught_by, cause
        The first check that it did not pass, and for a missing answer its kind; empty where it passed all.
    broke
        What a check of ours raised on it, which is a fault of the check.
    others
        Of those further groups whose questions it was asked because it passed, how many caught it.
    same
        Whether it gave the reference's answers to everything that it was asked.
    """

    caught_by: str = ""
    cause: str = ""
    broke: str = ""
    others: int = 0
    same: bool = False

    def to_json(self) -> str:
        """Give it as JSON text."""
        return json.dumps(asdict(self))


def failing(week: Week, texts: Mapping[str, str], secret: bytes, group: str) -> list[str]:
    """Name the checks of the week that do not pass when these cells have these texts, but for those before."""
    names = [cell.name for cell in cells_of(week.folder)]
    first = min((names.index(name) for name in texts), default=0)
    checks = [check for check in week.checks if names.index(check.exercise) > first]
    rehearsal = Rehearsal(week, checks, texts, secret, group)
    return [check.name for check in checks if rehearsal.verdict(check)[0].outcome is not Outcome.PASSED]


def attempt(
    week: Week,
    checks: list[Check],
    texts: Mapping[str, str],
    secret: bytes,
    groups: Iterable[str],
    rest: Callable[[], None],
) -> Trial:
    """Try a mutant: the first group's questions decide; where it passes, those of the others tell more.

    Parameters
    ----------
    checks
        Those that can notice it, in the order in which they are to be run.
    rest
        Called before each group's questions: to be given more time.
    """
    same, others = True, 0
    for number, group in enumerate(groups):
        rest()
        verdict, talks = _heard(week, checks, texts, secret, group)
        if verdict and not number:
            broke = verdict.detail if verdict.outcome is Outcome.ERROR else ""
            return Trial(verdict.check, verdict.cause, broke)
        others += verdict is not None
        rest()
        same = same and not verdict and _same_talks(talks, _heard(week, checks, {}, secret, group)[1])
    return Trial(others=others, same=same)


def _heard(
    week: Week, checks: list[Check], texts: Mapping[str, str], secret: bytes, group: str
) -> tuple[Verdict | None, list[Talk]]:
    """Give the first verdict that is not a pass, and what was answered before."""
    rehearsal = Rehearsal(week, checks, texts, secret, group)
    talks: list[Talk] = []
    for check in checks:
        verdict, talk = rehearsal.verdict(check)
        if verdict.outcome is not Outcome.PASSED:
            return verdict, talks
        talks.append(talk)
    return None, talks


def _same_talks(ours: list[Talk], theirs: list[Talk]) -> bool:
    return len(ours) == len(theirs) and all(map(_same_talk, ours, theirs))


def _same_talk(ours: Talk, theirs: Talk) -> bool:
    return len(ours) == len(theirs) and all(map(_same, map(decode, ours), map(decode, theirs)))


def _same(one: Any, other: Any) -> bool:
    """Compare two answers; numbers may differ by rounding."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if not isinstance(one, float | np.ndarray):
        return bool(one == other)
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype or one.dtype.kind not in "fiub":
        return one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other)
    scale = float(np.abs(other).max(initial=0.0)) if np.isfinite(other).all() else 0.0
    return np.allclose(one, other, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True)

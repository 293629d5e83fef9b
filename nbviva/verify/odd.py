"""Row of `verify` on odd answers: whatever a kernel answers, no check may end as an error of ours.

Each check is asked with answers drawn at random, all of them or one among right ones. Nothing is judged but that the
check passes or fails, and does not raise anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from nbviva.grading.examine import Examination
from nbviva.grading.rehearsal import Rehearsal, rehearsals, small
from nbviva.grading.verdict import Outcome
from nbviva.handin.sheet import Sheet
from nbviva.inside import Frames, Handle, encode
from nbviva.kernel.student import Student, Transport, listen
from nbviva.verify.row import Finding, Origin
from nbviva.week.declare import Check
from nbviva.week.draws import generators
from nbviva.week.reported import AskedNotebook
from nbviva.week.week import Week

ALL_ODD, ONE_ODD = 40, 6  # runs of a check
_TEXTS = ("", "text", "0.5", "1e999", "nan", "Correct", "True", "\N{SNOWMAN}", "-1", "0,5", "ROC-AUC: 2")


def odd_answers(week: Week, cheap: Sequence[str], secret: bytes, say: Callable[[str], None]) -> Finding:
    """Give the row.

    Parameters
    ----------
    cheap
        Names of the checks that are also asked with one odd answer among right ones.
    """
    faults = dict[str, str]()
    runs = 0
    for check in week.checks:
        say(f"odd answers: {check.name}")
        for number in range(ALL_ODD):
            faults |= _fault(_all_odd(week, check, number, secret), check)
            runs += 1
    chosen = [check for check in week.checks if check.name in cheap]
    for rehearsal in rehearsals(week, chosen):
        for check in (check for check in rehearsal.week.checks if check in chosen):
            say(f"odd answers: {check.name}, one among right ones")
            for number in range(ONE_ODD):
                faults |= _fault(_one_odd(rehearsal, check, number, secret), check)
                runs += 1
    summary = f"{runs} checks of odd answers, {len(faults)} checks fail themselves"
    return Finding("odd answers", summary, tuple(faults.values()), origin=Origin(made=runs))


def _fault(examination: Examination, check: Check) -> dict[str, str]:
    verdict = examination.verdict(replace(check, needs=()), {})
    if verdict.outcome is not Outcome.ERROR:
        return {}
    return {
        check.name: f"An odd answer makes the check '{check.name}' itself fail: {verdict.detail} Let it expect such."
    }


def _all_odd(week: Week, check: Check, number: int, secret: bytes) -> Examination:
    """Give an examination of a kernel that answers everything oddly."""
    rng = np.random.default_rng([number, *check.name.encode()])
    student = Student(lambda _frames, _seconds: encode(("ok", odd(rng))))
    given = {"sheet": Sheet(week.assignment, student), "notebook": _OddEvidence(rng), **small(week, "FIXTURES")}
    return Examination(week, student, generators(secret, week.assignment.week, f"odd {number}"), given)


def _one_odd(rehearsal: Rehearsal, check: Check, number: int, secret: bytes) -> Examination:
    """Give an examination of the reference, one of whose answers is another."""
    rng = np.random.default_rng([number, 1, *check.name.encode()])
    week, place, asked = rehearsal.week, int(rng.integers(8)), iter(range(10**9))

    def carry(transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        del asker
        answer = transport(frames, seconds)
        return encode(("ok", odd(rng))) if next(asked) == place else answer

    student = Student(rehearsal.student._transport)  # noqa: SLF001 - of the same notebook, with a listener of its own
    listen(student, carry)
    given = {**rehearsal.given, "sheet": Sheet(week.assignment, student)}
    draw = generators(secret, week.assignment.week, f"odd {number}")
    return Examination(week, student, draw, given, rehearsal.reach)


def odd(rng: np.random.Generator, depth: int = 0) -> Any:
    """Draw a plain value that nobody expects, or an object that stays in the kernel."""
    leaves: list[Callable[[], Any]] = [
        lambda: None,
        lambda: bool(rng.integers(2)),
        lambda: int(rng.integers(-3, 4)),
        lambda: 10 ** int(rng.integers(400)),
        lambda: float(rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-320, 1e308, 0.5])),
        lambda: _TEXTS[int(rng.integers(len(_TEXTS)))],
        lambda: b"bytes",
        lambda: complex(float(rng.integers(2)), float(rng.choice([0.0, 1.0, np.nan]))),
        lambda: frozenset({1, "one"}),
        lambda: (date(2024, 2, 29), timedelta(days=1))[int(rng.integers(2))],
        lambda: Handle(int(rng.integers(9))),
        lambda: _array(rng),
    ]
    branches: list[Callable[[], Any]] = [
        lambda: [odd(rng, depth + 1) for _ in range(int(rng.integers(4)))],
        lambda: tuple(odd(rng, depth + 1) for _ in range(int(rng.integers(4)))),
        lambda: {_name(rng): odd(rng, depth + 1) for _ in range(int(rng.integers(4)))},
    ]
    options = leaves + branches * (depth < 3)
    return options[int(rng.integers(len(options)))]()


def _name(rng: np.random.Generator) -> Any:
    names = ("weight", "bias", "0.weight", "first.weight", "gamma", "parametrizations.weight.original1", "", 3, None)
    return names[int(rng.integers(len(names)))]


def _array(rng: np.random.Generator) -> Any:
    shape = tuple(int(n) for n in rng.integers(0, 6, int(rng.integers(5))))
    kind = rng.choice(["<f4", "<f8", "<i8", "|b1", "<c16"])
    values = rng.choice([0.0, 1.0, -1.0, 1e30, np.nan, 0.25], size=shape)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(values).astype(kind)


class _OddEvidence(AskedNotebook):
    """What the notebook shows, at random."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def printed(self, cell: str) -> str:
        """Some text."""
        del cell
        return "\n".join(_TEXTS[int(i)] for i in self._rng.integers(len(_TEXTS), size=3))

    def figures(self, cell: str) -> int:
        """Pictures or none."""
        del cell
        return int(self._rng.integers(2))

    def ran_here(self, cell: str) -> bool:
        """Either."""
        del cell
        return bool(self._rng.integers(2))

    def uses(self, question: str, *patterns: str) -> tuple[str, ...]:
        """All of them, or none."""
        del question
        return patterns * int(self._rng.integers(2))

"""One mutant on trial: the notebook with a cell of another text, asked what a hand-in is asked until a check fails.

Code of the notebook runs beside the checks here, and a mutant of it may do anything: only in a fork (`forks`).
`nbviva.verify.trials` is for answers that a person wrote: it runs all checks, to the end, and times them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module

from nbviva.grading.examine import one_by_one
from nbviva.grading.own_cells import cells_of
from nbviva.grading.rehearsal import Instead, Rehearsal, small
from nbviva.grading.verdict import Outcome, Verdict
from nbviva.inside import Frames
from nbviva.kernel.student import Transport, listen
from nbviva.verify.mutation.talks import Talk, as_text, from_text, same_talk
from nbviva.week.declare import Check
from nbviva.week.source import imports_of, source_notebook
from nbviva.week.week import Week


def warm_up(week: Week) -> None:
    """Read the notebook and import what it imports, and what asking it does, so that a fork need not."""
    import_module("numpy.random")  # which NumPy imports at its first use
    cells_of(week.folder, week.assignment.notebook)
    small(week, "NAMES")
    import_for(week)


def import_for(week: Week) -> None:
    """Import what the notebooks import, once for all forks; what cannot be is their own affair."""
    for name in imports_of(source_notebook(week)):
        with suppress(ImportError):
            import_module(name)


@dataclass(frozen=True)
class MutantTrial:
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
    names = [cell.name for cell in cells_of(week.folder, week.assignment.notebook)[0]]
    first = min((names.index(name) for name in texts), default=0)
    checks = [check for check in week.checks if names.index(check.exercise) > first]
    asked = one_by_one(Rehearsal(week, checks, Instead(texts)).examination(secret, group), checks)
    return [check.name for check, verdict in asked if verdict.outcome is not Outcome.PASSED and check in checks]


def attempt(
    week: Week,
    checks: list[Check],
    instead: Instead,
    secret: bytes,
    groups: Iterable[str],
    rest: Callable[[], None],
    before: Callable[[str], str],
) -> MutantTrial:
    """Try a mutant: the first group's questions decide; where it passes, those of the others tell more.

    Parameters
    ----------
    checks
        Those that can notice it, in the order in which they are to be run.
    rest
        Called before each group's questions: to be given more time.
    before
        Gives what the same without the slip answers to the questions of a group, as `answers` does.
    """
    same, others = True, 0
    for number, group in enumerate(groups):
        rest()
        verdict, talk = _heard(week, checks, instead, secret, group)
        if verdict and not number:
            broke = verdict.detail if verdict.outcome is Outcome.ERROR else ""
            return MutantTrial(verdict.check, verdict.cause, broke)
        others += verdict is not None
        rest()
        same = same and not verdict and same_talk(talk, from_text(before(group)))
    return MutantTrial(others=others, same=same)


def answers(week: Week, checks: list[Check], instead: Instead, secret: bytes, group: str) -> str:
    """Give all that is answered to the questions of these checks, up to the first that does not pass, as text."""
    return as_text(_heard(week, checks, instead, secret, group)[1])


def _heard(week: Week, checks: list[Check], instead: Instead, secret: bytes, group: str) -> tuple[Verdict | None, Talk]:
    """Give the first verdict that is not a pass, and all that was answered."""
    rehearsal, talk = Rehearsal(week, checks, instead), Talk()

    def hear(transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        del asker
        talk.append(transport(frames, seconds))
        return talk[-1]

    listen(rehearsal.student, hear)
    verdicts = (verdict for _, verdict in one_by_one(rehearsal.examination(secret, group), checks))
    return next((verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED), None), talk

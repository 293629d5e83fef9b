"""What a person has to look at in a marked class, what has no mark first: a sentence each, grouped by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Report
from nbviva.handin.sheet import DIFFERS


class FaultKind(StrEnum):
    """The kinds of faults in the order in which a person looks at them."""

    PERSON = "For a person"
    ERROR = "Our own check failed"
    UNMARKED = "Not marked yet"
    REQUEST = "Asks to look again"
    UNSANDBOXED = "Marked without a sandbox"
    DEAD = "The kernel died"
    UNREAD = "No notebook could be read"
    FLAGGED = "Flagged while marking"
    DIFFERS = "Sheet and notebook disagree"
    LATE = "Handed in late"


ADVICE = {
    FaultKind.ERROR: (
        "Nobody lost points by these. Mend the check, then run nbviva grade again: only these are marked anew."
    ),
    FaultKind.PERSON: (
        "No mark stands until somebody gives it in the formgrader (make lab), or takes what nbviva would give: "
        "nbviva confirm WEEK GROUP."
    ),
    FaultKind.UNMARKED: "Run nbviva grade: there is no report on these.",
    FaultKind.REQUEST: "nbviva requests WEEK shows each beside its audit, and notes what is decided.",
    FaultKind.UNSANDBOXED: "Their code ran beside the examiner. Grade them again without --unsandboxed.",
    FaultKind.DEAD: "What was asked after the kernel's death counts as no answer.",
    FaultKind.UNREAD: "They have no points. The sentence says what is wrong with the file.",
    FaultKind.FLAGGED: "Cells that were missing or changed, sheets with problems, messages that were dropped.",
    FaultKind.DIFFERS: "The sheet counts; where the notebook's answer is right, somebody may ask.",
    FaultKind.LATE: "By the rule of assignment.toml, with extensions.",
}


@dataclass(frozen=True)
class Fault:
    """One thing to look at.

    Attributes
    ----------
    group
        Whose hand-in it is: a group's name, or its pseudonym.
    personal
        Whether the sentence may hold words of the hand-in, such as a file's name.
    """

    kind: FaultKind
    group: str
    sentence: str
    personal: bool = False


def faults_of(report: Report, *, decided: bool = False) -> Iterator[Fault]:
    """Give what a report says that a person has to know.

    Parameters
    ----------
    decided
        Whether a person has given the marks that were missing: then a doubt is only told.
    """
    for doubt in report.doubts:
        yield Fault(FaultKind.FLAGGED if decided else FaultKind.PERSON, report.group, doubt.sentence, personal=True)
    numbers = {mark.question: f"{mark.number} {mark.title}" for mark in report.marks}
    for verdict in report.verdicts:
        if verdict.outcome is Outcome.ERROR:
            yield Fault(FaultKind.ERROR, report.group, f"{numbers[verdict.exercise]}: {verdict.detail}")
        if DIFFERS in verdict.detail:
            yield Fault(FaultKind.DIFFERS, report.group, f"{numbers[verdict.exercise]}: {verdict.detail}")
    if report.sandbox == "none":
        yield Fault(FaultKind.UNSANDBOXED, report.group, "The report says that there was no sandbox.")
    yield from _not_run(report)
    told = {verdict.detail for verdict in report.verdicts if verdict.cause == NO_NOTEBOOK}
    for note in report.notes:
        if not any(detail.startswith(note) for detail in told):
            yield Fault(FaultKind.FLAGGED, report.group, note, personal=True)


def _not_run(report: Report) -> Iterator[Fault]:
    unread = next((verdict for verdict in report.verdicts if verdict.cause == NO_NOTEBOOK), None)
    if unread is not None:
        yield Fault(FaultKind.UNREAD, report.group, unread.detail, personal=True)
    dead = [verdict for verdict in report.verdicts if verdict.cause == "Died"]
    if dead:
        asked = "one check" if len(dead) == 1 else f"{len(dead)} checks"
        yield Fault(FaultKind.DEAD, report.group, f"{asked} had no answer. {dead[0].detail}")


def was_read(report: Report) -> bool:
    """Whether a notebook was there and could be read; of a week's several one is enough."""
    causes = {verdict.cause for verdict in report.verdicts}
    return causes != {NO_NOTEBOOK}


def counts(faults: tuple[Fault, ...]) -> tuple[tuple[FaultKind, int], ...]:
    """Give the number of hand-ins with each kind of fault, in the order of the kinds, without those that nobody has."""
    found = {kind: len({fault.group for fault in faults if fault.kind is kind}) for kind in FaultKind}
    return tuple((kind, number) for kind, number in found.items() if number)

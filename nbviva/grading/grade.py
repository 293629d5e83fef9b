"""Submission to Report: the one function that joins reading, running, asking and judging."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

from nbviva.grading.bound import Overspent, bounded
from nbviva.grading.evidence import (
    make_harmless,
)
from nbviva.grading.running import TemplateGone, examined_alone
from nbviva.grading.several import Examined, alike, apart, together
from nbviva.grading.submission import Graded, Submission
from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Report, mark
from nbviva.handin.doubt import Doubt
from nbviva.handin.notebook import FramedNotebook, joined
from nbviva.kernel.transcript import Ran, Transcript
from nbviva.notebooks import copy
from nbviva.week.week import Week


def grade(submission: Submission, transcript: bytes | None = None) -> Graded:
    """Grade one hand-in.

    It raises nothing for anything that a hand-in contains or does. A kernel that does not start is our fault: every
    check ends as an error, and the report has no digest, so that it is not taken for a fresh one.

    Parameters
    ----------
    transcript
        Of an earlier grading: it answers in the place of a kernel, and no code of the student's runs.

    Raises
    ------
    NotAsked
        If a transcript was given that is not true any more, or has no answer to what is asked today.
    TooBusy
        If it has to be run again alone, and is not alone.
    """
    bound = bounded() if submission.room.sandboxed else nullcontext()  # else a kernel of ours would inherit it
    try:
        with bound:
            return _grade(submission, transcript)
    except Overspent as why:
        return ungraded(submission, f"{why} A person has to look at this hand-in.")
    finally:
        submission.handin.tidy()


def _grade(submission: Submission, transcript: bytes | None) -> Graded:
    started = time.monotonic()
    parts = submission.handin.framed()
    try:
        found = _examined(submission, parts, transcript)
    except TemplateGone:
        return _grade(replace(submission, room=replace(submission.room, template="")), transcript)
    seconds = round(time.monotonic() - started, 3)
    return _graded(submission, joined(parts), replace(found, seconds={"total": seconds, **found.seconds}))


def ungraded(submission: Submission, sentence: str) -> Graded:
    """Leave every question of a hand-in to a person, since we could not grade it; the sentence says why.

    It is not read: reading it may be what cost too much. The release's notebook stands in its place.
    """
    found = Examined(alike(submission.week, Outcome.ERROR, sentence, "NotGraded"))
    return Graded(_report(submission, found, (), ()), copy(submission.handin.template), b"")


def _graded(submission: Submission, framed: FramedNotebook, found: Examined) -> Graded:
    handin = submission.handin
    noted = dict.fromkeys(Doubt(text, (verdict.exercise,)) for verdict in found.verdicts for text in verdict.doubts)
    doubts = (*handin.doubts, *framed.doubts, *found.doubts, *noted)
    make_harmless(framed, handin.template)
    notes = tuple(note for note in (*handin.notes, *framed.notes, *found.notes) if Doubt(note) not in doubts)
    return Graded(_report(submission, found, notes, doubts), framed.notebook, found.transcript)


def _report(submission: Submission, found: Examined, notes: tuple[str, ...], doubts: tuple[Doubt, ...]) -> Report:
    return Report(
        week=submission.week.assignment.week,
        group=submission.handin.group,
        digest=submission.digest if found.transcript else "",
        sandbox=found.kept_in,
        verdicts=found.verdicts,
        marks=tuple(mark(question, found.verdicts, doubts) for question in submission.week.assignment.questions),
        notes=notes,
        seconds=found.seconds,
        memory=found.memory,
        doubts=doubts,
    )


def _examined(
    submission: Submission, parts: Mapping[str, FramedNotebook], transcript: bytes | None
) -> Examined:  # fmt: skip
    """Run and ask each notebook of a hand-in, one after the other; none where none can be read."""
    week, broken = submission.week, submission.handin.broken
    if broken:
        return _not_there(week, f'{broken} "{week.assignment.rule}"')
    weeks, kept = week.apart(), apart(transcript, parts)
    each = {
        name: _not_there(weeks[name], framed.absent) if framed.absent
        else examined_alone(replace(submission, part=weeks[name]), framed, kept[name])
        for name, framed in parts.items()
    }  # fmt: skip
    found = together(week, each)
    return found if transcript is None else replace(found, transcript=transcript)


def _not_there(week: Week, sentence: str) -> Examined:
    verdicts = alike(week, Outcome.FAILED, sentence, NO_NOTEBOOK)
    return Examined(verdicts, transcript=Transcript(Ran()).to_bytes())

"""Submission to Report: the one function that joins reading, running, asking and judging."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from nbviva.adopt.outside import outside_tests
from nbviva.grading.bound import Overspent, bounded
from nbviva.grading.digest import run_causes
from nbviva.grading.evidence import (
    Evidence,
    forget_hidden_inputs,
    is_missed,
    make_harmless,
    only_shown,
    stages,
    stand_ins,
)
from nbviva.grading.examine import Examination, askers, examine, put_last, unasked
from nbviva.grading.runs import BUSY, Step, held
from nbviva.grading.several import Examined, apart, together
from nbviva.grading.submission import Graded, Submission
from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Report, Verdict, mark
from nbviva.handin.doubt import Doubt
from nbviva.handin.notebook import FramedNotebook, joined
from nbviva.handin.sheet import Sheet
from nbviva.handin.written import Written
from nbviva.inside import Frames
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.recording import NotAsked, Recorder, ReplayStudent
from nbviva.kernel.room import stage
from nbviva.kernel.sitting import RunEnd, Sitting, StartFailed, Tell
from nbviva.kernel.student import Listener, Transport, explain, listen
from nbviva.kernel.transcript import Ran, Transcript
from nbviva.notebooks import copy, grade_id, tags
from nbviva.processes.job import held_to_threads
from nbviva.sandbox import scratch
from nbviva.sandbox.fork_server import answers
from nbviva.week.shown import SHOWN
from nbviva.week.source import TRAINING
from nbviva.week.week import Week


class ShownIsNeeded(Exception):
    """A cell failed behind one that is only shown and was left out: the notebook is run again with all of them."""


class TemplateGone(Exception):
    """No kernel can be forked any more, or the one that we had ended with its template: one has to be started."""


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
    found = Examined(_left(submission.week, sentence, "NotGraded"))
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
    found = together(week, {
        name: _examined_alone(replace(submission, part=weeks[name]), framed, kept[name])
        for name, framed in parts.items()
    })  # fmt: skip
    return found if transcript is None else replace(found, transcript=transcript)


def _not_there(week: Week, sentence: str) -> Examined:
    verdicts = _alike(week, Outcome.FAILED, sentence, NO_NOTEBOOK)
    return Examined(verdicts, transcript=Transcript(Ran()).to_bytes())


def _examined_alone(submission: Submission, framed: FramedNotebook, transcript: Transcript | None) -> Examined:
    if framed.absent:
        return _not_there(submission.week, framed.absent)
    causes = _causes(submission, framed)
    if transcript is not None:
        return _replayed(submission, framed, causes, transcript)
    try:
        return _asked_anew(submission, framed, causes)
    except StartFailed as error:
        if submission.room.template:
            raise TemplateGone from error
        return Examined(_left(submission.week, str(error), "StartFailed"))


def _causes(submission: Submission, framed: FramedNotebook) -> dict[str, str]:
    cells = [
        (index, grade_id(cell), cell.source, *(tag in tags(cell) for tag in (TRAINING, SHOWN)), index in framed.lacking)
        for index, cell in enumerate(framed.notebook.cells)
        if cell.cell_type == "code"
    ]
    draws = submission.draw("transcript").bytes(32)
    tests = outside_tests(submission.week, submission.given)
    place = (submission.room, submission.clock, *([tests.told] if tests else []))
    handin = submission.handin
    staged = (path for _, path in handin.staged())
    return run_causes(handin.came, handin.files, submission.given, cells, draws, place, staged)


def _asked_anew(submission: Submission, framed: FramedNotebook, causes: dict[str, str]) -> Examined:
    """Run the hand-in, and again where `held` says so; a kernel that does not start is started once more."""
    blank = copy(framed.notebook)

    def run(step: Step) -> tuple[Examined, RunEnd]:
        framed.notebook.cells = copy(blank).cells
        try:
            return _run(submission, framed, causes, step)
        except StartFailed:
            return _run(submission, framed, causes, step)

    try:
        found, doubt = held(run, submission.turn)
    except ShownIsNeeded:
        framed.notebook.cells = blank.cells
        return _asked_anew(replace(submission, runs_shown=True), framed, causes)
    return _doubtful(found, doubt) if doubt else found


def _doubtful(found: Examined, sentence: str) -> Examined:
    """Leave all to a person; where the machine was too busy the report is not fresh, so that it is graded again."""
    doubts = (Doubt(sentence),)
    if sentence == BUSY:
        return replace(found, doubts=doubts, transcript=b"")
    read = Transcript.from_bytes(found.transcript)
    return replace(found, doubts=doubts, transcript=replace(read, ran=replace(read.ran, doubt=sentence)).to_bytes())


def _run(submission: Submission, framed: FramedNotebook, causes: dict[str, str], step: Step) -> tuple[Examined, RunEnd]:
    started = time.monotonic()
    with scratch.folder() as place:
        stage(submission.handin.staged(), submission.given, Path(place))
        about = (Path(place), submission.room, submission.clock, submission.tell)
        tests = outside_tests(submission.week, submission.given)
        with KernelStudent(*about, until=step.until, outside=tests) as kernel:
            last = step.last or stages(framed).get(-1 if step.until is None else step.until, "")
            recorder = Recorder(kernel, last, len(submission.handin.assignment.notebooks))
            listen(kernel.student, _teller(submission.tell))
            found = _sit(submission, framed, recorder)
            if kernel.death and submission.room.template and not answers(submission.room.template):
                raise TemplateGone  # and took the kernel along: that is no fault of the student's
            transcript = recorder.transcript(causes, time.monotonic() - started, kernel.peak_memory)
    found = replace(found, transcript=transcript.to_bytes(), memory=transcript.ran.memory)
    return found, _told(submission.week, recorder)


def _told(week: Week, recorder: Recorder) -> RunEnd:
    """Give how a run ended, and whether who asked at the end had been put last."""
    last = recorder.end.asker in askers(week, put_last(week, recorder.last))
    return replace(recorder.end, last=last)


def _teller(tell: Tell) -> Listener:
    def carry(transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        tell(f"asking for {asker}")
        return transport(frames, seconds)

    return carry


def _replayed(submission: Submission, framed: FramedNotebook, causes: dict[str, str], read: Transcript) -> Examined:
    changed = [name for name, digest in causes.items() if read.ran.causes.get(name) != digest]
    if changed:
        raise NotAsked(f"What was run has changed: {', '.join(changed)}.")
    ran = not any(index in read.ran.called for index in only_shown(framed))
    try:
        found = _sit(replace(submission, runs_shown=ran), framed, ReplayStudent(read))
    except ShownIsNeeded as error:
        raise NotAsked("A cell that was only shown has to be run.") from error
    doubts = (Doubt(read.ran.doubt),) if read.ran.doubt else ()
    seconds = {"total": read.ran.seconds}
    return replace(found, seconds=seconds, memory=read.ran.memory, doubts=doubts)


def _sit(submission: Submission, framed: FramedNotebook, sitting: Sitting) -> Examined:
    """Run the notebook and ask all questions, in a kernel or from a transcript.

    Our own numbers are computed by one thread: their last digits must not depend on the machine's number of cores.
    """
    with held_to_threads(1):
        return _sit_through(submission, framed, sitting)


def _sit_through(submission: Submission, framed: FramedNotebook, sitting: Sitting) -> Examined:
    week, student, ran_here = submission.week, sitting.student, set[str]()
    sheet = Sheet(week.assignment, student, submission.handin.sheet.filled)
    given = {"sheet": sheet, "notebook": Evidence(framed.notebook, ran_here)}
    explain(student, Written(framed.notebook))
    examination = Examination(week, student, submission.draw, given)
    shown = {} if submission.runs_shown else only_shown(framed)
    standing_in = stand_ins(examination, framed, ran_here, shown)
    sitting.run(framed.notebook, standing_in, None if week.assignment.adopted else stages(framed))
    if is_missed(framed, shown) and not (sitting.death or sitting.left_out):
        raise ShownIsNeeded
    verdicts = examine(examination, sitting.last)
    forget_hidden_inputs(framed, min((i for i, call in standing_in.items() if call is not dict), default=None))
    notes = tuple(_notes(sitting))
    sitting.settle(unasked(examination, verdicts))
    return Examined(verdicts, notes, sitting.kept_in)


def _notes(sitting: Sitting) -> Iterator[str]:
    if sitting.death:
        yield f"The kernel ended early. {sitting.death}"
    if sitting.left_out:
        yield sitting.left_out
    if sitting.dropped:
        yield "The kernel sent messages that no kernel of ours sends; they were dropped."


def _left(week: Week, sentence: str, cause: str) -> tuple[Verdict, ...]:
    return _alike(week, Outcome.ERROR, sentence, cause)


def _alike(week: Week, outcome: Outcome, detail: str, cause: str) -> tuple[Verdict, ...]:
    return tuple(Verdict(c.name, c.exercise, outcome, c.sentence, detail, cause) for c in week.checks)

"""One notebook of a hand-in, run and asked in a kernel, or answered for by its transcript."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nbviva.grading.digest import run_causes
from nbviva.grading.evidence import Evidence, forget_hidden_inputs, is_missed, only_shown, stages, stand_ins
from nbviva.grading.examine import Examination, asks_last, examine, unasked
from nbviva.grading.runs import BUSY, Step, held
from nbviva.grading.several import Examined, alike
from nbviva.grading.submission import Submission
from nbviva.grading.verdict import Outcome
from nbviva.handin.doubt import Doubt
from nbviva.handin.notebook import FramedNotebook
from nbviva.handin.sheet import Sheet
from nbviva.handin.written import Written
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.recording import NotAsked, Recorder, ReplayStudent
from nbviva.kernel.room import stage
from nbviva.kernel.sitting import RunEnd, Sitting, StartFailed
from nbviva.kernel.student import explain
from nbviva.kernel.transcript import Transcript
from nbviva.notebooks import SHOWN, TRAINING, copy, grade_id, tags
from nbviva.processes.job import held_to_threads
from nbviva.sandbox import scratch
from nbviva.sandbox.fork_server import answers


class ShownIsNeeded(Exception):
    """A cell failed behind one that is only shown and was left out: the notebook is run again with all of them."""


class TemplateGone(Exception):
    """No kernel can be forked any more, or the one that we had ended with its template: one has to be started."""


def examined_alone(submission: Submission, framed: FramedNotebook, transcript: Transcript | None) -> Examined:
    """Run and ask one notebook, or let its transcript answer.

    Raises
    ------
    NotAsked
        If a transcript was given that is not true any more, or has no answer to what is asked today.
    TemplateGone
        If the kernel has to be started, and not forked.
    TooBusy
        If it has to be run again alone, and is not alone.
    """
    causes = _causes(submission, framed)
    if transcript is not None:
        return _replayed(submission, framed, causes, transcript)
    try:
        return _asked_anew(submission, framed, causes)
    except StartFailed as error:
        if submission.room.template:
            raise TemplateGone from error
        return Examined(alike(submission.week, Outcome.ERROR, str(error), "StartFailed"))


def _causes(submission: Submission, framed: FramedNotebook) -> dict[str, str]:
    cells = [
        (index, grade_id(cell), cell.source, *(tag in tags(cell) for tag in (TRAINING, SHOWN)), index in framed.lacking)
        for index, cell in enumerate(framed.notebook.cells)
        if cell.cell_type == "code"
    ]
    draws = submission.draw("transcript").bytes(32)
    tests, handin = submission.tests, submission.handin
    place = (submission.room, submission.clock, *([tests.told] if tests else []))
    staged = (path for _, path in submission.staged)
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
        stage(submission.staged, submission.given, Path(place))
        about = (Path(place), submission.room, submission.clock, submission.tell)
        with KernelStudent(*about, until=step.until, outside=submission.tests) as kernel:
            times = {"waited": submission.turn.waited, "started": time.monotonic() - started}
            last = step.last or stages(framed).get(-1 if step.until is None else step.until, "")
            recorder = Recorder(kernel, last, len(submission.handin.assignment.notebooks), submission.tell)
            found = _sit(submission, framed, recorder)
            if kernel.death and submission.room.template and not answers(submission.room.template):
                raise TemplateGone  # and took the kernel along: that is no fault of the student's
            times = {name: round(seconds, 3) for name, seconds in (times | found.seconds).items()}
            transcript = recorder.transcript(causes, time.monotonic() - started, kernel.peak_memory, times)
    found = replace(found, transcript=transcript.to_bytes(), memory=transcript.ran.memory, seconds=times)
    return found, replace(recorder.end, last=asks_last(submission.week, recorder.last, recorder.end.asker))


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
    seconds = {"total": read.ran.seconds, **read.ran.times}
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
    began = time.monotonic()
    sitting.run(framed.notebook, standing_in, None if week.assignment.adopted else stages(framed))
    if is_missed(framed, shown) and not (sitting.death or sitting.left_out):
        raise ShownIsNeeded
    ran = time.monotonic()
    verdicts = examine(examination, sitting.last)
    forget_hidden_inputs(framed, min((i for i, call in standing_in.items() if call is not dict), default=None))
    notes = tuple(_notes(sitting))
    sitting.settle(unasked(examination, verdicts))
    seconds = {"ran": ran - began, "asked": time.monotonic() - ran}
    return Examined(verdicts, notes, sitting.kept_in, seconds=seconds)


def _notes(sitting: Sitting) -> Iterator[str]:
    if sitting.death:
        yield f"The kernel ended early. {sitting.death}"
    if sitting.left_out:
        yield sitting.left_out
    if sitting.dropped:
        yield "The kernel sent messages that no kernel of ours sends; they were dropped."

"""Submission to Report: the one function that joins reading, running, asking and judging."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbviva.checks import Draw, Examination, Week, examine
from nbviva.handin import Handin, is_locked, read_handin, regular_files
from nbviva.kernel import KernelStudent, StandIn, StartFailed
from nbviva.notebooks import NotebookNode, new_output
from nbviva.outputs import clean, figures, literal, printed
from nbviva.paper import counting_form
from nbviva.room import Clock, Room
from nbviva.sheet import Sheet
from nbviva.source import TRAINING, grade_id, release_template, source_notebook, tags
from nbviva.spec import Question
from nbviva.verdict import NO_NOTEBOOK, Mark, Outcome, Report, Verdict, combine

MAX_EXTRA_BYTES = 50 << 20
_NOT_SHOWN = {"kind": "stream", "name": "stdout", "text": "[Run after hidden questions: the output is not shown.]"}
MAX_EXTRA_FILES = 1000


@dataclass(frozen=True)
class Submission:
    """What is to be graded: a folder, for a week. `data` is the folder of files that the release gives out."""

    week: Week
    group: str
    folder: Path
    data: Path
    draw: Draw
    digest: str = ""
    room: Room = field(default_factory=Room)
    clock: Clock = field(default_factory=Clock)


class Evidence:
    """What the hand-in's notebook shows under a cell: what was handed in there, or else what its run gave."""

    def __init__(self, notebook: NotebookNode, fresh: set[str]) -> None:
        self._cells = {name: cell for cell in notebook.cells if (name := grade_id(cell)) and cell.cell_type == "code"}
        self._fresh = fresh

    def printed(self, cell: str) -> str:
        """All text under a cell."""
        return printed(clean(self._cells[cell].outputs))

    def figures(self, cell: str) -> int:
        """The number of pictures under a cell."""
        return figures(clean(self._cells[cell].outputs))

    def fresh(self, cell: str) -> bool:
        """Whether a training cell was handed in without outputs, so that it was run when graded."""
        return cell in self._fresh


def grade(submission: Submission) -> tuple[Report, NotebookNode]:
    """Grade one hand-in; give its report and its notebook as it ran, with harmless outputs.

    It raises nothing for anything that a hand-in contains or does. A kernel that does not start is our fault: every
    check ends as an error, and the report has no digest, so that it is not taken for a fresh one.
    """
    started = time.monotonic()
    week = submission.week
    template = release_template(source_notebook(week))
    handin = read_handin(submission.folder, submission.group, week.assignment.notebook, template)
    digest = submission.digest
    if handin.broken:
        found = _Examined(_alike(week, Outcome.FAILED, f'{handin.broken} "{week.assignment.rule}"', NO_NOTEBOOK))
    else:
        try:
            found = _run_and_examine(submission, handin)
        except StartFailed as error:
            found, digest = _Examined(_alike(week, Outcome.ERROR, str(error), "StartFailed")), ""
    _make_harmless(handin)
    report = Report(
        week=week.assignment.week,
        group=submission.group,
        digest=digest,
        sandbox=found.kept_in,
        verdicts=found.verdicts,
        marks=tuple(mark(question, found.verdicts) for question in week.assignment.questions),
        notes=(*handin.notes, *found.notes),
        seconds={"total": round(time.monotonic() - started, 3)},
    )
    return report, handin.notebook


@dataclass(frozen=True)
class _Examined:
    """What running and asking gave."""

    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()
    kept_in: str = "nothing was run"


def _run_and_examine(submission: Submission, handin: Handin) -> _Examined:
    week = submission.week
    with tempfile.TemporaryDirectory(prefix="nbviva-") as place:
        stage(submission.folder, submission.data, Path(place))
        with KernelStudent(Path(place), submission.room, submission.clock) as kernel:
            kept_in = kernel.kept_in
            fresh: set[str] = set()
            filled, problems = counting_form(submission.folder, week.assignment)
            given = {
                "sheet": Sheet(week.assignment, kernel.student, filled),
                "notebook": Evidence(handin.notebook, fresh),
            }
            examination = Examination(week, kernel.student, submission.draw, given)
            stand_ins = _stand_ins(examination, handin, fresh)
            kernel.run(handin.notebook, stand_ins)
            verdicts = examine(examination)
            _forget_hidden_inputs(handin, min((i for i, call in stand_ins.items() if call is not dict), default=None))
            return _Examined(verdicts, (*_notes(kernel), *problems), kept_in)


def _forget_hidden_inputs(handin: Handin, asked: int | None) -> None:
    """Show what was handed in under the cells that ran after hidden questions: they could print what was asked."""
    for cell in handin.notebook.cells[len(handin.notebook.cells) if asked is None else asked + 1 :]:
        if cell.cell_type == "code" and cell.outputs:
            cell.outputs = clean(list(handin.saved.get(grade_id(cell) or "", []))) or [new_output(**_NOT_SHOWN)]


def _notes(kernel: KernelStudent) -> Iterator[str]:
    if kernel.death:
        yield f"The kernel ended early. {kernel.death}"
    if kernel.dropped:
        yield "The kernel sent messages that no kernel of ours sends; they were dropped."


def _make_harmless(handin: Handin) -> None:
    """Leave of the notebook what may be shown: no number, prose or output of it is more than text and pictures."""
    for cell in handin.notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = clean(cell.outputs)
        elif "nbgrader" not in cell.metadata or not is_locked(cell):
            cell.source = literal(cell.source)


def stage(handin: Path, data: Path, place: Path) -> None:
    """Copy what the kernel may see into its working copy: the hand-in's own files, and the release's data over them."""
    budget = MAX_EXTRA_BYTES
    for path in itertools.islice(regular_files(handin), MAX_EXTRA_FILES):
        budget -= path.lstat().st_size
        if path.suffix != ".ipynb" and budget >= 0:
            target = place / path.relative_to(handin)
            with contextlib.suppress(PermissionError):  # the run says that the file is missing
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    if data.is_dir():
        shutil.rmtree(place / "data", ignore_errors=True)
        (place / "data").unlink(missing_ok=True)
        shutil.copytree(data, place / "data")


def _stand_ins(examination: Examination, handin: Handin, fresh: set[str]) -> dict[int, StandIn]:
    """Decide what is not run: lacking cells, and training whose outputs were handed in (its names come from us)."""
    stand_ins: dict[int, StandIn] = dict.fromkeys(handin.skipped, dict)
    for index, cell in enumerate(handin.notebook.cells):
        name = grade_id(cell)
        if name is None or TRAINING not in tags(cell):
            continue
        outputs = clean(list(handin.saved.get(name, [])))
        if printed(outputs).strip() or figures(outputs):
            cell.outputs = outputs
            stand_ins[index] = _standing_in(examination, name)
        else:
            fresh.add(name)
    return stand_ins


def _standing_in(examination: Examination, cell: str) -> StandIn:
    fixture = examination.week.stand_ins.get(cell)
    return dict if fixture is None else lambda: examination.names(fixture)


def _alike(week: Week, outcome: Outcome, detail: str, cause: str) -> tuple[Verdict, ...]:
    return tuple(Verdict(c.name, c.exercise, outcome, c.sentence, detail, cause) for c in week.checks)


def mark(question: Question, verdicts: tuple[Verdict, ...]) -> Mark:
    """Give the mark of a question from its verdicts: all or nothing, and none where our own check failed."""
    outcome = combine([verdict.outcome for verdict in verdicts if verdict.exercise == question.name])
    points = {Outcome.PASSED: question.points, Outcome.ERROR: None}.get(outcome, 0.0)
    return Mark(question.name, question.number, question.title, points, question.points, question.bonus, outcome)

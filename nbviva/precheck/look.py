"""Looks at a hand-in before it is handed in: what will be taken, what is missing, what does not fit together.

It uses what marking uses to read notebook and sheet, so its sentences are those of the feedback page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbviva.handin.door import Handin
from nbviva.handin.notebook import FramedNotebook
from nbviva.handin.recognise import normal
from nbviva.handin.sheet import Sheet
from nbviva.handin.walk import walk
from nbviva.handin.written import Written, defined_in
from nbviva.kernel.outputs import clean, figures, printed
from nbviva.kernel.room import Clock
from nbviva.naming import answer_cell, question_of
from nbviva.notebooks import SHOWN, TRAINING, NotebookNode, as_parts, grade_id, is_answer, is_test, tags
from nbviva.precheck.description import Description
from nbviva.precheck.run import UNKNOWN, PlainRun, as_it_lies, run
from nbviva.week.compare import Mismatch
from nbviva.week.reported import ShownOutputs, supported
from nbviva.week.spec import Assignment, Kind, Question
from nbviva.week.week import GivenNotebooks, Week


@dataclass(frozen=True)
class Remark:
    """A sentence on a hand-in; `question` is empty where it is about all of it.

    Attributes
    ----------
    missing
        Whether something has to be done; else it is only to be known.
    """

    sentence: str
    question: str = ""
    missing: bool = True


@dataclass(frozen=True)
class Looked:
    """What was found.

    Attributes
    ----------
    taken
        The files that will be taken as notebook and sheet.
    fingerprint
        What `collect` shows, too, when the same files have arrived.
    """

    week: str
    taken: tuple[str, ...]
    remarks: tuple[Remark, ...]
    fingerprint: str
    ran: bool

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return not any(remark.missing for remark in self.remarks)


class _Shown(ShownOutputs):
    """What is saved under the cells of a notebook, as evidence."""

    def __init__(self, saved: Mapping[str, list[Any]]) -> None:
        self._saved = saved

    def printed(self, cell: str) -> str:
        """All text under a cell."""
        return printed(clean(list(self._saved.get(cell, []))))

    def figures(self, cell: str) -> int:
        """The number of pictures under a cell."""
        return figures(clean(list(self._saved.get(cell, []))))

    def ran_here(self, cell: str) -> bool:
        """Whether it is run when graded: a saved output counts, and without one there is nothing to compare with."""
        del cell
        return False


def look(folder: Path, description: Description, *, running: bool = True) -> Looked:
    """Look at a hand-in's folder.

    Parameters
    ----------
    running
        Whether its notebook is run, which is the group's own code and is not sandboxed here.
    """
    release = description.notebooks
    week = Week(folder, description.assignment, (), given=GivenNotebooks(release, release, release))
    handin = Handin("", walk(folder), week)
    try:
        parts = tuple(_parts(handin, running=running)) if handin.notebooks else ()
        remarks = [*_of_files(handin, description), *_of_members(handin)]
        for part in parts:
            remarks += _of_part(handin, part)
        taken = [notebook.file.name for notebook in handin.notebooks]
        taken += [file.name for file in handin.pdfs] if handin.sheet.filled is not None else []
        ran = any(part.ran.notebook is not None for part in parts)
        return Looked(
            description.assignment.title, tuple(taken), tuple(dict.fromkeys(remarks)), handin.fingerprint, ran
        )
    finally:
        handin.tidy()


@dataclass(frozen=True)
class _OneNotebook:
    """A notebook of the hand-in: what is asked in it, as it was given out, as it came, and what running it gave."""

    assignment: Assignment
    template: NotebookNode
    framed: FramedNotebook
    ran: PlainRun

    @property
    def untouched(self) -> tuple[str, ...]:
        """The answer cells in which nothing was written, by their names."""
        answered = _texts(self.framed.notebook)
        return tuple(name for name, text in _texts(self.template).items() if answered.get(name) in ("", text))

    def question(self, cell: str) -> Question | None:
        """Give the question that an answer cell, or a test cell, belongs to."""
        asked = {question.name: question for question in self.assignment.questions}
        return asked.get(cell) or asked.get(question_of(cell))


def _parts(handin: Handin, *, running: bool) -> Iterator[_OneNotebook]:
    frames = as_parts(handin.week.given.frames if handin.week.given else {}, handin.assignment.known_as)
    for name, framed in handin.framed().items():
        assignment = handin.assignment.of(name)
        answers = [answer for question in assignment.questions for answer, _ in question.answers]
        asked = [one for names in _asked(frames[name]).values() for one in names]
        ran = run(handin, framed, asked, answers) if running and not framed.absent else as_it_lies(framed.notebook)
        yield _OneNotebook(assignment, frames[name], framed, ran)


def _of_part(handin: Handin, part: _OneNotebook) -> Iterator[Remark]:
    yield from (Remark(note) for note in part.framed.notes)
    if not part.framed.absent:
        yield from _of_notebook(part)
        yield from _of_run(part) if part.ran.notebook is not None else _of_counts(handin)
        yield from _of_questions(handin, part)


def _asked(template: NotebookNode) -> dict[str, tuple[str, ...]]:
    """Give the names that the release's answer cells define, by the cell: these are what is asked for."""
    cells = [cell for cell in template.cells if is_answer(cell) and cell.cell_type == "code"]
    return {str(grade_id(cell)): tuple(defined_in(cell.source)) for cell in cells}


def _of_files(handin: Handin, description: Description) -> Iterator[Remark]:
    if not handin.notebooks:
        wanted = " and ".join(f"{name}.ipynb" for name in handin.assignment.notebooks)
        why = handin.broken or f"There is no notebook: hand in {wanted}."
        yield Remark(why)
    doubts = {doubt.sentence for doubt in handin.doubts}
    yield from (Remark(f"A person will have to decide: {sentence}") for sentence in sorted(doubts - {handin.broken}))
    told = handin.sheet.filled.told if handin.sheet.filled else ()
    yield from (Remark(sentence) for sentence in told)
    if description.has_sheet and handin.sheet.filled is None:
        yield Remark("There is no filled exercise sheet: the notebook's answers will count.", missing=False)
    for sentence in handin.notes:
        if sentence not in (*told, handin.broken):
            yield Remark(sentence, missing=False)


def _of_members(handin: Handin) -> Iterator[Remark]:
    filled, size = handin.sheet.filled, handin.assignment.group_size
    people = filled.members if filled and filled.members else handin.in_header
    if handin.assignment.adopted:
        return  # nbgrader knows a student by the login
    if not people:
        yield Remark("No member of the group is named, neither on the sheet nor in the notebook's first lines.")
    elif len(people) > size:
        yield Remark(f"{len(people)} people are named, where a group has at most {size}.")


def _of_notebook(part: _OneNotebook) -> Iterator[Remark]:
    """Look at cells: those that are untouched, and outputs that were not saved."""
    for name in part.untouched:
        question = part.question(name)
        if question is None:
            yield Remark(f"Nothing was written into the cell '{name}'.")
        elif not question.answers:
            yield Remark("Nothing was written into its cell.", _title(question), missing=not question.bonus)
    for cell in part.template.cells:
        name = str(grade_id(cell))
        if TRAINING in tags(cell) and not part.framed.saved.get(name):
            yield Remark(
                f"The cell '{name}' has no output: run it and save the notebook, since its output is evidence."
            )


def _of_counts(handin: Handin) -> Iterator[Remark]:
    """Look at the numbers of cells that were run, where nobody runs them now."""
    if not _was_run_in_order(handin):
        yield Remark("The notebook was not run from top to bottom before it was saved: restart and run all, then save.")


def _texts(notebook: NotebookNode) -> dict[str, str]:
    return {str(grade_id(cell)): normal(cell.source) for cell in notebook.cells if is_answer(cell)}


def _was_run_in_order(handin: Handin) -> bool:
    return all(_has_counts_in_order(notebook.file.content()) for notebook in handin.notebooks)


def _has_counts_in_order(content: bytes) -> bool:
    try:
        cells = json.loads(content)["cells"]
        counts = [c.get("execution_count") for c in cells if c["cell_type"] == "code" and "".join(c["source"]).strip()]
        return all(type(count) is int for count in counts) and counts == sorted(counts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return True  # an odd file, of which the notes say more


def _of_run(part: _OneNotebook) -> Iterator[Remark]:
    """Look at what the run gave: cells that failed, names that do not exist, cells that took too long."""
    ran, untouched = part.ran, part.untouched
    if ran.notebook is None:
        return
    tests = {question.name for question in part.assignment.questions}
    written = Written(ran.notebook)
    for failed in ran.failed:
        question = part.question(failed.cell)
        if failed.cell in untouched or (question and answer_cell(question.name) in untouched):
            continue  # that is said already
        which = f"the cell '{failed.cell}'" if failed.cell else f"cell {failed.place}"
        what = "A visible test fails" if failed.cell in tests else f"When the notebook is run, {which} fails"
        yield Remark(f"{what}: {failed.error}.", _title(question) if question else "")
    for name, names in _asked(part.template).items():
        for missing in (asked for asked in names if asked not in ran.values):
            said = f"`{missing}` does not exist when the notebook has run{written.why_missing(missing)}."
            question = part.question(name)
            yield Remark(said, _title(question) if question else "")
    limit = part.assignment.limits.cell or Clock().cell
    for place, seconds in ran.seconds.items():
        if seconds > limit and not {TRAINING, SHOWN} & {*tags(ran.notebook.cells[place - 1])}:
            said = f"Cell {place} took {seconds:.0f} s here; when it is marked a cell has {limit:g} s."
            yield Remark(said, missing=False)


def _of_questions(handin: Handin, part: _OneNotebook) -> Iterator[Remark]:
    """Look at the answers: whether each is there, agrees with the notebook, and is supported by it."""
    sheet = Sheet(part.assignment, part.ran, handin.sheet.filled)
    shown = _Shown(part.framed.saved)
    for question in part.assignment.questions:
        for answer, label in question.answers:
            yield from _of_answer(sheet, shown, question, answer, label)
        if question.kind is Kind.FIGURE and not _has_figure(part.template, shown, question):
            said = "No picture is saved under its cells: run them and save the notebook."
            yield Remark(said, _title(question), missing=not question.bonus)


def _of_answer(sheet: Sheet, shown: _Shown, question: Question, answer: str, label: str) -> Iterator[Remark]:
    title = _title(question)
    try:
        sheet.read(answer)
    except Mismatch as why:
        left_out = UNKNOWN in str(why) or (question.bonus and str(why).startswith("No answer was given"))
        yield Remark(f"{label}: {why}" if len(question.answers) > 1 else str(why), title, missing=not left_out)
        return
    try:
        said = supported(sheet, shown, answer) if question.evidence else sheet.difference(answer)
        if said and (differs := sheet.difference(answer)):
            yield Remark(differs.strip(), title)
    except Mismatch as why:
        yield Remark(str(why), title)


def _has_figure(template: NotebookNode, shown: _Shown, question: Question) -> bool:
    """Whether a picture is saved under a cell of a question: those between the tests before and behind its own."""
    names = [str(grade_id(cell)) for cell in template.cells]
    tests = [place for place, cell in enumerate(template.cells) if is_test(cell)]
    own = names.index(question.name)
    first = max((place for place in tests if place < own), default=-1)
    last = min((place for place in tests if place > own), default=len(names))
    return any(shown.figures(name) for name in names[first + 1 : last])


def _title(question: Question) -> str:
    return f"{question.number} {question.title}"

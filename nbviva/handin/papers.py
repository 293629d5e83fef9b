"""Which PDF of a hand-in is its exercise sheet: the one that has the week's form, filled in, wherever it lies.

What could hold answers that we cannot read (a scan, a print, notes over the fields) is for a person, unless a filled
sheet counts all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from nbviva.handin.apart import SAVE
from nbviva.handin.doubt import Doubt
from nbviva.handin.filled import Filled, read_forms
from nbviva.handin.walk import HandedFile
from nbviva.notebooks import NotebookNode
from nbviva.week.fields import FORM_NAME
from nbviva.week.spec import Assignment

MAX_PDFS = 10
PAPERS = (
    ".jpg", ".jpeg", ".png", ".heic", ".tif", ".tiff", ".webp", ".docx", ".doc", ".odt", ".pages", ".rtf", ".txt",
    ".md", ".tex", ".html", ".htm", ".xlsx", ".ods", ".pptx", ".odp", ".key", ".xopp", ".goodnotes", ".eml", ".msg",
    ".fdf", ".xfdf",
)  # fmt: skip
_LINE = 12  # letters: shorter lines of a notebook may stand in any text
_LINES = 3


@dataclass(frozen=True)
class TakenSheet:
    """The sheet that counts.

    Attributes
    ----------
    filled
        None where the notebook's answer cells alone count.
    notes, doubts
        What else was there and why not that; and what a person has to decide about, if anything.
    """

    filled: Filled | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class _Paper:
    """A PDF of the hand-in, read."""

    file: HandedFile
    filled: Filled

    @property
    def given(self) -> dict[str, object]:
        """All that was answered, also what is no answer."""
        return {**self.filled.answers, **{k: v for k, v in self.filled.refused.items() if k not in self.filled.empty}}

    def covers(self, other: _Paper) -> bool:
        """Whether all that the other one answers is answered here in the same way."""
        return self.given.items() >= other.given.items()


def is_pdf(file: HandedFile) -> bool:
    """Whether a file is a PDF, by its name or its first bytes."""
    return not file.is_hidden and (".pdf" in file.path.name.lower() or b"%PDF-" in file.head())


def take_sheet(files: Sequence[HandedFile], week: Assignment, template: NotebookNode) -> TakenSheet:
    """Choose among the PDFs of a hand-in the sheet that counts, and read it."""
    pdfs = sorted(filter(is_pdf, files), key=_by_name)
    read = read_forms([file.place for file in pdfs[:MAX_PDFS]], week)
    papers = [_Paper(file, filled) for file, filled in zip(pdfs, read, strict=False)]
    worked = [paper for paper in papers if paper.filled.readable and not paper.filled.is_untouched]
    if not worked:
        return _without_sheet(files, papers, week, template)
    most = max(worked, key=lambda paper: (all(paper.covers(other) for other in worked), len(paper.given)))
    rivals = [paper for paper in worked if not most.covers(paper)]
    same = [paper for paper in worked if paper is not most and paper not in rivals]
    members = dict.fromkeys(member for paper in (most, *same) for member in paper.filled.members)
    filled = replace(most.filled, members=tuple(members))
    notes = (*_beside(most, same, papers), *_left_open(filled, week), *filled.told)
    asked = tuple(q.name for q in week.questions if filled.empty.intersection(answer for answer, _ in q.answers))
    drawn = (Doubt(sentence, asked) for sentence in _drawn(filled))
    return TakenSheet(filled, notes, (*_rivals(most, rivals, week), *drawn, *_unsure(filled, week)))


def _unsure(filled: Filled, week: Assignment) -> Iterator[Doubt]:
    for question in week.questions:
        for answer, _ in question.answers:
            if answer in filled.unsure:
                yield Doubt(filled.unsure[answer], (question.name,))


def _by_name(file: HandedFile) -> tuple[bool, int, str]:
    return file.path.name != FORM_NAME, len(file.path.parts), str(file.path)


def _without_sheet(
    files: Sequence[HandedFile], papers: list[_Paper], week: Assignment, template: NotebookNode
) -> TakenSheet:
    """Say of each PDF why it is no sheet; the notebook's answers count, unless a sheet is required."""
    asked = tuple(question.name for question in week.questions if question.answers)
    doubts = [Doubt(sentence, asked) for paper in papers if (sentence := _doubt(paper, template))]
    notes = [
        f"{paper.file.name} is a print of the notebook; it was not read."
        for paper in papers
        if paper.filled.foreign is not None and not _doubt(paper, template)
    ]
    if not week.sheet_required:
        return TakenSheet(None, tuple(notes), tuple(doubts))
    if not papers and (pictures := [f.name for f in files if f.path.suffix.lower() in PAPERS]):
        sentence = f"There is no exercise sheet as a PDF in the hand-in, but {', '.join(pictures[:5])}."
        doubts.append(Doubt(sentence, asked))
    first = next((paper.filled for paper in papers if paper.filled.readable), None)
    lacking = Filled(problems=(f"There is no exercise sheet in the hand-in. {SAVE}",))
    filled = first or (papers[0].filled if papers else lacking)
    return TakenSheet(filled, (*notes, *filled.told), tuple(doubts))


def _doubt(paper: _Paper, template: NotebookNode) -> str:
    """Say why a person should look into a PDF that is no filled sheet; nothing where nobody need."""
    filled = paper.filled
    if filled.readable:
        return next(_drawn(filled), "")
    if filled.foreign is not None and _is_print(filled.foreign, template):
        return ""
    return f"{paper.file.name}: {filled.problems[0]}"


def _drawn(filled: Filled) -> Iterator[str]:
    if filled.drawn and filled.empty:
        what = "text was typed as notes on the page" if any(filled.drawn) else "something was drawn on the page"
        yield f"Fields of the exercise sheet are empty, but {what}, which is not read: fill in the fields."


def _is_print(text: str, template: NotebookNode) -> bool:
    """Whether a text is that of the week's notebook, as after printing it to a PDF."""
    squeezed = re.sub(r"\s", "", text)
    lines = {re.sub(r"\s", "", line) for cell in template.cells for line in cell.source.splitlines()}
    long = [line for line in lines if len(line) >= _LINE]
    return sum(line in squeezed for line in long) >= min(_LINES, len(long))


def _rivals(most: _Paper, rivals: list[_Paper], week: Assignment) -> Iterator[Doubt]:
    if rivals:
        questions = [
            question
            for question in week.questions
            if any(other.given.get(a) != most.given.get(a) for a, _ in question.answers for other in rivals)
        ]
        numbers = ", ".join(dict.fromkeys(question.number for question in questions))
        yield Doubt(
            f"{most.file.name} and {_listed(rivals)} are both filled in and differ (question {numbers}); "
            f"{most.file.name} was read for the time being.",
            tuple(question.name for question in questions),
        )


def _beside(most: _Paper, same: list[_Paper], papers: list[_Paper]) -> Iterator[str]:
    if str(most.file.path) != FORM_NAME:
        yield f"{most.file.name} was taken as the exercise sheet."
    if same:
        yield f"Beside it there is {_listed(same)}, which answers nothing else."
    if blank := [paper for paper in papers if paper.filled.is_untouched]:
        yield f"Beside it there is {_listed(blank)}, in which nothing is filled in."
    if others := [paper for paper in papers if not paper.filled.readable]:
        yield f"Beside it there is {_listed(others)}, which is not the exercise sheet's form and was not read."


def _left_open(filled: Filled, week: Assignment) -> Iterator[str]:
    empty = [q.number for q in week.questions if any(answer in filled.empty for answer, _ in q.answers)]
    if empty and not week.sheet_required:
        listed = ", ".join(dict.fromkeys(empty))
        yield f"The exercise sheet leaves question {listed} open; there the notebook's answer counts."


def _listed(papers: Iterable[_Paper]) -> str:
    return ", ".join(paper.file.name for paper in papers)

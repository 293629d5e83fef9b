"""What a hand-in's notebook shows: to the checks, as evidence, and to those who read it when it is graded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from nbviva.grading.examine import Examination
from nbviva.handin.notebook import FramedNotebook
from nbviva.handin.written import defined_in, uses
from nbviva.kernel.outputs import clean, figures, literal, printed
from nbviva.kernel.sitting import StandIn
from nbviva.naming import answer_cell
from nbviva.notebooks import SHOWN, TRAINING, NotebookNode, grade_id, is_test, new_output, tags
from nbviva.week.reported import AskedNotebook

_NOT_SHOWN = {"kind": "stream", "name": "stdout", "text": "[Run after hidden questions: the output is not shown.]"}


class Evidence(AskedNotebook):
    """What the hand-in's notebook shows under a cell: what was handed in there, or else what its run gave."""

    def __init__(self, notebook: NotebookNode, ran_here: set[str]) -> None:
        self._all = {name: cell for cell in notebook.cells if (name := grade_id(cell))}
        self._cells = {name: cell for name, cell in self._all.items() if cell.cell_type == "code"}
        self._ran_here = ran_here
        self._sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]

    def printed(self, cell: str) -> str:
        """All text under a cell."""
        return printed(clean(self._cells[cell].outputs))

    def figures(self, cell: str) -> int:
        """The number of pictures under a cell."""
        return figures(clean(self._cells[cell].outputs))

    def outputs(self, cell: str) -> list[NotebookNode]:
        """Give what a cell shows, made harmless; first what came first."""
        return clean(self._cells[cell].outputs)

    def source(self, cell: str) -> str:
        """Give a cell's text."""
        return str(self._all[cell].source)

    def ran_here(self, cell: str) -> bool:
        """Whether a training cell was handed in without outputs, so that it was run when graded."""
        return cell in self._ran_here

    def uses(self, question: str, *patterns: str) -> tuple[str, ...]:
        """Give what of these dotted names (`torch.relu`, `*.relu`) the functions and classes of an answer cell use."""
        cell = self._cells.get(answer_cell(question))
        return uses(self._sources, defined_in(cell.source) if cell else (), patterns, self._until(question))

    def _until(self, question: str) -> int | None:
        """Give the number of code cells up to the question's test cell, behind which its functions are taken."""
        test = self._cells.get(question)
        return self._sources.index(test.source) + 1 if test else None


def forget_hidden_inputs(framed: FramedNotebook, asked: int | None) -> None:
    """Show what was handed in under the cells that ran after hidden questions: they could print what was asked."""
    for cell in framed.notebook.cells[len(framed.notebook.cells) if asked is None else asked + 1 :]:
        if cell.cell_type == "code" and cell.outputs:
            cell.outputs = clean(list(framed.saved.get(grade_id(cell) or "", []))) or [new_output(**_NOT_SHOWN)]


def make_harmless(framed: FramedNotebook, ours: NotebookNode) -> None:
    """Leave of the notebook what may be shown: no number, prose or output of it is more than text and pictures.

    Prose that stands word for word in `ours`, the release's notebook, stays Markdown.
    """
    known = {cell.source for cell in ours.cells if cell.cell_type == "markdown"}
    for cell in framed.notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = clean(cell.outputs)
        elif cell.cell_type != "markdown" or cell.source not in known:
            cell.source = literal(cell.source)


def stand_ins(
    examination: Examination, framed: FramedNotebook, ran_here: set[str], left_out: Mapping[int, list[NotebookNode]]
) -> dict[int, StandIn]:
    """Decide what is not run: lacking cells, those left out, and training that was handed in (its names come from us).

    Parameters
    ----------
    left_out
        Cells that are only shown, each with the outputs that were handed in; nothing has their names.
    """
    calls: dict[int, StandIn] = dict.fromkeys(framed.lacking, dict)
    for index, outputs in left_out.items():
        framed.notebook.cells[index].outputs, calls[index] = outputs, dict
    for index, cell in enumerate(framed.notebook.cells):
        name = grade_id(cell)
        if name is None or TRAINING not in tags(cell):
            continue
        if outputs := _handed_in(framed, name):
            cell.outputs = outputs
            calls[index] = _standing_in(examination, name)
        else:
            ran_here.add(name)
    return calls


def only_shown(framed: FramedNotebook) -> dict[int, list[NotebookNode]]:
    """Give the cells that are shown as they were handed in, with their outputs, by index.

    One without outputs is run, and so are those before it, whose names it may need.
    """
    found: dict[int, list[NotebookNode]] = {}
    for index, cell in reversed([*enumerate(framed.notebook.cells)]):
        if SHOWN in tags(cell):
            if not (outputs := _handed_in(framed, str(grade_id(cell)))):
                break
            found[index] = outputs
    return found


def is_missed(framed: FramedNotebook, left_out: Collection[int]) -> bool:
    """Whether a cell behind one that was left out failed, and had not when it was handed in: it may need its names."""
    after = framed.notebook.cells[min(left_out) :] if left_out else []
    saved = ((cell, framed.saved.get(str(grade_id(cell)), [])) for cell in after if cell.cell_type == "code")
    return any(_failed(cell.outputs) and not _failed(outputs) for cell, outputs in saved)


def _failed(outputs: Iterable[NotebookNode]) -> bool:
    return any(output.get("output_type") == "error" for output in outputs)


def _handed_in(framed: FramedNotebook, name: str) -> list[NotebookNode]:
    """Give the harmless outputs that a cell was handed in with; none where they show nothing."""
    outputs = clean(list(framed.saved.get(name, [])))
    return outputs if printed(outputs).strip() or figures(outputs) else []


def stages(framed: FramedNotebook) -> dict[int, str]:
    """Give the question of each test cell, by the cell's index; in an adopted week no question is asked of a kernel."""
    return {index: str(grade_id(cell)) for index, cell in enumerate(framed.notebook.cells) if is_test(cell)}


def _standing_in(examination: Examination, cell: str) -> StandIn:
    fixture = examination.week.stand_ins.get(cell)
    return dict if fixture is None else lambda: examination.names(fixture)

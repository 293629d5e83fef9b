"""Which notebook of a hand-in counts: found by what is in it, wherever it lies and whatever it is called.

A worked notebook comes before the release's untouched one. Where two were worked on and differ in an answer nobody
guesses: one is taken for the time being, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nbviva.handin.archive import ARCHIVES
from nbviva.handin.cells import BrokenNotebook, HandedCell, read_notebook
from nbviva.handin.doubt import Doubt
from nbviva.handin.recognise import Recognised, defined_names, normal, recognise
from nbviva.handin.walk import HandedFile
from nbviva.kernel.outputs import clean, printed
from nbviva.notebooks import TRAINING, NotebookNode, grade_id, is_answer, tags

MAX_CANDIDATES = 20
MAX_BYTES = 256 << 20
_OURS = 3  # cells with a text of the release: as many make a notebook without names the week's


@dataclass(frozen=True)
class Candidate:
    """A notebook of the hand-in, read, and what of it is the week's and what is the group's."""

    file: HandedFile
    cells: tuple[HandedCell, ...]
    notes: tuple[str, ...]
    recognised: Recognised
    template: NotebookNode = field(repr=False)

    @property
    def is_ours(self) -> bool:
        """Whether it is a notebook of this week: more of its names are the week's than not, or its texts are."""
        frame = {grade_id(cell) for cell in self.template.cells if grade_id(cell)}
        named = len([name for name in self.recognised.names if name]) - len(self.recognised.by_text)
        if named < len({cell.grade_id for cell in self.cells} - frame - {None}):  # another week's, or they were changed
            return 2 * len(self.recognised.by_text) >= len(frame)
        return named > 0 or self.recognised.given >= _OURS

    @cached_property
    def answers(self) -> dict[str, str]:
        """The answer cells that were worked on: their texts by `grade_id`."""
        blank = {grade_id(cell): normal(cell.source) for cell in self.template.cells if is_answer(cell)}
        named = zip(self.recognised.names, self.cells, strict=True)
        texts = {name: normal(cell.source) for name, cell in named if name in blank}
        return {name: text for name, text in texts.items() if name and text and text != blank[name]}

    @cached_property
    def own(self) -> frozenset[str]:
        """The texts of the group's own code cells."""
        given = {normal(cell.source) for cell in self.template.cells}
        named = zip(self.recognised.names, self.cells, strict=True)
        own = (normal(cell.source) for name, cell in named if name is None and cell.type == "code")
        return frozenset(text for text in own if text and text not in given)

    @cached_property
    def trained(self) -> dict[str, str]:
        """What the training cells printed, by `grade_id`; none of those without outputs."""
        training = {grade_id(cell) for cell in self.template.cells if TRAINING in tags(cell)}
        named = zip(self.recognised.names, self.cells, strict=True)
        texts = {name: printed(clean(cell.outputs)) for name, cell in named if name in training and cell.outputs}
        return {name: text for name, text in texts.items() if name and text}

    @property
    def defined(self) -> frozenset[str]:
        """The names that the group's own code defines."""
        return frozenset(name for text in (*self.answers.values(), *self.own) for name in defined_names(text))

    @property
    def outputs(self) -> int:
        """The number of cells that were handed in with outputs."""
        return sum(bool(cell.outputs) for cell in self.cells)

    @property
    def is_worked(self) -> bool:
        """Whether somebody wrote something into it."""
        return bool(self.answers or self.own)

    def covers(self, other: Candidate) -> bool:
        """Whether all that the other one answers is answered here in the same way."""
        return self.answers.items() >= other.answers.items() and self.own >= other.own


@dataclass(frozen=True)
class TakenNotebook:
    """The notebook that counts.

    Attributes
    ----------
    taken
        None where there is none that could be read; `broken` says why then.
    notes, doubts
        What else was there and why not that; and what a person has to decide about, if anything.
    blank
        Notebooks of this week in which nothing was filled in.
    """

    taken: Candidate | None = None
    broken: str = ""
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    blank: tuple[HandedFile, ...] = ()


def take_notebook(files: Sequence[HandedFile], expected: str, template: NotebookNode) -> TakenNotebook:
    """Choose among all files of a hand-in the notebook that counts; `expected` is the name that the release has."""
    found: list[Candidate] = []
    broken: list[str] = []
    tried = sorted(filter(_may_be_notebook, files), key=lambda file: _by_name(file, expected))
    left = MAX_BYTES
    for file in tried[:MAX_CANDIDATES]:
        left -= file.size
        if left < 0:
            break
        try:
            read = read_notebook(file)
        except BrokenNotebook as error:
            name = file.path.name.lower()
            broken += [str(error)] if ".ipynb" in name and not name.endswith(ARCHIVES) else []
        else:
            found.append(Candidate(file, read.cells, read.notes, recognise(read.cells, template), template))
    unseen = len(tried) - MAX_CANDIDATES if left >= 0 else 1
    if unseen > 0:
        broken.append("It contains more notebooks than are looked at.")
    return _chosen(found, broken, expected, files)


def _may_be_notebook(file: HandedFile) -> bool:
    """Whether a file is worth parsing: its name has `.ipynb` in it, or it begins like a notebook's JSON."""
    if file.is_hidden:
        return False
    if ".ipynb" in file.path.name.lower():
        return True
    start = file.head().replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"{") and any(
        key in start for key in (b'"cells"', b'"nbformat', b'"metadata"', b'"cell_type')
    )


def _by_name(file: HandedFile, expected: str) -> tuple[bool, bool, int, int, str]:
    """Order files as one looks for a notebook: the right name first, then a name of its kind, near the top."""
    name = file.path.name
    return (name != expected, ".ipynb" not in name.lower(), len(file.path.parts), len(name), str(file.path))


def _chosen(found: list[Candidate], broken: list[str], expected: str, files: Sequence[HandedFile]) -> TakenNotebook:
    ours = [item for item in found if item.is_ours] or found[:1]
    worked = [item for item in ours if item.is_worked] or ours[:1]
    if not ours:
        return _none(broken, expected, files)
    most = max(worked, key=lambda item: (all(item.covers(other) for other in worked), len(item.answers), item.outputs))
    rivals = [item for item in worked if not most.covers(item)]
    reruns = [item for item in worked if item.covers(most) and _differ(item.trained, most.trained)]
    doubts = [*_doubts(most, rivals, reruns, found), *([] if most.is_worked else broken)]
    notes = [*_notes(most, found, rivals, expected), *(broken if most.is_worked else ())]
    blank = tuple(item.file for item in found if item.is_ours and not item.is_worked)
    return TakenNotebook(most, notes=(*most.notes, *notes), doubts=tuple(map(Doubt, doubts)), blank=blank)


def _none(broken: list[str], expected: str, files: Sequence[HandedFile]) -> TakenNotebook:
    if len(broken) == 1:
        return TakenNotebook(broken=broken[0], doubts=(Doubt(broken[0]),))
    there = ", ".join(file.name for file in files[:5]) or "no file"
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    why = f"The hand-in must contain {expected}; it contains {there}{more}, and no notebook that can be read."
    return TakenNotebook(broken=why, notes=tuple(broken), doubts=(Doubt(why),) if files else ())


def _differ(one: dict[str, str], other: dict[str, str]) -> bool:
    return any(one[name] != other[name] for name in one.keys() & other.keys())


def _doubts(
    taken: Candidate, rivals: list[Candidate], reruns: list[Candidate], found: list[Candidate]
) -> Iterator[str]:
    if reruns:
        yield (
            f"{taken.file.name} and {_listed(reruns)} answer alike, but their training printed different results; "
            f"{taken.file.name} was marked for the time being."
        )
    if rivals:
        yield (
            f"{taken.file.name} and {_listed(rivals)} were both worked on and differ; {taken.file.name} was marked for "
            "the time being."
        )
    if not taken.is_ours:
        others = f" There are others: {_listed(found[1:])}." if len(found) > 1 else ""
        yield f"{taken.file.name} has no cell of this week's notebook: it may belong to another week.{others}"


def _notes(taken: Candidate, found: list[Candidate], rivals: list[Candidate], expected: str) -> Iterator[str]:
    if str(taken.file.path) != expected:
        yield f"{taken.file.name} was taken as the notebook, where {expected} is expected."
    same, blank = (
        [
            item
            for item in found
            if item is not taken and item.is_ours and item not in rivals and item.is_worked is worked
        ]
        for worked in (True, False)
    )
    if same:
        yield f"Beside it there is {_listed(same)}, which answers nothing else."
    if blank and taken.is_worked:
        yield f"Beside it there is {_listed(blank)}, in which nothing was filled in."


def _listed(items: Iterable[Candidate]) -> str:
    return ", ".join(item.file.name for item in items)

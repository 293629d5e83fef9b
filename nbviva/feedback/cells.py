"""The notebook on the page: what belongs to a question that did not pass lies open, all else is folded to lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from nbviva.feedback.code import code
from nbviva.feedback.html import escaped, markdown
from nbviva.feedback.questions import ShownQuestion
from nbviva.feedback.scaling import FittedPicture, fitted
from nbviva.kernel.pictures import SHOWN
from nbviva.naming import question_of
from nbviva.notebooks import NotebookNode, comment_of, grade_id, is_answer, is_test
from nbviva.wording import counted

MAX_TEXT = 60_000  # bytes of one output, or of one cell's code
MAX_COLOURED = 120_000  # characters of all code that has colours
MAX_PICTURES = 450_000  # bytes of all pictures, where text needs the rest
LONG = 24  # lines from which on code or an output is folded
_FRAME = 400  # bytes that a cell or an output takes beside its content
_ROLES = {"given": "Given code", "test": "Visible tests", "answer": "Your answer", "free": "Code"}
_FOLDED = ("given", "test")


@dataclass(frozen=True)
class Folded:
    """A piece of the page; what has a summary is folded under it."""

    html: Markup
    summary: str = ""
    kind: str = ""


@dataclass(frozen=True)
class ShownCell:
    """A cell with its outputs, the question that it is marked for, what persons wrote, and our own solution."""

    place: str
    kind: str
    body: Folded
    outputs: tuple[Folded, ...] = ()
    question: ShownQuestion | None = None
    comment: str = ""
    solution: Folded | None = None


@dataclass(frozen=True)
class CellRun:
    """Cells that follow on each other: open ones without a summary, or all of them under one."""

    summary: str
    cells: tuple[ShownCell, ...]


@dataclass
class SpaceLeft:
    """The bytes that are left on the page, and the characters of code that may still have colours."""

    left: int
    coloured: int = MAX_COLOURED

    def fits(self, text: str, limit: int) -> bool:
        """Take the bytes of a text, if it has no more than the limit and there are as many."""
        size = len(text.encode())
        return size <= limit and self.takes(size)

    def takes(self, size: int) -> bool:
        """Take so many bytes, if there are as many."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def paints(self, text: str) -> bool:
        """Whether a text of code may have colours."""
        self.coloured -= len(text)
        return self.coloured >= 0


@dataclass(frozen=True)
class NotebookPart:
    """What is told of a notebook: its runs of cells, and where the code of each question begins."""

    runs: tuple[CellRun, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)


def notebook_part(
    notebook: NotebookNode, questions: Sequence[ShownQuestion], room: SpaceLeft, solutions: Mapping[str, str]
) -> NotebookPart:
    """Give the notebook as far as there is room.

    Parameters
    ----------
    solutions
        The reference solution of each cell, by its name, where it may be shown.
    """
    marked = {question.mark.question: question for question in questions}
    owners = _owners(notebook, marked)
    pictures = _pictures(notebook, marked, room)
    shown = tuple(_cells(notebook, marked, room, pictures, solutions))
    places: dict[str, str] = {}
    for item, owner in zip(shown, owners, strict=False):
        if owner is not None and item.kind == "code":
            places.setdefault(owner.mark.question, item.place)
    return NotebookPart(tuple(_runs(notebook, shown, owners)), places)


def _owners(notebook: NotebookNode, marked: Mapping[str, ShownQuestion]) -> list[ShownQuestion | None]:
    """Give for each cell the question that it belongs to: its own, or that of the next test cell."""
    owners: list[ShownQuestion | None] = []
    following: ShownQuestion | None = None
    for cell in reversed(notebook.cells):
        name = grade_id(cell) or ""
        own = marked.get(name) or marked.get(question_of(name))
        if name in marked:
            following = own
        owners.append(own or (following if role_of(cell) == "answer" else None))
    return owners[::-1]


def _runs(
    notebook: NotebookNode, shown: Sequence[ShownCell], owners: Sequence[ShownQuestion | None]
) -> Iterator[CellRun]:
    """Put cells into runs: an open one by itself, quiet ones together from one heading to the next."""
    quiet: list[int] = []
    for i, (cell, owner) in enumerate(zip(notebook.cells, owners, strict=True)):
        if i >= len(shown):
            break
        is_open = (owner is not None and owner.is_open) or shown[i].comment or shown[i].kind == "left out"
        if (is_open or _heading(cell)) and quiet:
            yield _folded(notebook, shown, owners, quiet)
            quiet = []
        if is_open:
            yield CellRun("", (shown[i],))
        else:
            quiet.append(i)
    if quiet:
        yield _folded(notebook, shown, owners, quiet)
    if len(shown) > len(notebook.cells):
        yield CellRun("", tuple(shown[len(notebook.cells) :]))


def _folded(
    notebook: NotebookNode, shown: Sequence[ShownCell], owners: Sequence[ShownQuestion | None], places: Sequence[int]
) -> CellRun:
    heading = next(filter(None, (_heading(notebook.cells[i]) for i in places)), "")
    passed = dict.fromkeys(f"{q.mark.number} {q.mark.title}" for i in places if (q := owners[i]) is not None)
    words = f"{', '.join(passed)}: passed" if passed else ""
    summary = " \N{MIDDLE DOT} ".join(filter(None, (heading or "Text and code", words, counted(len(places), "cell"))))
    return CellRun(summary, tuple(shown[i] for i in places))


def _heading(cell: NotebookNode) -> str:
    """Give the text of the heading that a cell begins with; empty where it begins with none."""
    first = cell.source.lstrip().partition("\n")[0] if cell.cell_type == "markdown" else ""
    return first.lstrip("#").strip()[:90] if first.startswith("#") else ""


def _cells(
    notebook: NotebookNode, marked: Mapping[str, ShownQuestion], room: SpaceLeft, pictures: Iterator[FittedPicture],
    solutions: Mapping[str, str],
) -> Iterator[ShownCell]:  # fmt: skip
    for number, cell in enumerate(notebook.cells):
        place, name = f"cell-{number}", grade_id(cell) or ""
        if not room.takes(_FRAME * (1 + len(cell.get("outputs", ())))):
            rest = Markup("<p>[The rest is left out: the page would be too large.]</p>")
            yield ShownCell(place, "left out", Folded(rest))
            return
        comment = comment_of(cell)
        if cell.cell_type == "code":
            question = marked.get(name)
            outputs = _own_outputs(cell, question)
            shown = tuple(_output(output, room, pictures) for output in outputs)
            solution = _solution(solutions[name], room) if name in solutions else None
            yield ShownCell(place, "code", _code(cell, room), shown, question, comment, solution)
        else:
            prose = markdown(cell.source) if len(cell.source) <= min(MAX_TEXT, room.left) else ""
            prose = prose if room.fits(prose, MAX_TEXT) and (prose or not cell.source.strip()) else _TOO_LONG
            yield ShownCell(place, "prose", Folded(Markup(prose)), comment=comment)  # noqa: S704 - nbviva.feedback.html escapes


_TOO_LONG = "<p>[Left out: too long.]</p>"


def _own_outputs(cell: NotebookNode, question: ShownQuestion | None) -> Sequence[NotebookNode]:
    """Give a cell's outputs but for those of a test cell: ours stand in their place."""
    outputs: Sequence[NotebookNode] = () if question and role_of(cell) == "test" else cell.get("outputs", ())
    return outputs


def _pictures(
    notebook: NotebookNode, marked: Mapping[str, ShownQuestion], room: SpaceLeft
) -> Iterator[FittedPicture]:  # fmt: skip
    """Give the pictures of the notebook in their order, all together as small as has to be."""
    found = [
        (kind, output.data[kind])
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in _own_outputs(cell, marked.get(grade_id(cell) or ""))
        if (kind := _picture_kind(output))
    ]
    made = fitted(found, min(MAX_PICTURES, max(0, room.left)))
    room.takes(sum(len(picture.data) for picture in made))
    return iter(made)


def _picture_kind(output: NotebookNode) -> str:
    return next((kind for kind in SHOWN if kind in output.get("data", {})), "")


def role_of(cell: NotebookNode) -> str:
    """Say whether a cell is given, tests, an answer, or free."""
    if not cell.metadata.get("nbgrader"):
        return "free"
    return "answer" if is_answer(cell) else "test" if is_test(cell) else "given"


def _code(cell: NotebookNode, room: SpaceLeft) -> Folded:
    lines, role = cell.source.count("\n") + 1, role_of(cell)
    shown = _coloured(cell.source, room)
    if cell.source and not shown:
        return Folded(Markup("[Left out: too long.]"), kind=role)
    name = question_of(grade_id(cell) or "").replace("_", " ")
    summary = f"{_ROLES[role]}{': ' if name else ''}{name}, {counted(lines, 'line')}"
    return Folded(shown, summary if lines > LONG or role in _FOLDED else "", role)


def _solution(text: str, room: SpaceLeft) -> Folded:
    shown = _coloured(text, room) or Markup("[Left out: too long.]")
    return Folded(shown, f"Our solution, {counted(text.count(chr(10)) + 1, 'line')}", "solution")


def _coloured(text: str, room: SpaceLeft) -> Markup:
    """Give code with colours, as far as there is room; nothing where it is too long."""
    fits = len(text) <= min(MAX_TEXT, room.left)
    shown = code(text, plain=not room.paints(text)) if fits else ""
    return Markup(shown) if fits and room.fits(shown, MAX_TEXT) else Markup("")  # noqa: S704 - it escapes


def _output(output: NotebookNode, room: SpaceLeft, pictures: Iterator[FittedPicture]) -> Folded:
    """Show text or a picture; HTML of a notebook's is never shown, not even our own."""
    if _picture_kind(output):
        picture = next(pictures)
        note = f"<p>[{escaped(picture.note)}]</p>" if picture.note else ""
        tag = f'<img src="data:{picture.kind};base64,{escaped(picture.data)}" alt="Figure that the cell above drew">'
        return Folded(Markup(tag * bool(picture.data) + note), kind="figure")  # noqa: S704 - escaped above
    if output.output_type == "error":
        text, kind = "\n".join(output.traceback), "error"
    else:
        text, kind = output.get("text", output.get("data", {}).get("text/plain", "")), output.get("name", "result")
    shown = escaped(text)
    if not room.fits(shown, MAX_TEXT):
        shown = "[Left out: too long.]"
    lines = text.count("\n") + 1
    return Folded(Markup(shown), f"Output, {lines} lines" if lines > LONG else "", kind)  # noqa: S704 - escaped above

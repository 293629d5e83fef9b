"""The feedback page: one self-contained HTML file that tells a group its marks, why, and shows its notebook below.

Nothing is loaded from anywhere and nothing runs: a Content-Security-Policy says so to the browser, too. Whatever a
student wrote is escaped by the template or comes through `nbviva.feedback.html`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup

from nbviva.errors import missing_extra
from nbviva.feedback.code import code
from nbviva.feedback.html import escaped, listed, markdown, outcome, points, template
from nbviva.grading.verdict import NO_NOTEBOOK, Mark, Outcome, Verdict
from nbviva.kernel.pictures import SHOWN
from nbviva.notebooks import NotebookNode, grade_id
from nbviva.week.declare import Plot

MAX_PAGE = 2_000_000  # bytes
MAX_PLOTS = 900_000  # bytes of all plots
MAX_TEXT = 100_000  # bytes of one output, or of one cell's code
MAX_COLOURED = 120_000  # characters of all code that has colours
_OWN = 60_000  # bytes kept for what the page itself says
_FRAME = 400  # bytes that a cell or an output takes beside its content
LONG = 24  # lines from which on code or an output is folded
_ROLES = {"given": "Given code", "test": "Visible tests", "answer": "Your answer", "free": "Code"}
_FOLDED = ("given", "test")


@dataclass(frozen=True)
class ShownQuestion:
    """A question as it is marked now.

    Attributes
    ----------
    mark
        The mark that counts: the gradebook's.
    automatic
        The examiner's points where a person decided otherwise; else None.
    manual
        Whether a person gave the mark.
    comments
        What persons wrote about it.
    """

    mark: Mark
    verdicts: tuple[Verdict, ...] = ()
    automatic: float | None = None
    manual: bool = False
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """What stands at the top of the page; dates and times are those of the course's zone, in words.

    Attributes
    ----------
    facts
        Points first, then what is told of the hand-in, such as when it came; each with its name.
    notices
        Sentences on the hand-in as a whole: what was missing, what could not be read.
    """

    course: str
    title: str
    group: str
    facts: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Folded:
    """A piece of the notebook; what has more than a few lines is folded under its summary."""

    html: Markup
    summary: str = ""
    kind: str = ""


@dataclass(frozen=True)
class _ShownCell:
    kind: str
    body: _Folded
    outputs: tuple[_Folded, ...] = ()
    question: ShownQuestion | None = None
    comment: str = ""


@dataclass
class _SpaceLeft:
    """The bytes that are left on the page, and the characters of code that may still have colours."""

    left: int
    coloured: int = MAX_COLOURED

    def fits(self, text: str, limit: int) -> bool:
        size = len(text.encode())
        return size <= limit and self.takes(size)

    def takes(self, size: int) -> bool:
        if size > self.left:
            return False
        self.left -= size
        return True

    def paints(self, text: str) -> bool:
        self.coloured -= len(text)
        return self.coloured >= 0


def render(head: Head, questions: tuple[ShownQuestion, ...], notebook: NotebookNode) -> str:
    """Give the page's HTML, at most `MAX_PAGE` bytes: what does not fit is left out with a sentence."""
    plots, notices, told = _plots(questions), head.notices, questions
    unread = next((v.detail for q in questions for v in q.verdicts if v.cause == NO_NOTEBOOK), "")
    if unread:
        notices = (unread, *(notice for notice in notices if notice not in unread))
        told = tuple(question for question in questions if question.manual or question.comments)
    room = _SpaceLeft(MAX_PAGE - _OWN - sum(len(p.html.encode()) for found in plots.values() for p in found))
    return str(
        template("feedback", "feedback.html.j2").render(
            head=replace(head, notices=notices), questions=questions, told=told, plots=plots, listed=_listed,
            outcome=_outcome, points=points, unread=bool(unread),
            cells=() if unread else tuple(_cells(notebook, questions, room)),
        )
    )  # fmt: skip


def _listed(question: ShownQuestion) -> Markup:
    return Markup(listed(question.verdicts))  # noqa: S704 - nbviva.feedback.html escapes


def _outcome(found: Outcome) -> Markup:
    return Markup(outcome(found))  # noqa: S704 - our own words


def _plots(questions: Iterable[ShownQuestion]) -> dict[str, tuple[_Folded, ...]]:
    """Draw each question's plots, each plot once: several checks may have noted what they share."""
    seen, room, drawn = set[Plot](), _SpaceLeft(MAX_PLOTS), dict[str, tuple[_Folded, ...]]()
    for question in questions:
        found: list[_Folded] = []
        for plot in (plot for verdict in question.verdicts for plot in verdict.plots if plot not in seen):
            seen.add(plot)
            picture = _drawn(plot, f"plot-{len(seen)}")
            shown = picture if room.fits(picture, MAX_PLOTS) else escaped(f"[{plot.alt} Left out: too large.]")
            found.append(_Folded(Markup(shown), plot.caption, plot.title))  # noqa: S704 - our own picture
        drawn[question.mark.question] = tuple(found)
    return drawn


def _drawn(plot: Plot, name: str) -> str:
    """Draw a plot; where marks are made without what draws, its description stands in its place."""
    try:
        from nbviva.feedback.figures import svg
    except ModuleNotFoundError as error:
        if not missing_extra(error):
            raise
        return escaped(f"[{plot.alt}]")
    return svg(plot, name)


def _cells(notebook: NotebookNode, questions: Iterable[ShownQuestion], room: _SpaceLeft) -> Iterable[_ShownCell]:
    marked = {question.mark.question: question for question in questions}
    for cell in notebook.cells:
        if not room.takes(_FRAME * (1 + len(cell.get("outputs", ())))):
            yield _ShownCell("prose", _Folded(Markup("<p>[The rest is left out: the page would be too large.]</p>")))
            return
        comment = str(cell.metadata.get("nbgrader", {}).get("comment") or "")
        if cell.cell_type == "code":
            question = marked.get(grade_id(cell) or "")
            outputs = () if question and _role(cell) == "test" else cell.outputs
            shown = tuple(_output(output, room) for output in outputs)
            yield _ShownCell("code", _code(cell, room), shown, question, comment)
        elif cell.source.strip():
            prose = markdown(cell.source) if len(cell.source) <= min(MAX_TEXT, room.left) else ""
            prose = prose if prose and room.fits(prose, MAX_TEXT) else "<p>[Left out: too long.]</p>"
            yield _ShownCell("prose", _Folded(Markup(prose)), comment=comment)  # noqa: S704 - nbviva.feedback.html escapes


def _role(cell: NotebookNode) -> str:
    known = cell.metadata.get("nbgrader")
    if not known:
        return "free"
    return "answer" if known.get("solution") else "test" if known.get("grade") else "given"


def _code(cell: NotebookNode, room: _SpaceLeft) -> _Folded:
    lines, role = cell.source.count("\n") + 1, _role(cell)
    fits = len(cell.source) <= min(MAX_TEXT, room.left)
    shown = code(cell.source, plain=not room.paints(cell.source)) if fits else ""
    if not fits or not room.fits(shown, MAX_TEXT):
        return _Folded(Markup("[Left out: too long.]"), kind=role)
    name = (grade_id(cell) or "").removesuffix("_answer").replace("_", " ")
    summary = f"{_ROLES[role]}{': ' if name else ''}{name}, {lines} line{'s' if lines > 1 else ''}"
    return _Folded(Markup(shown), summary if lines > LONG or role in _FOLDED else "", role)  # noqa: S704 - it escapes


def _output(output: NotebookNode, room: _SpaceLeft) -> _Folded:
    """Show text or a picture; HTML of a notebook's is never shown, not even our own."""
    data = output.get("data", {})
    kind = next((kind for kind in SHOWN if kind in data), "")
    if kind:
        tag = f'<img src="data:{kind};base64,{escaped(data[kind])}" alt="Figure that the cell above drew">'
        shown = tag if room.fits(tag, MAX_PAGE) else "<p>[A figure is left out: the page would be too large.]</p>"
        return _Folded(Markup(shown), kind="figure")  # noqa: S704 - escaped above
    if output.output_type == "error":
        text, kind = "\n".join(output.traceback), "error"
    else:
        text, kind = output.get("text", data.get("text/plain", "")), output.get("name", "result")
    shown = escaped(text)
    if not room.fits(shown, MAX_TEXT):
        shown = "[Left out: too long.]"
    lines = text.count("\n") + 1
    return _Folded(Markup(shown), f"Output, {lines} lines" if lines > LONG else "", kind)  # noqa: S704 - escaped above

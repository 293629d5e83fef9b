"""The feedback page: one self-contained HTML file that tells a group its marks, why, and shows its notebook below.

What did not pass stands first and open, all else is folded to lines. Nothing is loaded from anywhere and nothing runs:
a Content-Security-Policy says so to the browser, too. Whatever a student wrote is escaped by the template or comes
through `nbviva.feedback.html`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from markupsafe import Markup

from nbviva.errors import missing_extra
from nbviva.feedback.cells import Folded, NotebookPart, SpaceLeft, notebook_part
from nbviva.feedback.html import escaped, outcome, points, template
from nbviva.feedback.questions import ShownQuestion, linked, shown_checks
from nbviva.grading.verdict import NO_NOTEBOOK, Outcome
from nbviva.notebooks import NotebookNode
from nbviva.week.declare import Plot

MAX_PAGE = 1_000_000  # bytes
MAX_PLOTS = 300_000  # bytes of all plots
_OWN = 90_000  # bytes kept for what the page itself says


@dataclass(frozen=True)
class Notice:
    """A sentence on the hand-in as a whole, and the questions that it is about, by name."""

    text: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """What stands at the top of the page; dates and times are those of the course's zone, in words.

    Attributes
    ----------
    facts
        Points first, then what is told of the hand-in, such as when it came; each with its name.
    notices
        What was missing, what could not be read, what a person decides.
    week, requests
        The week's name, and where a group asks to look at a mark again: a mail address, the name of a text file, or
        nothing.
    standing
        How many points the class has, if that may be shown.
    """

    course: str
    title: str
    group: str
    facts: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
    week: str = ""
    requests: str = ""
    standing: Plot | None = None

    @property
    def mail(self) -> str:
        """The address of a mail that has the week and the group in its subject; empty where none is wanted."""
        subject = quote(f"{self.week} {self.group}: please look again at question ")
        return f"mailto:{self.requests}?subject={subject}" if "@" in self.requests else ""


def render(
    head: Head, questions: tuple[ShownQuestion, ...], notebook: NotebookNode, solutions: Mapping[str, str] | None = None
) -> str:
    """Give the page's HTML, at most `MAX_PAGE` bytes: pictures become smaller, and what does not fit is left out.

    Parameters
    ----------
    solutions
        The reference solution of each cell, by its name, where it may be shown now.
    """
    unread = next((v.detail for q in questions for v in q.verdicts if v.cause == NO_NOTEBOOK), "")
    notices, told = head.notices, questions
    if unread:
        notices = (Notice(unread), *(notice for notice in notices if notice.text not in unread))
        told = tuple(question for question in questions if question.manual or question.comments)
    plots = _plots(questions)
    standing = _drawn(head.standing, "standing") if head.standing else ""
    drawn = sum(len(p.html.encode()) for found in plots.values() for p in found) + len(standing.encode())
    room = SpaceLeft(MAX_PAGE - _OWN - drawn)
    part = NotebookPart() if unread else notebook_part(notebook, questions, room, solutions or {})
    return str(
        template("feedback", "feedback.html.j2").render(
            head=replace(head, notices=notices), questions=questions, told=told, plots=plots, outcome=_outcome,
            points=points, unread=bool(unread), part=part, checks=shown_checks, linked=lambda text: linked(text, told),
            standing=Markup(standing), sections=_sections(told),  # noqa: S704 - our own picture
        )
    )  # fmt: skip


def _sections(told: Iterable[ShownQuestion]) -> list[tuple[str, str, list[ShownQuestion]]]:
    """Give id, heading and questions: those with something to look at first."""
    told = list(told)
    parts = [("why", "What to look at", True), ("passed", "Passed", False)]
    found = [(name, title, [q for q in told if q.is_open is is_open]) for name, title, is_open in parts]
    return [section for section in found if section[2]]


def _outcome(found: Outcome) -> Markup:
    return Markup(outcome(found))  # noqa: S704 - our own words


def _plots(questions: Iterable[ShownQuestion]) -> dict[str, tuple[Folded, ...]]:
    """Draw each question's plots, each plot once: several checks may have noted what they share."""
    seen, room, drawn = set[Plot](), SpaceLeft(MAX_PLOTS), dict[str, tuple[Folded, ...]]()
    for question in sorted(questions, key=lambda question: not question.is_open):
        found: list[Folded] = []
        for plot in (plot for verdict in question.verdicts for plot in verdict.plots if plot not in seen):
            seen.add(plot)
            picture = _drawn(plot, f"plot-{len(seen)}")
            shown = picture if room.fits(picture, MAX_PLOTS) else escaped(f"[{plot.alt} Left out: too large.]")
            found.append(Folded(Markup(shown), plot.caption, plot.title))  # noqa: S704 - our own picture
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

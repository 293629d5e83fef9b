"""The examiner's own words: what a question's checks found, as HTML and as plain text.

They stand in the graded cells of a notebook and at the top of the feedback page. All HTML in a graded notebook comes
from here: students' outputs have none left (`nbviva.outputs`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from nbviva.notebooks import NotebookNode, new_output
from nbviva.verdict import Mark, Outcome, Report, Verdict

SYMBOLS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "○", Outcome.ERROR: "!"}
WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "not passed",
    Outcome.SKIPPED: "not asked",
    Outcome.ERROR: "our fault, a person will look at it",
}
# A page that has colours of its own sets the variables; a notebook has none, and shows these.
_COLOURS = {Outcome.PASSED: "#17633a", Outcome.FAILED: "#a3201d", Outcome.SKIPPED: "#5c5c5c", Outcome.ERROR: "#7a4b00"}
_BOX = "border-left:4px solid #2b5f8a;padding:2px 0 2px 12px;margin:6px 0;font-family:sans-serif"


def words(mark: Mark, report: Report) -> NotebookNode:
    """Give the output of a graded cell that tells the question's mark and why."""
    verdicts = [verdict for verdict in report.verdicts if verdict.exercise == mark.question]
    head = ": ".join(filter(None, (f"{mark.number} {mark.title}", points(mark))))
    lines = [f"{WORDS[v.outcome]}: {v.sentence} {v.detail}".strip() for v in verdicts]
    block = f'<div style="{_BOX}"><strong>{html.escape(head)}</strong>{listed(verdicts)}</div>'
    return new_output("display_data", data={"text/html": block, "text/plain": "\n".join([head, *lines])})


def points(mark: Mark) -> str:
    """Give a mark in words; nothing for a question that has no points of its own."""
    if mark.points is None:
        return "no mark yet"
    if mark.maximum == mark.points == 0:
        return ""
    unit = "point" if mark.maximum == 1 else "points"
    return f"{mark.points:g} of {mark.maximum:g} {'extra ' if mark.bonus else ''}{unit}"


def listed(verdicts: Iterable[Verdict]) -> str:
    """Give verdicts as a list in HTML: symbol, word, the sentence of the check, and what was measured."""
    return f'<ul class="verdicts">{"".join(f"<li>{_row(verdict)}</li>" for verdict in verdicts)}</ul>'


def outcome(found: Outcome) -> str:
    """Give an outcome as symbol and word in HTML, so that colour is not all that tells it."""
    colour = f"var(--{found},{_COLOURS[found]})"
    return f'<strong style="color:{colour}"><span aria-hidden="true">{SYMBOLS[found]}</span> {WORDS[found]}</strong>'


def _row(verdict: Verdict) -> str:
    detail = f"<br><em>{_text(verdict.detail)}</em>" if verdict.detail else ""
    return f"{outcome(verdict.outcome)} {_text(verdict.sentence)}{detail}"


def _text(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))

"""The examiner's own words in a graded notebook: each question's verdicts as a block of HTML and as plain text.

All HTML in a graded notebook comes from here: students' outputs have none left (`nbviva.outputs`).
"""

from __future__ import annotations

import html
import re

from nbviva.notebooks import NotebookNode, new_output
from nbviva.verdict import Mark, Outcome, Report, Verdict

_WORDS = {
    Outcome.PASSED: ("passed", "#17633a"),
    Outcome.FAILED: ("not passed", "#a3201d"),
    Outcome.SKIPPED: ("not asked", "#5c5c5c"),
    Outcome.ERROR: ("our fault, a person will look at it", "#7a4b00"),
}
_BOX = "border-left:4px solid #2b5f8a;padding:2px 0 2px 12px;margin:6px 0;font-family:sans-serif"


def words(mark: Mark, report: Report) -> NotebookNode:
    """Give the output that tells a question's mark and why."""
    verdicts = [verdict for verdict in report.verdicts if verdict.exercise == mark.question]
    points = "no mark yet" if mark.points is None else f"{mark.points:g} of {mark.maximum:g} points"
    head = f"{mark.number} {mark.title}: {points}{' (extra)' if mark.bonus else ''}"
    lines = [f"{_WORDS[v.outcome][0]}: {v.sentence} {v.detail}".strip() for v in verdicts]
    rows = "".join(f"<li>{_row(verdict)}</li>" for verdict in verdicts)
    block = f'<div style="{_BOX}"><strong>{html.escape(head)}</strong><ul>{rows}</ul></div>'
    return new_output("display_data", data={"text/html": block, "text/plain": "\n".join([head, *lines])})


def _row(verdict: Verdict) -> str:
    word, colour = _WORDS[verdict.outcome]
    detail = f"<br><em>{_text(verdict.detail)}</em>" if verdict.detail else ""
    return f'<strong style="color:{colour}">{word}</strong> {_text(verdict.sentence)}{detail}'


def _text(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))

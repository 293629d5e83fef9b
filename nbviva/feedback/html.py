"""All HTML that a page or a graded notebook holds: prose, formulas and code made harmless, and the examiner's words.

HTML in what others wrote is text, and nothing is loaded. What is put into a template is escaped, and what is missing is
an error. The examiner's words stand in the graded cells of a notebook and at the top of the feedback page; students'
outputs have no HTML left (`nbviva.kernel.outputs`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from latex2mathml import exceptions
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from nbviva.grading.verdict import Mark, Outcome, Report, Verdict
from nbviva.notebooks import NotebookNode, new_output

_TOP = 2  # levels that a page's own headings take
_BROKEN: tuple[type[Exception], ...] = (
    *(error for error in vars(exceptions).values() if isinstance(error, type) and issubclass(error, Exception)),
    *(ValueError, LookupError, AttributeError, TypeError),
)
_REFUSED = re.compile(r"\s(?:href|style|class|id)=")


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
SYMBOLS = {
    Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "○", Outcome.ERROR: "!", Outcome.PERSON: "?",
}  # fmt: skip
WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "not passed",
    Outcome.SKIPPED: "not asked",
    Outcome.ERROR: "our fault, a person will look at it",
    Outcome.PERSON: "a person decides",
}
# A page that has colours of its own sets the variables; a notebook has none, and shows these.
_COLOURS = {
    Outcome.PASSED: "#17633a", Outcome.FAILED: "#a3201d", Outcome.SKIPPED: "#5c5c5c", Outcome.ERROR: "#7a4b00",
    Outcome.PERSON: "#7a4b00",
}  # fmt: skip
_BOX = "border-left:4px solid #2b5f8a;padding:2px 0 2px 12px;margin:6px 0;font-family:sans-serif"


def markdown(text: str) -> str:
    """Give a text's HTML: formulas become MathML, and its headings stand below those of the page."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + _TOP)}"
    found = str(_PARSER.renderer.render(tokens, _PARSER.options, {}))
    return found.replace('<div class="math block">', '<div class="math block" tabindex="0">')  # wide ones scroll


def escaped(text: str) -> str:
    """Give a text as HTML that shows it."""
    return html.escape(text)


def _formula(content: str, options: dict[str, Any]) -> str:
    """Give MathML, or the formula as it was typed where that is none."""
    try:
        found = str(convert(content, display="block" if options["display_mode"] else "inline"))
    except _BROKEN:
        found = ""
    return f"<code>{html.escape(content)}</code>" if not found or _REFUSED.search(found) else found


dollarmath_plugin(_PARSER, allow_labels=False, renderer=_formula)


@cache
def template(room: str, name: str, **filters: Callable[..., Any]) -> Template:
    """Give a template of a room's folder `templates/`, with these filters of its own."""
    environment = Environment(
        loader=PackageLoader(f"nbviva.{room}"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment.get_template(name)


def words(mark: Mark, report: Report) -> NotebookNode:
    """Give the output of a graded cell that tells the question's mark and why."""
    verdicts = [verdict for verdict in report.verdicts if verdict.exercise == mark.question]
    head = ": ".join(filter(None, (f"{mark.number} {mark.title}", points(mark))))
    doubts = [doubt.sentence for doubt in report.doubts if mark.points is None and doubt.concerns(mark.question)]
    lines = [*doubts, *(_line(v) for v in verdicts)]
    said = "".join(f"<p>{outcome(Outcome.PERSON)}: {with_code(sentence)}</p>" for sentence in doubts)
    block = f'<div style="{_BOX}"><strong>{html.escape(head)}</strong>{said}{listed(verdicts)}</div>'
    return new_output("display_data", data={"text/html": block, "text/plain": "\n".join([head, *lines])})


def _line(verdict: Verdict) -> str:
    required = "" if verdict.outcome is Outcome.PASSED else "required: "
    return f"{WORDS[verdict.outcome]}: {required}{verdict.sentence} {verdict.detail}".strip()


def points(mark: Mark) -> str:
    """Give a mark in words; nothing for a question that has no points of its own."""
    if mark.points is None:
        waiting = mark.provisional is not None
        return f"no mark yet, provisionally {_of_maximum(mark, mark.provisional or 0)}" if waiting else "no mark yet"
    return "" if mark.maximum == mark.points == 0 else _of_maximum(mark, mark.points)


def _of_maximum(mark: Mark, given: float) -> str:
    unit = "point" if mark.maximum == 1 else "points"
    return f"{given:g} of {mark.maximum:g} {'extra ' if mark.bonus else ''}{unit}"


def listed(verdicts: Iterable[Verdict]) -> str:
    """Give verdicts as a list in HTML: symbol, word, the sentence of the check, and what was measured."""
    return f'<ul class="verdicts">{"".join(f"<li>{_row(verdict)}</li>" for verdict in verdicts)}</ul>'


def outcome(found: Outcome) -> str:
    """Give an outcome as symbol and word in HTML, so that colour is not all that tells it."""
    colour = f"var(--{found.name.lower()},{_COLOURS[found]})"
    return f'<strong style="color:{colour}"><span aria-hidden="true">{SYMBOLS[found]}</span> {WORDS[found]}</strong>'


def _row(verdict: Verdict) -> str:
    detail = f"<br><em>{with_code(verdict.detail)}</em>" if verdict.detail else ""
    required = "" if verdict.outcome is Outcome.PASSED else ". Required: "  # no claim beside a cross
    return f"{outcome(verdict.outcome)}{required or ' '}{with_code(verdict.sentence)}{detail}"


def with_code(text: str) -> str:
    """Give a sentence as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))

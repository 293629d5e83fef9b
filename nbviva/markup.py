"""Markdown, formulas and code as HTML that can do no harm: HTML in them is text, and nothing is loaded."""

from __future__ import annotations

import html
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

MAX_CODE = 40_000  # characters that are coloured; a longer cell is shown plain
_TOP = 2  # levels that a page's own headings take


def markdown(text: str) -> str:
    """Give a text's HTML: formulas become MathML, and its headings stand below those of the page."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + _TOP)}"
    return str(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def code(text: str) -> str:
    """Give Python code as HTML with classes for its colours."""
    if len(text) > MAX_CODE:
        return html.escape(text)
    return str(highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, classprefix="c-")))


def escaped(text: str) -> str:
    """Give a text as HTML that shows it."""
    return html.escape(text)


def _formula(content: str, options: dict[str, Any]) -> str:
    """Give MathML, or the formula as it was typed where that is none."""
    try:
        found = str(convert(content, display="block" if options["display_mode"] else "inline"))
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):  # what its parser raises on a broken formula
        found = ""
    return found if found and "href" not in found else f"<code>{html.escape(content)}</code>"


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
dollarmath_plugin(_PARSER, allow_labels=False, renderer=_formula)

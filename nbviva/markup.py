"""Markdown, formulas and code as HTML that can do no harm: HTML in them is text, and nothing is loaded."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml import exceptions
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

MAX_CODE = 40_000  # characters that are coloured; a longer cell is shown plain
_TOP = 2  # levels that a page's own headings take
_BROKEN: tuple[type[Exception], ...] = (
    *(error for error in vars(exceptions).values() if isinstance(error, type) and issubclass(error, Exception)),
    *(ValueError, LookupError, AttributeError, TypeError),
)
_REFUSED = re.compile(r"\s(?:href|style|class|id)=")


def markdown(text: str) -> str:
    """Give a text's HTML: formulas become MathML, and its headings stand below those of the page."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + _TOP)}"
    found = str(_PARSER.renderer.render(tokens, _PARSER.options, {}))
    return found.replace('<div class="math block">', '<div class="math block" tabindex="0">')  # wide ones scroll


def code(text: str) -> str:
    """Give Python code as HTML with classes for its colours."""
    if len(text) > MAX_CODE:
        return html.escape(text)
    return str(highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, classprefix="c-")))


def python_tokens(text: str) -> list[tuple[str, str]]:
    """Give the tokens of Python code, broken or not, each with its kind, such as `Token.Name.Builtin`."""
    return [(str(kind), word) for kind, word in PythonLexer().get_tokens(text)]


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


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
dollarmath_plugin(_PARSER, allow_labels=False, renderer=_formula)

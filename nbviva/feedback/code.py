"""Python code as tokens and as HTML with colours, in time that grows as its length, whatever it is.

Pygments' own lexer for Python looks ahead without an end in several places, so that some texts take it the square of
their length. This one decides at each place from what stands there: no rule goes back over what it has read.
"""

from __future__ import annotations

import builtins
import html
import keyword
from typing import Any, ClassVar

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

MAX_CODE = 30_000  # characters that are coloured; a longer cell is shown plain
PLAIN = "[Too long to be coloured.]\n"
_PREFIX = "(?i:[bfrtu]|[bft]r|r[bft])?"
# Atomic groups and no possessive ones: Python 3.11.2 does not go back where a part of a possessive group fails.
_LONG_TEXT = "|".join(rf"{q * 3}(?>(?:[^{q}\\]|\\[\s\S]|{q}(?!{q * 2}))*)(?:{q * 3}|\Z|\\\Z)" for q in "'\"")
_TEXT = "|".join(rf"{q}(?>(?:[^{q}\\\n]|\\[\s\S])*){q}?" for q in "'\"")
_NAME = r"[^\W\d]\w*+"
_CONSTANTS = ("False", "None", "True")
_KEYWORDS = tuple(word for word in keyword.kwlist if word not in _CONSTANTS)
_BUILTINS = tuple(name for name in dir(builtins) if not name.startswith("_"))


class _Lexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    tokens: ClassVar[Any] = {
        "root": [
            (rf"^([ \t]*+)({_PREFIX}(?:{_LONG_TEXT}))", bygroups(Text, String.Doc)),
            (r"\n|[^\S\n]++|\\", Text),
            (r"#[^\n]*+", Comment.Single),
            (rf"{_PREFIX}(?:{_LONG_TEXT}|{_TEXT})", String),
            (rf"(def|class)([ \t]++)({_NAME})", bygroups(Keyword, Text, Name.Function)),
            (rf"@{_NAME}", Name.Decorator),
            (words(_CONSTANTS, suffix=r"\b"), Keyword.Constant),
            (words(_KEYWORDS, suffix=r"\b"), Keyword),
            (words(_BUILTINS, prefix=r"(?<!\.)", suffix=r"\b"), Name.Builtin),
            (_NAME, Name),
            (r"0[xX][\da-fA-F_]++|(?:\d[\d_]*+\.?+[\d_]*+|\.\d[\d_]*+)(?>(?:[eE][+-]?\d[\d_]*)?)[jJ]?+", Number),
            (r"[\s\S]", Operator),
        ]
    }


def code(text: str, *, plain: bool = False) -> str:
    """Give Python code as HTML with classes for its colours; what is too long has none, and a word that says so."""
    if plain or len(text) > MAX_CODE:
        return html.escape(PLAIN + text)
    return str(highlight(text, _Lexer(stripnl=False), HtmlFormatter(nowrap=True, classprefix="c-")))


def python_tokens(text: str) -> list[tuple[str, str]]:
    """Give the tokens of Python code, broken or not, each with its kind, such as `Token.Name.Builtin`."""
    return [(str(kind), word) for kind, word in _Lexer().get_tokens(text)]

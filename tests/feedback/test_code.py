"""Python code as tokens and colours: right on code, and linear on whatever a cell may hold."""

import itertools
import signal

import pytest

from nbviva.feedback.code import MAX_CODE, PLAIN, code, python_tokens

PIECES = (
    "\n\t",
    " ",
    "\n",
    "'",
    '"',
    '"""',
    "\n'''",
    "\\",
    "\\N{",
    "%0",
    "{a[",
    "(",
    "1_",
    "1.",
    "1e",
    "f'",
    "#",
    "@",
    "def ",
    "x",
    ".1",
)
SECONDS = 3.0  # of CPU, for texts that take a tenth of that; Pygments' own lexer takes 5 to 10 for some of them


def test_code_is_coloured_and_escaped():
    found = code("def f():\n    return '<b>'")
    assert '<span class="c-k">def</span>' in found
    assert "&lt;b&gt;" in found


def test_long_code_is_shown_plain():
    found = code("x = '<b>'\n" * MAX_CODE)
    assert found.startswith(PLAIN)
    assert "<span" not in found


def test_leading_empty_lines_of_code_stay():
    assert code("\n\nx").startswith("\n\n")


def test_tokens_are_those_of_python():
    found = python_tokens('@d\ndef f(x):\n    """Doc."""\n    return len(x.len) + 0x1f + 1.5e-3 + 2else  # why\n')
    kinds = {word: kind.removeprefix("Token.") for kind, word in found if word.strip()}
    wanted = {
        "@d": "Name.Decorator", "def": "Keyword", "f": "Name.Function", '"""Doc."""': "Literal.String.Doc",
        "return": "Keyword", "len": "Name", "0x1f": "Literal.Number",
        "1.5e-3": "Literal.Number", "# why": "Comment.Single",
    }  # fmt: skip
    assert wanted == {word: kinds[word] for word in wanted}


@pytest.mark.parametrize(
    "text", ["'", '"""', "'''a\n''", "\\", "f'\\", 'r"""\\', "0x", "1e", "@", "é", "\x00", "\ud800"]
)
def test_no_character_of_broken_code_is_lost(text):
    assert text + "\n" == "".join(word for _, word in python_tokens(text))


def stop(*_):
    raise TimeoutError


@pytest.mark.parametrize("first", PIECES)
def test_no_text_takes_more_than_its_length(first):
    """Each piece, alone and with others, inside and outside of a string, repeated to 20,000 characters."""
    before = signal.signal(signal.SIGVTALRM, stop)
    for start, second in itertools.product(("", "'", '"""'), ("", "\n", "0", "\\", "'")):
        text = start + (first + second) * (20_000 // len(first + second))
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        python_tokens(text)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)

"""A number as a student writes it on paper, as Python writes it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from nbviva.week.compare import Mismatch, as_number

_MINUS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-")
    | {"\u2044": "/", "\u2215": "/"}
    | dict.fromkeys("\u2248\u2243\u2245\u223c~", "=")
)

MAX_TEXT = 200


class EmptyField(Mismatch):
    """Nothing is filled in."""


def number_text(text: str, *, share: bool = False) -> str:
    """Give a number as Python writes it, with all its digits, from what a student writes; else raise `Mismatch`.

    "0,83", "x1 = 0", "- 5 / 6", "7/2 = 3,5" and a typographic minus are understood. A percentage is, too, where a
    `share` is asked: there "83 %" is 0.83. Elsewhere nobody knows which of the two is meant.
    """
    if not text:
        raise EmptyField("nothing is filled in.")
    if len(text) > MAX_TEXT:
        raise Mismatch(f"{quoted(text)} is not a number.")
    percent = re.fullmatch(r"([^%]*\d)\s*%", text)
    if "%" in text and not (share and percent):
        raise Mismatch(f"{quoted(text)} is a percentage; write a number such as 0.83.")
    left, _, right = (percent[1] if percent else text).translate(_MINUS).rpartition("=")
    plain = _plain_number(right)
    try:
        as_number(plain)
    except Mismatch:
        raise Mismatch(f"{quoted(text)} is not a number.") from None
    if left and re.fullmatch(r"[\d\s.,/+-]*", left):
        plain = _one_number(left, plain, text)
    return _hundredth(plain) if percent else plain


def _plain_number(text: str) -> str:
    parts = re.sub(r"^([+-])\s+", r"\1", text.strip()).split("/")
    return "/".join(part.strip() for part in parts).replace(",", ".")


def _one_number(left: str, right: str, text: str) -> str:
    """Give the number of which "7/2 = 3.5" has both forms, the more exact one; else raise `Mismatch`."""
    exact = _plain_number(left)
    try:
        unit = 10.0 ** -len(right.partition(".")[2])
        same = abs(as_number(exact) - as_number(right)) <= (unit / 2 if unit < 1 else 0) + 1e-12
    except Mismatch:
        same = False
    if not same:
        raise Mismatch(f"{quoted(text)} are two numbers where one is asked.")
    return exact


def _hundredth(number: str) -> str:
    """Give a percentage as a share, with all its digits."""
    try:
        return format(Decimal(number).scaleb(-2), "f")
    except InvalidOperation:  # a fraction
        return str(as_number(number) / 100)


def quoted(text: str) -> str:
    """Give what a student wrote on the sheet, for a sentence; nothing hidden can stand there."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")

"""A number as a student writes it on paper, as Python writes it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from nbviva.week.compare import Mismatch, as_number

_MINUS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-")
    | {"\u2044": "/", "\u2215": "/"}
    | dict.fromkeys("\u2248\u2243\u2245\u223c~", "=")
)

MAX_TEXT = 200
_PERCENT = re.compile(r"(?<=\d)\s*(?:\uff05|(?:prozent|percent|per cent|pct|v\.\s?H)$)", re.IGNORECASE)
_AROUND = "()[]\"'\u201e\u201c\u201d\u2018\u2019 "
_SHAPES = str.maketrans("\uff0e\uff0c\uff0f\u00f7\uff1d", ".,//=")


class EmptyField(Mismatch):
    """Nothing is filled in."""


def number_text(text: str, *, share: bool = False) -> str:
    """Give a number as Python writes it, with all its digits, from what a student writes; else raise `Mismatch`.

    "0,83", "x1 = 0", "- 5 / 6", "7/2 = 3,5", "half: 3.5", digits of any script and a typographic minus are
    understood. A percentage is, too, where a `share` is asked: there "83 %" is 0.83. Elsewhere nobody knows which of
    the two is meant.
    """
    if not text:
        raise EmptyField("nothing is filled in.")
    if len(text) > MAX_TEXT:
        raise Mismatch(f"{quoted(text)} is not a number; write one such as 0.83.")
    *lefts, right = map(_tidied, _sides(text.translate(_MINUS).translate(_SHAPES)))
    percents = [side for side in (right, *lefts[-1:]) if "%" in side]
    if percents and not (share and all(re.fullmatch(r"[^%]*\d%", side) for side in percents)):
        raise Mismatch(f"{quoted(text)} is a percentage; write a number such as 0.83.")
    plain = _of_side(right)
    if plain is None:
        raise Mismatch(f"{quoted(text)} is not a number; write one such as 0.83.")
    return _one_number(_of_side(lefts[-1]), plain, text) if lefts and _is_value(lefts[-1]) else plain


def _sides(text: str) -> list[str]:
    """Give the sides of an equation, without the words before a colon; "0.85 (85 %)" is one, too."""
    text = re.sub(r"^\s*[^\W\d][^:=]*:", "", text)
    before, bracket, inner = text.strip().removesuffix(")").rpartition("(")
    if bracket and text.strip().endswith(")") and re.search(r"\d", before):
        text = f"{inner}={before}"
    return text.split("=")


def _is_value(side: str) -> bool:
    """Whether one side of an equation is meant as a value: no name, and no calculation."""
    return (
        set(side) <= set("0123456789.,/%+- ")
        and re.search(r"\d", side) is not None
        and not re.search(r"\d ?[+-]", side)
    )


def _tidied(text: str) -> str:
    """Give one side of an equation in plain digits, without what stands around a number and says nothing."""
    plain = "".join(str(digit) if (digit := unicodedata.decimal(c, None)) is not None else c for c in text)
    return _PERCENT.sub("%", plain.strip(_AROUND).rstrip(".,;" + _AROUND)).replace(" %", "%")


def _of_side(text: str) -> str | None:
    """Give the number that one side of an equation is; None where it is something else."""
    plain = _plain_number(text.removesuffix("%"))
    try:
        as_number(plain)
    except Mismatch:
        return None
    return _hundredth(plain) if text.endswith("%") else plain


def _plain_number(text: str) -> str:
    parts = re.sub(r"^([+-])\s+", r"\1", text.strip()).split("/")
    return "/".join(part.strip() for part in parts).replace(",", ".")


def _one_number(exact: str | None, right: str, text: str) -> str:
    """Give the number of which "7/2 = 3.5" has both forms, the more exact one; else raise `Mismatch`."""
    unit = 10.0 ** -len(right.partition(".")[2])
    if exact is None or abs(as_number(exact) - as_number(right)) > (unit / 2 if unit < 1 else 0) + 1e-12:
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

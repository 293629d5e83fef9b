"""How names are sorted, and told apart, everywhere alike."""

from __future__ import annotations

import re

_ANSWER = "_answer"  # what a solution is named by, after its question


def natural_order(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Give a key that sorts names as people do: g2 before g10, whatever the case of their letters."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return tuple((int(text), "") if place % 2 else (-1, text) for place, text in enumerate(pieces)), name


def answer_cell(question: str) -> str:
    """Give the name of the cell in which a question of code is answered."""
    return question + _ANSWER


def question_of(cell: str) -> str:
    """Give the name of the question that a cell answers, which is its own where it answers none."""
    return cell.removesuffix(_ANSWER)


def qualified(part: str, name: str) -> str:
    """Give the name of a cell with its notebook's before it, where that is needed to tell them apart."""
    return f"{part}/{name}" if part else name

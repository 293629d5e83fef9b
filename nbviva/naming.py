"""How names are sorted, and told apart, everywhere alike."""

from __future__ import annotations

import re


def natural_order(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Give a key that sorts names as people do: g2 before g10, whatever the case of their letters."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return tuple((int(text), "") if place % 2 else (-1, text) for place, text in enumerate(pieces)), name


def qualified(part: str, name: str) -> str:
    """Give the name of a cell with its notebook's before it, where that is needed to tell them apart."""
    return f"{part}/{name}" if part else name

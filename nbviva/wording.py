"""How things are counted in words, everywhere alike; only what is shown counts so, no verdict."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Give a number with its noun: 1 hand-in, 2 hand-ins."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"

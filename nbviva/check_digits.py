"""The check digits that a matriculation number may end with."""

from __future__ import annotations


def mod11(number: str) -> bool:
    """Whether the last digit makes the sum of digits, weighted 1, 2, 3, ... from the right, a multiple of 11."""
    return sum(i * int(digit) for i, digit in enumerate(reversed(number), start=1)) % 11 == 0


def luhn(number: str) -> bool:
    """Whether the last digit is Luhn's: every second digit from the right doubled, and its digits added."""
    doubled = (int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0

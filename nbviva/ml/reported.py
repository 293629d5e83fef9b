"""Numbers that a group reports: those that its notebook printed, and the usual mistakes with them, named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def printed_numbers(text: str, labels: Mapping[str, str]) -> dict[str, float]:
    """Find the last number that was printed on a line of its own as `label: number`, by the name of the label.

    Parameters
    ----------
    labels
        What the notebook prints before each number, by the name that it is wanted under: `{"roc_auc": "ROC-AUC"}`.
    """
    found: dict[str, float] = {}
    for name, label in labels.items():
        pattern = re.escape(label).replace(r"\-", "[-_]")
        lines = re.findall(rf"(?im)^\s*{pattern}\s*:\s*({_NUMBER})\s*$", text)
        found |= {name: float(lines[-1])} if lines else {}
    return found


def count_decimals(text: str, default: int = 4) -> int:
    """Count the digits behind the decimal point or comma; `default` where none can be seen."""
    match = re.fullmatch(r"[+-]?\d*[.,](\d+)", text.strip())
    return len(match[1]) if match else default


def rounds_to(reported: float, shown: float, decimals: int) -> bool:
    """Whether a reported number is the printed one rounded, or cut, to so many decimals."""
    unit = 10.0**-decimals
    cut = -1e-9 <= abs(shown) - abs(reported) < unit and reported * shown >= 0
    return cut or abs(shown - reported) <= unit / 2 + 1e-9


def mistaken(reported: Mapping[str, float], shown: Mapping[str, float], tolerance: float = 0.006) -> str:
    """Name a usual mistake in reported numbers, as a sentence; empty where it is none of them.

    Two that are swapped, one in percent, one with its sign turned, one that was subtracted from 1.
    """
    names = [name for name in reported if name in shown]
    for one, other in combinations(names, 2):
        crossed = ((reported[one], shown[other]), (reported[other], shown[one]))
        if abs(shown[one] - shown[other]) > tolerance and all(abs(a - b) <= tolerance for a, b in crossed):
            return f"{one} and {other} are swapped."
    return next((said for name in names if (said := _mistaken(name, reported[name], shown[name], tolerance))), "")


def _mistaken(name: str, reported: float, shown: float, tolerance: float) -> str:
    if abs(reported - shown) <= tolerance:
        return ""
    changed = {
        f"{name} is given in percent: give it as a share of one.": 100 * shown,
        f"The sign of {name} is turned.": -shown,
        f"{name} is subtracted from 1: are the scores or the labels turned round?": 1 - shown,
    }
    return next((said for said, n in changed.items() if abs(reported - n) <= tolerance * max(1.0, abs(n))), "")

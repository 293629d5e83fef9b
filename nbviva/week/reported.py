"""Numbers that a group reports: those that its notebook printed, and the usual mistakes with them, named.

Weeks have it as a part of `nbviva.ml`; `nbviva check` asks the same before a hand-in is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Protocol

from nbviva.week.compare import Mismatch, require
from nbviva.week.spec import Question

_NUMBER = r"[+-]?(?:\d+\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?"
RERUN_TOLERANCE = 0.03


class ReportedAnswers(Protocol):
    """What is asked of the fixture `sheet`."""

    def question(self, answer: str) -> Question:
        """Give the question of an answer."""

    def number(self, answer: str) -> float:
        """Give a numeric answer."""

    def text_of(self, answer: str) -> str:
        """Give an answer as it was written."""

    def difference(self, answer: str) -> str:
        """Say that sheet and notebook differ, or nothing."""


class ShownOutputs(Protocol):
    """What is asked of the fixture `notebook`."""

    def printed(self, cell: str) -> str:
        """All text under a cell."""

    def ran_here(self, cell: str) -> bool:
        """Whether the cell was run when graded."""


class AskedNotebook(ShownOutputs, Protocol):
    """All that a check may ask of the fixture `notebook`."""

    def figures(self, cell: str) -> int:
        """The number of pictures under a cell."""

    def uses(self, question: str, *patterns: str) -> tuple[str, ...]:
        """Give what of these dotted names an answer cell uses."""


def printed_numbers(text: str, labels: Mapping[str, str], *, strict: bool = True) -> dict[str, float]:
    """Find the number that was printed on lines of its own as `label: number`, by the name of the label.

    Parameters
    ----------
    labels
        What the notebook prints before each number, by the name that it is wanted under: `{"roc_auc": "ROC-AUC"}`.
    strict
        Whether lines that contradict each other are told, or left out.

    Raises
    ------
    Mismatch
        If two lines with one label have different numbers: which of them is meant nobody guesses. A number and the
        same one rounded are no two.
    """
    blank = r"[^\S\n]*+"  # within a line, and never read twice: a cell may show very many empty lines
    found: dict[str, float] = {}
    for name, label in labels.items():
        pattern = re.escape(label).replace(r"\-", r"[-_\x20]")
        around = rf"(?:{blank}(?:\u00b1|\+/?-){blank}{_NUMBER})?[\"')]?+{blank}"
        lines = re.findall(
            rf"(?im)^{blank}[\"']?+{pattern}{blank}[:=]{blank}(?>(?:tensor\(|np\.float\d\d\()?)({_NUMBER}){around}$",
            text,
        )
        exact = max(lines, key=lambda line: len(line.partition(".")[2]), default="")
        other = next((line for line in lines if not _is_rounded(line, exact)), "")
        if other and not strict:
            continue
        if other:
            listed = " and ".join(f"{float(line):g}" for line in sorted({other, exact}, key=lines.index))
            raise Mismatch(f"The notebook prints different numbers as {label}: {listed}. Print it once.")
        found |= {name: float(exact)} if exact else {}
    return found


def _is_rounded(line: str, exact: str) -> bool:
    """Whether a number as it was printed is another one, or that one rounded to fewer decimals."""
    one, other = float(line), float(exact)
    return one == other or rounds_to(one, other, len(line.partition(".")[2]))


def supported(sheet: ReportedAnswers, notebook: ShownOutputs, answer: str, rerun: float = RERUN_TOLERANCE) -> str:
    """Say that the notebook printed the number that is reported as an answer, as `evidence` in assignment.toml asks.

    Parameters
    ----------
    rerun
        How far apart they may be where the cell was run again when graded.

    Raises
    ------
    Mismatch
        If it did not, or printed different ones.
    """
    question = sheet.question(answer)
    support = question.evidence
    if support is None:
        raise ValueError(f"the question '{question.name}' has no evidence in assignment.toml")
    label = support.label or dict(question.answers)[answer]
    reported = sheet.number(answer)
    shown = printed_numbers(notebook.printed(support.cell), {answer: label}).get(answer)
    require(shown is not None, f"No {label} is printed under the cell '{support.cell}', so nothing supports it.")
    decimals, other = max(support.decimals, count_decimals(sheet.text_of(answer))), sheet.difference(answer)
    said = f"You report a {label} of {reported:.{min(decimals, 4)}f}; your notebook printed {shown:.4f}"
    if notebook.ran_here(support.cell):
        holds = abs(reported - float(shown or 0)) <= rerun
        said += f" when it was run again ({rerun:g} apart is accepted)"
    else:
        holds = rounds_to(reported, float(shown or 0), min(decimals, 4))
    require(holds, f"{said}.{other} A number without support in the notebook gets no points, right or not.")
    return f"{said}.{other}"


def supported_shares(
    sheet: ReportedAnswers, notebook: ShownOutputs, answers: Sequence[str], rerun: float = RERUN_TOLERANCE
) -> str:
    """Say that the notebook printed all these numbers, which are shares of one; a usual mistake with them is named."""
    labels = {answer: dict(sheet.question(answer).answers)[answer] for answer in answers}
    cells = dict.fromkeys(support.cell for answer in answers if (support := sheet.question(answer).evidence))
    shown = printed_numbers("\n".join(map(notebook.printed, cells)), {label: label for label in labels.values()})
    given = {label: sheet.number(answer) for answer, label in labels.items()}
    hint = mistaken(given, shown)
    require(not hint, f"{hint} Your notebook printed {', '.join(f'{k}: {v:.4f}' for k, v in shown.items())}.")
    for label, number in given.items():
        require(0 <= number <= 1, f"You report a {label} of {number:g}: give it as a share of one, such as 0.84.")
    return " ".join(supported(sheet, notebook, answer, rerun) for answer in answers)


def agrees(label: str, reported: float, measured: float, where: str, tolerance: float) -> str:
    """Say that a reported score is near the one that was measured, and refuse one that is not."""
    said = f"{label}: you report {reported:.3f}, measured {where} {measured:.3f} ({tolerance:g} apart is accepted)."
    require(abs(reported - measured) <= tolerance, f"{said} Is every item scored by a model that never saw it?")
    return said


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

"""Hand-ins that resemble each other: rare runs of code that two of them share. A pointer, never a verdict.

The students' own cells are cut into tokens by Pygments, names that students chose are made alike, and runs of tokens
are counted (fingerprints of k-grams: S. Schleimer, D. Wilkerson, A. Aiken, Winnowing, SIGMOD 2003; all are kept, since
notebooks are small). Runs that stand in the release, and runs that many share, say nothing and are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from nbviva.feedback.code import python_tokens
from nbviva.notebooks import NotebookNode, grade_id, is_answer

LENGTH = 12  # tokens of a run
FEWEST = 25  # shared runs from which on a pair is listed
SHARE = 0.5  # of the smaller hand-in's rare runs
COMMON = 0.1  # a run that more than this share of the class has is common knowledge
AT_LEAST, AT_MOST = 4, 40  # hand-ins, in a small and a large class; so the work grows as the class, not as its square
MAX_TEXT = 60_000  # characters of a hand-in that are compared
_SILENT = ("Token.Comment", "Token.Text", "Token.Literal.String.Doc")

Run = tuple[str, ...]
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """Two hand-ins that share rare runs of code.

    Attributes
    ----------
    share
        The share of the rare runs of the one that has fewer.
    runs
        How many runs they share.
    cells
        The cells in which the first of them has those runs.
    """

    first: str
    second: str
    share: float
    runs: int
    cells: tuple[str, ...]


def own_cells(notebook: NotebookNode) -> dict[str, str]:
    """Give the code cells that a student writes, by their `grade_id`."""
    return {str(grade_id(cell)): cell.source for cell in notebook.cells if cell.cell_type == "code" and is_answer(cell)}


def similar(handins: Mapping[str, Cells], release: Cells, most: int = 30) -> tuple[Pair, ...]:
    """Give the pairs of hand-ins that share the most, those that share more first."""
    given = {run for text in release.values() for run in _runs(text)}
    found = {group: _fingerprint(cells, given) for group, cells in handins.items()}
    owners = defaultdict[Run, list[str]](list)
    for group, runs in found.items():
        for run in runs:
            owners[run].append(group)
    limit = min(AT_MOST, max(AT_LEAST, int(COMMON * len(found))))
    rare = {run: groups for run, groups in owners.items() if len(groups) <= limit}
    sizes = Counter(group for groups in rare.values() for group in groups)
    shared = Counter(pair for groups in rare.values() for pair in combinations(groups, 2))
    pairs = [
        (number / min(sizes[first], sizes[second]), number, first, second)
        for (first, second), number in shared.items()
        if number >= FEWEST and number >= SHARE * min(sizes[first], sizes[second])
    ]
    pairs.sort(key=lambda pair: (-pair[0], -pair[1], pair[2:]))
    return tuple(
        Pair(first, second, share, number, _places(found[first], found[second], rare))
        for share, number, first, second in pairs[:most]
    )


def _places(first: Mapping[Run, str], second: Mapping[Run, str], rare: Mapping[Run, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cell for run, cell in first.items() if run in second and run in rare))


def is_too_long(cells: Cells) -> bool:
    """Whether a hand-in has more code than is compared."""
    return sum(map(len, cells.values())) > MAX_TEXT


def _fingerprint(cells: Cells, given: set[Run]) -> dict[Run, str]:
    left, found = MAX_TEXT, dict[Run, str]()
    for name, text in cells.items():
        found |= {run: name for run in _runs(text[:left]) if run not in given}
        left -= min(left, len(text))
    return found


def _runs(text: str) -> Iterator[Run]:
    tokens = tokens_of(text)
    return (tuple(tokens[i : i + LENGTH]) for i in range(len(tokens) - LENGTH + 1))


def tokens_of(text: str) -> list[str]:
    """Give a text's tokens: no comments, strings and blanks alike, a name that is no attribute as `name`."""
    found = [(kind, word) for kind, word in python_tokens(text) if not kind.startswith(_SILENT)]
    return [_token(before, kind, word) for (_, before), (kind, word) in pairwise([("", ""), *found])]


def _token(before: str, kind: str, word: str) -> str:
    if kind.startswith("Token.Literal.String"):
        return "text"
    if kind.startswith("Token.Name") and kind != "Token.Name.Builtin" and before != ".":
        return "name"
    return word

"""The mutants of a week: how they are made, what came of them, and what their author says of those that pass.

Each operator is applied at each place where it fits, without mutants that are the same program. `survivors.toml` holds
what the author says of mutants that pass every check, one sentence each.
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from nbviva.errors import SpecError
from nbviva.naming import question_of
from nbviva.verify.mutation.syntax import changed

FILE = "survivors.toml"
LEAST_SCORE = 0.9  # of the generated mutants that are wrong


class Excuse(StrEnum):
    """Why a mutant may pass."""

    EQUIVALENT = "equivalent"  # it does the same as the solution
    RIGHT = "right"  # it does something else that is a right answer, too
    ACCEPTED = "accepted"  # it is wrong, and is let through for a reason


@dataclass(frozen=True)
class Explained:
    """One entry: which mutant, and why it may pass.

    Attributes
    ----------
    cell
        The cell that it stands in, by the name of its question or its own.
    operator
        What made it, as `verify` prints it.
    before
        The line as it was.
    after
        As it became; empty stands for whatever it became.
    kind
        Nobody can tell them apart (`equivalent`), it is a right answer, too (`right`), or it is let through
        (`accepted`).
    why
        The reason: one sentence.
    """

    cell: str
    operator: str
    before: str
    after: str
    kind: Excuse
    why: str


def explained(folder: Path) -> tuple[Explained, ...]:
    """Read the `[[survivor]]` tables of a week's folder; none where there is no such file."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is no valid TOML: {error}.") from None
    return tuple(_entry(path, number, table) for number, table in enumerate(tables, 1))


def _entry(path: Path, number: int, table: object) -> Explained:
    names = [field.name for field in fields(Explained)]
    where = f"{path}: [[survivor]] number {number}"
    if not isinstance(table, dict) or set(table) != set(names) or not all(type(table[name]) is str for name in names):
        raise SpecError(f"{where} must have exactly these texts: {', '.join(names)}.")
    if table["kind"] not in list(Excuse):
        raise SpecError(f"{where} has the kind '{table['kind']}'; write one of {', '.join(Excuse)}.")
    if not table["why"].strip():
        raise SpecError(f"{where} has no reason; write one sentence in 'why'.")
    return Explained(**{**table, "kind": Excuse(table["kind"])})


@dataclass(frozen=True)
class Mutated:
    """A solution cell with one slip in it.

    Attributes
    ----------
    operator, story
        The name of the slip, and one sentence on it.
    line
        The number of the line that changed, from 1; `before` and `after` are its texts.
    source
        The whole cell.
    """

    operator: str
    story: str
    line: int
    before: str
    after: str
    source: str


def mutants_of(source: str) -> tuple[Mutated, ...]:
    """Give all mutants of a cell, in the order of its lines; of equal programs only the first.

    Only what stands between `### BEGIN SOLUTION` and `### END SOLUTION` is changed, or everything where no mark is.
    """
    seen = {_program(source), ""}
    found = []
    for operator, story, text in changed(source, _solution_lines(source)):
        program = _program(text)
        if program not in seen:
            seen.add(program)
            found.append(Mutated(operator, story, *_difference(source, text), text))
    return tuple(sorted(found, key=lambda mutated: mutated.line))


def _program(source: str) -> str:
    """Give the program without its layout, or nothing where it is none."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return ""


def _solution_lines(source: str) -> set[int]:
    lines = [line.strip() for line in source.splitlines()]
    begins, ends = (
        [i for i, line in enumerate(lines, 1) if line == f"### {word} SOLUTION"] for word in ("BEGIN", "END")
    )
    if not begins:
        return set(range(1, len(lines) + 1))
    return {line for begin, end in zip(begins, ends, strict=True) for line in range(begin + 1, end)}


def _difference(before: str, after: str) -> tuple[int, str, str]:
    """Give the first line that differs: its number and its two texts."""
    old, new = before.splitlines(), after.splitlines()
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)) - 1)
    return at + 1, old[at].strip(), new[at].strip()


class Fate(StrEnum):
    """How a mutant ended."""

    CAUGHT = "caught"
    TIMED_OUT = "timed out"
    DIED = "died"
    SURVIVED = "survived"
    SAME = "same answers"
    BROKE = "broke a check"


@dataclass(frozen=True)
class TriedMutant:
    """One mutant, and what came of it.

    Attributes
    ----------
    by, cause
        The check that caught it, and the kind of a missing answer.
    others
        Of the further groups whose questions it was asked because it passed, how many caught it.
    explained
        What the week's author says of a mutant that passes.
    """

    cell: str
    mutated: Mutated
    fate: Fate
    by: str = ""
    cause: str = ""
    others: int = 0
    explained: Explained | None = None

    @property
    def is_caught(self) -> bool:
        """Whether a hand-in with this slip loses its points."""
        return self.fate in (Fate.CAUGHT, Fate.TIMED_OUT, Fate.DIED)

    @property
    def is_fair(self) -> bool:
        """Whether it may pass: it gives the same answers, or the author says that it is right."""
        by_author = self.explained is not None and self.explained.kind is not Excuse.ACCEPTED
        return not self.is_caught and (by_author or (self.explained is None and self.fate is Fate.SAME))

    @property
    def entry(self) -> str:
        """The table for survivors.toml that speaks of it; its reason is for the author to write."""
        known = {
            "cell": self.cell,
            "operator": self.mutated.operator,
            "before": self.mutated.before,
            "after": self.mutated.after,
            "kind": Excuse.EQUIVALENT.value,
            "why": "",
        }
        lines = [f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in known.items()]
        return "\n".join(["[[survivor]]", *lines])


@dataclass(frozen=True)
class Score:
    """The mutants of a week, tried. `seconds` of the processor were used for those that were not in the cache."""

    week: str
    tried: tuple[TriedMutant, ...]
    errors: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    cached: int = field(default=0, compare=False)

    @property
    def caught(self) -> int:
        """The number that a check caught."""
        return sum(item.is_caught for item in self.tried)

    @property
    def fair(self) -> tuple[TriedMutant, ...]:
        """Those that may pass: equivalent ones, confirmed or not, and right ones."""
        return tuple(item for item in self.tried if item.is_fair)

    @property
    def survivors(self) -> tuple[TriedMutant, ...]:
        """Those that pass and should not, or broke a check of ours."""
        return tuple(item for item in self.tried if not item.is_caught and not item.is_fair)

    @property
    def unexplained(self) -> tuple[TriedMutant, ...]:
        """Those on which the author has to say something: survivors, and equivalent ones to be confirmed."""
        return tuple(item for item in self.tried if not item.is_caught and item.explained is None)

    @property
    def score(self) -> float:
        """The share of the mutants that should be caught which are."""
        wrong = len(self.tried) - len(self.fair)
        return self.caught / wrong if wrong else 1.0

    def plain(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        counts = {"mutants": len(self.tried), "caught": self.caught, "score": self.score, "cached": self.cached}
        return {**counts, **asdict(self)}


def joined_scores(found: Sequence[Score]) -> Score:
    """Give the scores of a week's notebooks as one."""
    return Score(
        found[0].week,
        tuple(item for score in found for item in score.tried),
        tuple(error for score in found for error in score.errors),
        sum(score.seconds for score in found),
        sum(score.cached for score in found),
    )


def speaks_of(entry: Explained, cell: str, mutated: Mutated) -> bool:
    """Whether an entry of survivors.toml speaks of this mutant; its cell may be named as its question is."""
    mine = (question_of(cell), mutated.operator, mutated.before)
    said = (question_of(entry.cell), entry.operator, entry.before)
    return mine == said and entry.after in ("", mutated.after)


def stale(entries: Iterable[Explained], tried: Iterable[TriedMutant]) -> Iterator[str]:
    """Give a sentence for each entry that explains no mutant that passes."""
    passing = [item for item in tried if not item.is_caught]
    for entry in entries:
        if not any(speaks_of(entry, item.cell, item.mutated) for item in passing):
            what = f"{entry.cell}, {entry.operator}, `{entry.before}`"
            yield f"{FILE} explains a mutant that there is not, or that is caught: {what}; remove the entry or mend it."

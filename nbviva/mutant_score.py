"""What came of a week's mutants: which were caught and by what, which passed, and what the author says of those."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from nbviva.mutation import Mutated
from nbviva.survivors import Explained, Kind


class Fate(StrEnum):
    """How a mutant ended."""

    CAUGHT = "caught"
    TIMED_OUT = "timed out"
    DIED = "died"
    SURVIVED = "survived"
    SAME = "same answers"
    BROKE = "broke a check"


@dataclass(frozen=True)
class Tried:
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
        by_author = self.explained is not None and self.explained.kind is not Kind.ACCEPTED
        return not self.is_caught and (by_author or (self.explained is None and self.fate is Fate.SAME))


@dataclass(frozen=True)
class Score:
    """The mutants of a week, tried. `seconds` of the processor were used for those that were not in the cache."""

    week: str
    tried: tuple[Tried, ...]
    errors: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    cached: int = field(default=0, compare=False)

    @property
    def caught(self) -> int:
        """The number that a check caught."""
        return sum(item.is_caught for item in self.tried)

    @property
    def fair(self) -> tuple[Tried, ...]:
        """Those that may pass: equivalent ones, confirmed or not, and right ones."""
        return tuple(item for item in self.tried if item.is_fair)

    @property
    def survivors(self) -> tuple[Tried, ...]:
        """Those that pass and should not, or broke a check of ours."""
        return tuple(item for item in self.tried if not item.is_caught and not item.is_fair)

    @property
    def unexplained(self) -> tuple[Tried, ...]:
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

"""A row of what `nbviva verify` found: what was tried, where it came from, and each defect as one sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """How many results were made now, how many the cache kept, and when the oldest of these was made (Unix time)."""

    made: int = 0
    kept: int = 0
    oldest: float | None = None

    def __add__(self, other: Origin) -> Origin:
        known = [moment for moment in (self.oldest, other.oldest) if moment is not None]
        return Origin(self.made + other.made, self.kept + other.kept, min(known, default=None))

    def told(self, now: float) -> str:
        """Say it in the table: what was run, and what came from the cache and how old it is."""
        if not self.kept:
            return f"{self.made} run"
        kept = f"{self.kept} kept"
        if self.oldest is not None:
            kept += f", up to {_age(now - self.oldest)} old"
        return f"{self.made} run, {kept}" if self.made else kept


@dataclass(frozen=True)
class Finding:
    """One row.

    Attributes
    ----------
    defects
        Each one sentence that says what to do next; none where all is well.
    details
        Lines below the table: survivors, margins, costs.
    """

    row: str
    summary: str
    defects: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    origin: Origin = Origin()


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"

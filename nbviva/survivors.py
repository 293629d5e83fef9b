"""`survivors.toml` of a week: what its author says of mutants that pass every check, one sentence each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from nbviva.fields import SpecError

FILE = "survivors.toml"


class Kind(StrEnum):
    """Why a mutant may pass."""

    EQUIVALENT = "equivalent"  # it does the same as the solution
    RIGHT = "right"  # it does something else that is a right answer, too
    ACCEPTED = "accepted"  # it is wrong, and is let through for a reason


@dataclass(frozen=True)
class Explained:
    """One entry: the cell, the operator, the line before and after (empty: whatever it became), and why it may pass."""

    cell: str
    operator: str
    before: str
    after: str
    kind: Kind
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
    if table["kind"] not in list(Kind):
        raise SpecError(f"{where} has the kind '{table['kind']}'; write one of {', '.join(Kind)}.")
    if not table["why"].strip():
        raise SpecError(f"{where} has no reason; write one sentence in 'why'.")
    return Explained(**{**table, "kind": Kind(table["kind"])})

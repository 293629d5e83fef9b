"""Fields of a TOML file that an author writes, read with sentences that name file, line and field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn

from nbviva.errors import SpecError


class TomlFields:
    """Reads fields of one file and knows the line of every field, to say where a mistake is.

    `fail` and the readers look for the field at the top of the file, or below the header line `below`.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def starts(self, pattern: str) -> list[int]:
        """Give the lines (from 0) that begin with a pattern."""
        return [i for i, line in enumerate(self.lines) if re.match(rf"\s*{pattern}", line)]

    def fail(self, field: str, why: str, below: int | None = None) -> NoReturn:
        """Refuse the file because of a field."""
        start = below or 0
        end = next((i for i in self.starts(r"\[") if i > start or below is None), len(self.lines))
        pattern = re.compile(rf"\s*{re.escape(field)}\s*(=|\.)")
        line = next((i for i in range(start, end) if pattern.match(self.lines[i])), start)
        raise SpecError(f"{self.path}, line {line + 1}: '{field}' {why}.")

    def names(self, data: dict[str, Any], field: str) -> tuple[str, ...]:
        """Read a list of texts."""
        value = data.get(field, [])
        if type(value) is not list or not all(type(item) is str for item in value):
            self.fail(field, 'must be a list of texts, as in ["torch"]')
        return tuple(value)

    def table(self, data: dict[str, Any], field: str, below: int | None = None) -> tuple[tuple[str, str], ...]:
        """Read a table of texts."""
        value = data.get(field, {})
        if type(value) is not dict or not all(type(item) is str for item in value.values()):
            self.fail(field, 'must be a table of names and texts, as in { x_1 = "x1" }', below)
        return tuple(value.items())

    def truth(self, data: dict[str, Any], field: str, below: int | None = None) -> bool:
        """Read true or false; false where there is nothing."""
        value = data.get(field, False)
        if type(value) is not bool:
            self.fail(field, "must be true or false", below)
        return value

    def one_of(self, data: dict[str, Any], field: str, allowed: tuple[str, ...]) -> str:
        """Read one of some texts; empty where there is nothing."""
        value = data.get(field, "")
        if value not in ("", *allowed):
            self.fail(field, f"must be one of {', '.join(allowed)}, or left out")
        return str(value)

    def number(
        self, data: dict[str, Any], field: str, top: float, why: str, default: float = 0, below: int | None = None
    ) -> float:
        """Read a number from 0 to `top`; `why` is the sentence for anything else."""
        value = data.get(field, default)
        if type(value) not in (int, float) or not 0 <= value < top:
            self.fail(field, why, below)
        return float(value)

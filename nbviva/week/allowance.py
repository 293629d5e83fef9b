"""`[limits]` of assignment.toml: what a hand-in's kernel may use when it is marked, in the place of the defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from nbviva.week.toml_fields import TomlFields

_UNITS = {"M": 1 << 20, "G": 1 << 30}
LEAST_MEMORY = 256 << 20  # a kernel that has imported numpy takes some 100 MB


@dataclass(frozen=True)
class Allowance:
    """What a week allows; None where the default holds.

    Attributes
    ----------
    memory
        Of all processes of a kernel together, in bytes; in the file with a unit, M or G.
    processes
        Processes and threads together.
    cell
        Seconds of one cell, which is then interrupted.
    question
        Seconds of one question whose check says no `seconds` of its own.
    notebook
        Seconds of all cells together.
    """

    memory: int | None = None
    processes: int | None = None
    cell: float | None = None
    question: float | None = None
    notebook: float | None = None

    @property
    def sentence(self) -> str:
        """What the release says of it; empty where all is as it is by default."""
        size = f"{self.memory / (1 << 30):.3g} GiB of memory" if self.memory else ""
        seconds = {"a cell": self.cell, "a question": self.question, "all cells": self.notebook}
        times = [f"{number:g} s for {what}" for what, number in seconds.items() if number]
        parts = [part for part in (size, *times, f"{self.processes} processes" if self.processes else "") if part]
        return f"When it is marked, this notebook has {', '.join(parts)}." if parts else ""


AS_EVER = Allowance()


def read_allowance(reader: TomlFields, table: Any) -> Allowance:
    """Read the table `[limits]`; raises `SpecError` with a sentence that names line and field."""
    if type(table) is not dict:
        reader.fail("limits", 'must be a table: a line [limits], then memory = "2G" or cell = 120')
    below = next(iter(reader.starts(r"\[\s*limits\s*\]")), None)
    names = [field.name for field in fields(Allowance)]
    for name in table:
        if name not in names:
            reader.fail(name, f"is not known; [limits] has {', '.join(names)}", below)
    values: dict[str, Any] = {
        name: reader.number(table, name, 86_400, "must be a number of seconds above 0", below=below) or None
        for name in ("cell", "question", "notebook")
    }
    processes = reader.number(table, "processes", 4096, "must be a number from 32 to 4095", below=below)
    if "processes" in table and processes < 32:
        reader.fail("processes", "must be a number from 32 to 4095: a kernel alone takes some 20", below)
    return Allowance(_memory(reader, table, below), int(processes) or None, **values)


def _memory(reader: TomlFields, table: dict[str, Any], below: int | None) -> int | None:
    if "memory" not in table:
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s?([MG])", str(table["memory"]))
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < LEAST_MEMORY:
        reader.fail("memory", 'must be a size such as "2G" or "900M", of at least 256M', below)
    return size

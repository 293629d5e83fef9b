"""`python -m nbviva.tester.program -f connection.json`: a kernel that runs test cells when it is asked to.

It understands the message `viva_ask`, as the agent in a student's kernel does, with two questions: `begin` tells a
notebook's source cells, `test` runs one. What a cell asks of the student meanwhile goes over the line to the examiner.
"""

from __future__ import annotations

from typing import Any

from nbviva.inside import Frames, decode, encode
from nbviva.inside.agent import answer_to, start
from nbviva.inside.line import BackLine
from nbviva.tester.asking import OtherSide
from nbviva.tester.cells import TestRunner
from nbviva.tester.guards import Guard
from nbviva.tester.namespace import TestNamespace
from nbviva.tester.ownership import NotebookNames, Role, SourceCell


class Program:
    """Answers `begin` and `test`."""

    def __init__(self, kernel: Any) -> None:
        self._line = BackLine(kernel)
        self._runner = TestRunner(kernel.shell, OtherSide(self._line, Guard()))
        answer_to(kernel, self._line, self.answer)

    def answer(self, frames: Frames) -> Frames:
        """Answer the examiner, who alone asks here."""
        operation, *rest = decode(frames)
        return encode(getattr(self, f"_{operation}")(*rest))

    def _begin(self, cells: list[tuple[str, str, str, bool]]) -> tuple[Any, ...]:
        known = (SourceCell(Role(role), name, text, outside) for role, name, text, outside in cells)
        self._runner.begin(NotebookNames(list(known)))
        return ("ended",)

    def _test(self, name: str, sources: list[str], allowed: list[str]) -> tuple[Any, ...]:
        return ("ended", *self._runner.run(name, sources, frozenset(allowed)))


def main() -> None:
    """Start the kernel; called by the kernel's command line."""
    start(Program, user_ns=TestNamespace())


if __name__ == "__main__":
    main()

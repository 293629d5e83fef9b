"""Files in a test's working folder: what the student's code wrote is fetched when it is opened, and the reverse.

Nothing of the instructor's is replaced, and only files of data are fetched, by their endings: nothing that Python
imports. What was fetched counts as the student's text and bytes, which are neither evaluated nor unpickled.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbviva.tester.asking import OtherSide

_ENDINGS = frozenset((
    ".txt", ".csv", ".tsv", ".json", ".md", ".html", ".xml", ".yaml", ".yml", ".dat", ".log", ".out", ".ini", ".fasta",
    ".fa", ".fastq", ".png", ".jpg", ".jpeg", ".npy", ".bin",
))  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR
MOST_BYTES = 50 << 20


class Files:
    """Knows what the instructor's files are, and watches what a test opens."""

    def __init__(self, side: OtherSide) -> None:
        self._side, self._home = side, Path.cwd()
        self._given = {path for path in self._home.rglob("*") if path.is_file()}
        self._written: set[Path] = set()
        self._busy = False
        self._stat = os.stat
        sys.addaudithook(self._heard)
        vars(os).update(stat=self._found)

    def begin(self) -> None:
        """Forget what earlier cells have written: it was sent."""
        self._written.clear()

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Give what the test has written since it was asked last; called before a question."""
        for path in sorted(self._written):
            self._busy = True
            try:
                if path.is_file() and path.stat().st_size <= MOST_BYTES:
                    yield str(path.relative_to(self._home)), path.read_bytes()
            finally:
                self._busy = False
        self._written.clear()

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or self._busy or not self._side.is_asked:
            return
        path = self._place(args[0])
        if path is None or path in self._given:
            return
        if (args[2] or 0) & _WRITES:
            self._written.add(path)
        elif path not in self._written:
            self._fetch(path)

    def _found(self, path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        try:
            return self._stat(path, *args, **kwargs)
        except FileNotFoundError:
            place = self._place(path) if self._side.is_asked and not self._busy else None
            if place is None or not self._fetch(place):
                raise
            return self._stat(path, *args, **kwargs)

    def _place(self, path: Any) -> Path | None:
        """Give the place of a file of data in the working folder; None for every other path."""
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        place = Path(os.path.normpath(self._home / os.fsdecode(path)))
        return place if place.is_relative_to(self._home) and place.suffix in _ENDINGS else None

    def _fetch(self, path: Path) -> bool:
        self._busy = True
        try:
            content = self._side.ask("file", str(path.relative_to(self._home)))
            if type(content) is not bytes:
                return False
            self._side.guard.came([content, *content.decode("utf-8", "replace").splitlines()])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        finally:
            self._busy = False
        return True

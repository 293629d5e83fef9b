"""A notebook file that is too large, without what makes it large: saved outputs, attachments, the state of widgets.

It works on bytes, before anything is parsed, so that a large file takes no more memory than its own size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TOKENS = 6_000_000
_SMALL = 10_000
_TOKEN = re.compile(rb'"[^"\\]*+(?>(?:\\.[^"\\]*)*)"(\s*+:)?|[\[\]{}]', re.DOTALL)
_CELL, _OUTPUT = 3, 5  # the depth of a cell's braces, and of those of one of its outputs


class NotSlim(ValueError):
    """The file stays too large, or is no JSON."""


@dataclass(frozen=True)
class _Part:
    """A value that may be left out: where it stands, and the number of its cell; None outside of cells."""

    start: int
    end: int
    cell: int | None


def slimmed(raw: bytes, most: int) -> tuple[bytes, tuple[int, ...]]:
    """Give a notebook's bytes, no more than `most`, and the numbers (from 0) of the cells whose outputs were left out.

    The largest parts go first. What fits is given as it is.

    Raises
    ------
    NotSlim
        If it does not fit all the same.
    """
    if len(raw) <= most:
        return raw, ()
    left, chosen = len(raw) - most, list[_Part]()
    for part in sorted(_parts(raw), key=lambda part: part.start - part.end):
        if left <= 0:
            break
        chosen.append(part)
        left -= part.end - part.start - 2
    if left > 0:
        raise NotSlim
    return _without(raw, chosen), tuple(sorted({part.cell for part in chosen if part.cell is not None}))


def _without(raw: bytes, parts: list[_Part]) -> bytes:
    kept, at = [], 0
    for part in sorted(parts, key=lambda part: part.start):
        kept += [raw[at : part.start], b"{}"]
        at = part.end
    return b"".join([*kept, raw[at:]])


def _parts(raw: bytes) -> Iterator[_Part]:
    """Give outputs, attachments, and what stands beside the list of cells, where they are no trifles."""
    depth, cell = 0, -1
    keys, starts = [""] * 8, [0] * 8
    for number, token in enumerate(_TOKEN.finditer(raw)):
        if number > MAX_TOKENS:
            raise NotSlim
        start = raw[token.start()]
        if start == ord('"'):
            if token[1] and 0 <= depth < len(keys):
                keys[depth] = token[0][1:20].split(b'"')[0].decode("latin-1")
        elif start in b"[{":
            depth += 1
            if 0 <= depth < len(starts):
                starts[depth] = token.start()
            cell += depth == _CELL and keys[1] == "cells"
        else:
            if _may_go(depth, keys) and token.end() - starts[depth] > _SMALL:
                yield _Part(starts[depth], token.end(), cell if keys[1] == "cells" else None)
            depth -= 1


def _may_go(depth: int, keys: list[str]) -> bool:
    """Whether a value that ends at this depth may be left out."""
    if keys[1] != "cells":
        return depth == 2
    return (depth == _OUTPUT and keys[_CELL] == "outputs") or (depth == _CELL + 1 and keys[_CELL] == "attachments")

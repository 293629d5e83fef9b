"""Records: frozen dataclasses as JSON, read strictly by their annotations; the one module that knows msgspec.

A text is no number and a number no text, what has no default has to be there, and what this version does not know is
left out. A number that JSON cannot say, infinity, is a text where the annotation is `Measured`, and refused elsewhere.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from nbviva.errors import Refused, unreadable

Record = TypeVar("Record")
Size = Annotated[int, msgspec.Meta(ge=0, lt=1 << 40)]

if TYPE_CHECKING:
    Measured = float  # who makes one gives any number
else:

    class Measured(float):
        """A number that was measured: unlike points it may be infinite, or none."""


def read(kind: type[Record], content: str | bytes, *, half_characters: bool = False) -> Record:
    """Read a record.

    Parameters
    ----------
    half_characters
        Whether texts may hold them, as names of folders do that are no UTF-8.

    Raises
    ------
    ValueError
        If it is no JSON, or no such record; RecursionError if it is nested too deeply.
    """
    if not half_characters:
        return msgspec.json.decode(content, type=kind, dec_hook=_measured)
    return of_tree(kind, tree_of(content))


def tree_of(content: str | bytes) -> Any:
    """Parse JSON whose texts may hold half characters; raises ValueError where it is none."""
    return json.loads(content, parse_constant=_finite, parse_float=_finite)


def of_tree(kind: type[Record], tree: Any) -> Record:
    """Read a record from what `tree_of` gave; raises ValueError where it is no such record."""
    return msgspec.convert(tree, kind, dec_hook=_measured, str_keys=True)


def kept(kind: type[Record], path: Path) -> Record | None:
    """Read a record that we keep for ourselves; None where there is none that this version can read.

    Raises
    ------
    Refused
        If there is one that may not or cannot be read: who took it for none would write over it.
    """
    try:
        return readable(kind, path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise Refused(unreadable(path, error)) from error


def readable(kind: type[Record], content: bytes | None) -> Record | None:
    """Read a record; None where there is none that this version can read."""
    try:
        return None if content is None else read(kind, content, half_characters=True)
    except (ValueError, RecursionError):
        return None


def plain(record: Any) -> Any:
    """Give what JSON can say of a record, or of a dictionary or tuple of them; a number that it cannot is a text."""
    if is_dataclass(record) and not isinstance(record, type):
        return plain(asdict(record))
    if isinstance(record, dict):
        return {key: plain(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [plain(item) for item in record]
    return str(record) if isinstance(record, float) and not math.isfinite(record) else record


def to_json(record: Any, *, indent: int | None = None, ascii_only: bool = True) -> str:
    """Give the JSON text that `read` reads."""
    return json.dumps(plain(record), indent=indent, ensure_ascii=ascii_only, allow_nan=False)


def _measured(kind: type, value: object) -> object:
    if kind is not Measured or type(value) not in (int, float, str):
        raise TypeError("a number, or the text of one that JSON cannot say, is expected")
    number = Measured(str(value))  # through its text, since a whole number may be too large for a float
    if isinstance(value, str) and math.isfinite(number):
        raise ValueError("a number is expected, and no text")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number of JSON")
    return number

"""What is told of an object that stays on the other side, and the exceptions that its code raised, as ours."""

from __future__ import annotations

import builtins
import sys
from dataclasses import dataclass
from typing import Any

from nbviva.inside.operations import DUNDERS

KINDS = frozenset({"class", "error", "module", "object"})
_LONGEST_TRACE = 4000
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Described:
    """What the other side says of an object; nobody vouches for it.

    Attributes
    ----------
    bases
        Full names of its classes, its own first; of a class itself and those above.
    dunders
        The operators that its class has.
    """

    kind: str
    name: str
    bases: tuple[str, ...]
    dunders: frozenset[str]

    @classmethod
    def read(cls, item: tuple[Any, ...]) -> Described | None:
        """Read what was told; None where it is malformed."""
        _, kind, name, bases, dunders = item
        if type(kind) is not str or kind not in KINDS or type(name) is not str or type(bases) is not list:
            return None
        if not all(type(base) is str for base in bases[:20]) or type(dunders) is not list:
            return None
        known = frozenset(word for word in dunders[:100] if type(word) is str and word in DUNDERS)
        return cls(kind, name[:100], tuple(bases[:20]), known)

    @property
    def is_students(self) -> bool:
        """Whether its class says that the notebook defines it."""
        return not self.bases or self.bases[0].startswith("__main__.")

    @property
    def short(self) -> str:
        """The name of its class, for a sentence."""
        name = (self.bases[0] if self.bases else "object").rpartition(".")[2]
        return name if name.isidentifier() else "object"


def error_class(described: Described) -> type[BaseException]:
    """Give a class in the place of an exception's of theirs: a known one, or a new one below the next known one."""
    first = _known(described.bases[:1])
    if first is not None:
        return first
    base = _known(described.bases) or Exception
    return type(described.short, (base,), {"__module__": "student"})


def raised(kind: Any, bases: Any, args: Any, trace: Any) -> BaseException:
    """Give the exception that the student's code raised; its trace goes to where a test's output goes."""
    given = [item for item in args if type(item) in _PLAIN] if type(args) is list else []
    if type(trace) is str:
        sys.stdout.write(trace[-_LONGEST_TRACE:])
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        kind = _known(tuple(base for base in bases if type(base) is str)) if type(bases) is list else None
    error = _made(kind or Exception, given)
    error.args = tuple(given)
    return error


def _made(kind: type[BaseException], given: list[Any]) -> BaseException:
    try:
        return kind(*given)
    except Exception:  # noqa: BLE001 - a library's exception may want other arguments
        return kind.__new__(kind)


def _known(bases: tuple[str, ...]) -> type[BaseException] | None:
    """Give the first of these classes that Python, or a library that is imported here, has as an exception."""
    for base in bases:
        module, _, name = base.rpartition(".")
        found = vars(builtins if module == "builtins" else sys.modules.get(module, object)).get(name)
        if isinstance(found, type) and issubclass(found, Exception | SystemExit | KeyboardInterrupt):
            return found
    return None

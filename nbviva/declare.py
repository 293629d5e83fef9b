"""How an author declares checks, fixtures, mutants and alternatives.

A check is a function whose docstring is the sentence that the student reads and whose arguments are fixtures, by name.
It returns what it measured (a sentence) or nothing, and raises `Mismatch` when the answer is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nbviva.student import QUESTION_SECONDS


@dataclass(frozen=True)
class Check:
    """One check of one exercise; `seconds` is the limit of each question that it asks."""

    function: Callable[..., str | None]
    exercise: str
    needs: tuple[Check, ...] = ()
    seconds: float = QUESTION_SECONDS

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def sentence(self) -> str:
        """The docstring as one line: what the student reads."""
        return " ".join((inspect.getdoc(self.function) or "").split())


@dataclass(frozen=True)
class Fixture:
    """A value that a week's checks share, made once a hand-in; `stands_in` names the cell that it is run for."""

    function: Callable[..., Any]
    stands_in: str | None
    seconds: float


@dataclass(frozen=True)
class Overlay:
    """A wrong (`mutant`) or right (`alternative`) answer written another way; replaces one name of the notebook's."""

    function: Callable[..., Any]
    checks: tuple[Check, ...]
    replaces: str

    @property
    def story(self) -> str:
        """The docstring as one line: what is wrong with it, or what is different."""
        return " ".join((inspect.getdoc(self.function) or "").split())


def check(exercise: str, *, needs: Iterable[Check] = (), seconds: float = QUESTION_SECONDS) -> Callable[..., Check]:
    """Make a function a check of the graded cell `exercise`.

    Parameters
    ----------
    needs
        Checks that must have passed; else this one is skipped and names the first that did not.
    """

    def decorate(function: Callable[..., str | None]) -> Check:
        if not inspect.getdoc(function):
            raise TypeError(
                f"the check {function.__name__} has no docstring; write the sentence that the student reads"
            )
        return Check(function, exercise, tuple(needs), seconds)

    return decorate


def fixture(*, stands_in: str | None = None, seconds: float = QUESTION_SECONDS) -> Callable[..., Fixture]:
    """Make a function a fixture. With `stands_in` it is also run in the place of that cell of the notebook.

    Such a fixture returns an object whose `names` (a mapping) are the variables that the cell would have set.
    """
    return lambda function: Fixture(function, stands_in, seconds)


def mutant(*checks: Check, replaces: str = "") -> Callable[..., Overlay]:
    """Make a function a wrong answer that each of `checks` must catch; it replaces its own name unless told else."""
    return lambda function: Overlay(function, checks, replaces or function.__name__)


def alternative(*checks: Check, replaces: str = "") -> Callable[..., Overlay]:
    """Make a function (or class) a right answer that all of `checks` must accept."""
    return mutant(*checks, replaces=replaces)

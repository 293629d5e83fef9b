"""How an author declares checks, fixtures, mutants and alternatives.

A check is a function whose docstring is the sentence that the student reads and whose arguments are fixtures, by name.
It returns what it measured (a sentence) or nothing, and raises `Mismatch` when the answer is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nbviva.records import Measured


class PlotKind(StrEnum):
    """How a plot's series are drawn."""

    LINE = "line"
    POINTS = "points"
    BAR = "bar"
    LOGO = "logo"


@dataclass(frozen=True)
class Value:
    """A number that a check measured, and the bound that it is held against; infinity is a value, too.

    Attributes
    ----------
    best
        The best that any honest answer can have, such as what the generator of the data knows: the Bayes classifier.
    """

    name: str
    number: Measured
    bound: Measured | None = None
    best: Measured | None = None


@dataclass(frozen=True)
class Series:
    """The points of one line, or bars, of a plot; in a logo the heights of one letter, its name, at each position.

    Attributes
    ----------
    panel
        The name of the part of the plot that it is drawn in; plots of one part leave it empty.
    dashed
        Whether it is there to compare with: the reference, or a bound.
    """

    name: str
    x: tuple[Measured, ...]
    y: tuple[Measured, ...]
    panel: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Plot:
    """A plot as plain data: aggregates only, never a hidden input.

    Attributes
    ----------
    caption
        One sentence that says what to see in it.
    alt
        What stands for the plot where it cannot be seen.
    x_axis, y_axis
        The axis' name, with its unit.
    bound
        What the y values are held against, drawn as a line across.
    """

    kind: PlotKind
    title: str
    caption: str
    alt: str
    x_axis: str
    y_axis: str
    series: tuple[Series, ...]
    log_y: bool = False
    bound: Measured | None = None


@dataclass(frozen=True)
class Check:
    """One check of one exercise; `seconds` is the limit of each question that it asks, None the week's."""

    function: Callable[..., str | None]
    exercise: str
    needs: tuple[Check, ...] = ()
    seconds: float | None = None

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
    seconds: float | None


@dataclass(frozen=True)
class Overlay:
    """A wrong (`mutant`) or right (`alternative`) answer written another way; replaces one name of the notebook's.

    Attributes
    ----------
    uses
        Names of the function's module for which it gets the notebook's own objects, such as a class of the student's.
    tell
        What a student is told whose answers behave as the very same mutant; empty: nothing.
    """

    function: Callable[..., Any]
    checks: tuple[Check, ...]
    replaces: str
    uses: tuple[str, ...] = ()
    tell: str = ""

    @property
    def story(self) -> str:
        """The docstring as one line: what is wrong with it, or what is different."""
        return " ".join((inspect.getdoc(self.function) or "").split())


def check(exercise: str, *, needs: Iterable[Check] = (), seconds: float | None = None) -> Callable[..., Check]:
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


def fixture(*, stands_in: str | None = None, seconds: float | None = None) -> Callable[..., Fixture]:
    """Make a function a fixture. With `stands_in` it is also run in the place of that cell of the notebook.

    Such a fixture returns an object whose `names` (a mapping) are the variables that the cell would have set.
    """
    return lambda function: Fixture(function, stands_in, seconds)


def mutant(
    *checks: Check, replaces: str = "", uses: Iterable[str] = (), tell: str = ""
) -> Callable[..., Overlay]:  # fmt: skip
    """Make a function a wrong answer that each of `checks` must catch; it replaces its own name unless told else.

    Parameters
    ----------
    tell
        Words on the mistake for students whose answers to several questions are this mutant's: "the rows are not
        normalised". They read it once the week's last extension is over.
    """
    return lambda function: Overlay(function, checks, replaces or function.__name__, tuple(uses), tell)


def alternative(*checks: Check, replaces: str = "", uses: Iterable[str] = ()) -> Callable[..., Overlay]:
    """Make a function (or class) a right answer that all of `checks` must accept."""
    return mutant(*checks, replaces=replaces, uses=uses)

"""What a check notes beside its sentence: the numbers that it measured, and plots, kept small and finite."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from nbviva.week.declare import Plot, Series, Value

MAX_POINTS = 200
MAX_SERIES = 64
MAX_PLOTS = 8
MAX_VALUES = 64
MAX_TEXT = 400
_DIGITS = 5


@dataclass
class Findings:
    """The fixture `findings`: what one check or fixture noted; it stays with the verdict, however the check ends.

    `credit` are the points that an adopted test cell gave in part.
    """

    values: list[Value] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    credit: float | None = None

    def give(self, points: float) -> None:
        """Give so many of the question's points, if its check passes."""
        self.credit = points

    def doubt(self, sentence: str) -> None:
        """Leave the question to a person, whatever its checks say; the sentence, which the group reads, says why."""
        self.doubts.append(sentence[:MAX_TEXT])

    def value(
        self, name: str, number: float, bound: float | None = None, best: float | None = None, chance: float = 0.0
    ) -> None:
        """Note a number that was measured, and the bound that it is held against; what is no number is left out.

        Parameters
        ----------
        best
            The best that any honest answer can have. What is above it by more than `chance` is left to a person.
        """
        if best is not None and number > best + chance:
            self.doubt(
                f"What was measured, {number:.3f}, is better than the best that can be expected, {best:.3f}: a person "
                "looks at how it comes about."
            )
        if len(self.values) == MAX_VALUES:
            raise ValueError(f"A check notes at most {MAX_VALUES} values; note the most telling ones.")
        if not math.isnan(number):
            limits = (None if limit is None else float(limit) for limit in (bound, best))
            self.values.append(Value(name[:MAX_TEXT], float(number), *limits))

    def plot(self, plot: Plot) -> None:
        """Note a plot. Points that are not finite, or not positive on a logarithmic axis, are left out.

        Longer series are thinned to 200 points. All text is the examiner's own; caption and `alt` have to be given.
        """
        if not (plot.caption.strip() and plot.alt.strip()):
            raise ValueError(f"The plot '{plot.title}' needs a caption and an alt text: say what to see in it.")
        if len(self.plots) == MAX_PLOTS or len(plot.series) > MAX_SERIES:
            raise ValueError(f"A check notes at most {MAX_PLOTS} plots of {MAX_SERIES} series each; leave some out.")
        texts = {name: getattr(plot, name)[:MAX_TEXT] for name in ("title", "caption", "alt", "x_axis", "y_axis")}
        series = tuple(_tidy(one, log_y=plot.log_y) for one in plot.series)
        self.plots.append(replace(plot, **texts, series=series))


def _tidy(series: Series, *, log_y: bool) -> Series:
    x, y = (np.asarray(numbers, dtype=np.float64) for numbers in (series.x, series.y))  # (n,), (n,)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"The series '{series.name}' has x of shape {x.shape} and y of shape {y.shape}.")
    drawn = np.isfinite(x) & np.isfinite(y) & ((y > 0) | (not log_y))
    x, y = x[drawn], y[drawn]
    if len(x) > MAX_POINTS:
        kept = np.linspace(0, len(x) - 1, MAX_POINTS).round().astype(np.int64)  # both ends among them
        x, y = x[kept], y[kept]
    name, panel = series.name[:MAX_TEXT], series.panel[:MAX_TEXT]
    return replace(series, name=name, panel=panel, x=tuple(map(_short, x)), y=tuple(map(_short, y)))


def _short(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")

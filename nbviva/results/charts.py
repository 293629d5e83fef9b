"""The charts of the class report, as Vega-Lite by Altair; the only module that knows either.

Charts of hand-ins name a data set, `handins`, that the page gives them, so that no number is on the page twice. Colours
are names of the page's own, such as `--bound`, since it has a light and a dark set of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from nbviva.results.statistics import Curves, Distribution, QuestionStatistics

HANDINS = "handins"
WEAK = 0.2  # a discrimination below it says that a question hardly tells strong from weak hand-ins
PICKED = "picked"  # the name of the selection that filters the page's table
_KINDS = ["points", "extra points", "supports an answer"]
_HEIGHT = 220
_ROW = 22  # of a bar chart with a line of text a bar


@dataclass(frozen=True)
class Chart:
    """A chart for the page: its element's id, what it says in words, and its specification.

    Attributes
    ----------
    field
        The field of the hand-ins that selecting in the chart filters by; empty where it does not.
    """

    name: str
    title: str
    text: str
    spec: dict[str, Any]
    field: str = ""


@cache
def script() -> str:
    """Give Vega, Vega-Lite and their embedding as one script without any other file; sets `window.vegaEmbed`."""
    code: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return code.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def steps(name: str, text: str, field: str, title: str, domain: tuple[float, float], step: float) -> Chart:
    """Draw how many hand-ins have each of a few numbers, such as points: one bar a step, above its number."""
    low, high = domain[0] - step / 2, domain[1] + step / 2
    across = {
        "bin": alt.Bin(step=step, anchor=step / 2, extent=[low - step / 2, high + step / 2]),
        "axis": alt.Axis(values=_ticks(domain, step), grid=False),
        "scale": alt.Scale(domain=[low, high], nice=False),
    }
    return _histogram(name, text, field, title, across)


def _ticks(domain: tuple[float, float], step: float) -> list[float]:
    """Give at most some twenty of the steps."""
    number = round((domain[1] - domain[0]) / step)
    each = next(each for each in (1, 2, 5, 10, 20, 50, 100, 1000, 10**9) if number / each <= 20)
    return [domain[0] + i * step for i in range(0, number + 1, each)]


def distribution(name: str, text: str, field: str, found: Distribution) -> Chart:
    """Draw the distribution of what checks measured, with its bound and the week's own value as lines across."""
    lines = [*_line_across(found.bound, "bound", "bound"), *_line_across(found.reference, "reference", "our solution")]
    marks = [mark for mark in (found.bound, found.reference) if mark is not None]
    numbers = [number for _, number in found.numbers] + marks
    low, high, step = _bins(min(numbers), max(numbers))
    across = {
        "bin": alt.Bin(step=step, anchor=0, extent=[low, high]),
        "axis": alt.Axis(grid=False, values=_round_numbers(low, high), format=".12~g"),
        "scale": alt.Scale(domain=[low, high], nice=False),
    }
    return _histogram(name, text, field, found.title, across, lines)


def _bins(low: float, high: float) -> tuple[float, float, float]:
    """Give some thirty bins of a round width over all numbers, with a free one at each end: (start, end, width)."""
    width = _round_width((high - low or abs(high) or 1.0) / 30)
    return (math.floor(low / width) - 1) * width, (math.floor(high / width) + 2) * width, width


def _round_width(width: float) -> float:
    """Give the next larger width of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= width * 0.999)


def _round_numbers(low: float, high: float) -> list[float]:
    """Give some five round numbers between two."""
    width = _round_width((high - low) / 6)
    return [round(i * width, 12) for i in range(math.ceil(low / width), math.floor(high / width) + 1)]


def _histogram(
    name: str, text: str, field: str, title: str, across: dict[str, Any], lines: Sequence[alt.Chart] = ()
) -> Chart:
    bars = alt.Chart(alt.NamedData(name=HANDINS)).mark_bar(cursor="crosshair", binSpacing=1)
    bars = bars.transform_filter(f"isValid(datum['{field}'])").encode(
        x=alt.X(f"{field}:Q", title=title, **across),
        y=alt.Y(
            "count()",
            title="hand-ins",
            axis=alt.Axis(tickCount=5, format="d", labelExpr="datum.value % 1 ? '' : datum.label"),
        ),
        tooltip=[alt.Tooltip("count()", title="hand-ins"), alt.Tooltip(f"{field}:Q", bin=across["bin"], title=title)],
    )
    bars = bars.add_params(alt.selection_interval(name=PICKED, encodings=["x"]))
    return _chart(name, title, text, alt.layer(bars, *lines) if lines else bars, field)


def _line_across(value: float | None, style: str, word: str) -> list[alt.Chart]:
    if value is None:
        return []
    base = alt.Chart(alt.InlineData(values=[{"x": value, "words": f"{word} {float(f'{value:.3g}'):.12g}"}]))
    rule = _rule(base, style).encode(x="x:Q", tooltip=alt.Tooltip("words:N", title=" "))
    up = -7 if style == "bound" else -21  # two labels at one place stay readable
    label = base.mark_text(color=f"--{style}", align="center", y=up).encode(x="x:Q", text="words:N")
    return [rule, label]


def _rule(base: alt.Chart, style: str) -> alt.Chart:
    dash = [5, 4] if style == "bound" else [1, 0]
    rule: alt.Chart = base.mark_rule(color=f"--{style}", strokeDash=dash, strokeWidth=2)
    return rule


def shares(name: str, text: str, found: Sequence[QuestionStatistics]) -> Chart:
    """Draw the mean share of the points for each question, the hardest on top."""
    values = [_row(item) for item in found if item.mean_share is not None]
    bars = alt.Chart(alt.InlineData(values=values), height=_ROW * max(len(values), 1)).mark_bar()
    bars = bars.encode(
        y=alt.Y("question:N", sort=alt.EncodingSortField("share", order="ascending"), title=None, axis=_names()),
        x=alt.X("share:Q", title="mean share of the points", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        color=alt.Color("points:N", title=None, sort=_KINDS, legend=alt.Legend(orient="top")),
        tooltip=[
            alt.Tooltip("question:N"),
            alt.Tooltip("share:Q", format=".1%", title="mean share"),
            alt.Tooltip("discrimination:Q", format=".2f"),
        ],
    )
    return _chart(name, "How hard the questions were", text, bars)


def difficulties(name: str, text: str, found: Sequence[QuestionStatistics]) -> Chart:
    """Draw difficulty against discrimination: what lies low at the right or in the middle deserves a look."""
    values = [_row(item) for item in found if item.discrimination is not None and item.mean_share is not None]
    base = alt.Chart(alt.InlineData(values=values), height=max(_HEIGHT, 260))
    dots = base.mark_point(filled=True, size=90, opacity=0.85).encode(
        x=alt.X("share:Q", title="mean share of the points", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        y=alt.Y("discrimination:Q", title="discrimination", scale=alt.Scale(domain=[-0.4, 1], nice=False)),
        color=alt.Color("points:N", title=None, sort=_KINDS, legend=alt.Legend(orient="top")),
        tooltip=[
            alt.Tooltip("question:N"),
            alt.Tooltip("share:Q", format=".1%", title="mean share"),
            alt.Tooltip("discrimination:Q", format=".2f"),
        ],
    )
    labels = base.mark_text(align="left", dx=8, color="--ink", fontSize=11).encode(
        x="share:Q", y="discrimination:Q", text="number:N"
    )
    weak = _rule(alt.Chart(alt.InlineData(values=[{"y": WEAK}])), "bound").encode(y="y:Q")
    return _chart(name, "Difficulty and discrimination", text, alt.layer(weak, dots, labels))


def curves(name: str, text: str, found: Curves) -> Chart:
    """Draw one line a hand-in: what was measured at each setting."""
    values = [{"g": group, "x": x, "y": y} for group, points in found.curves for x, y in points]
    hover = alt.selection_point(fields=["g"], on="pointerover", empty=False)
    lines = alt.Chart(alt.InlineData(values=values), height=_HEIGHT).mark_line(point=True)
    lines = lines.add_params(hover).encode(
        x=alt.X("x:Q", title="setting", scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", title=found.title, scale=alt.Scale(zero=False)),
        detail="g:N",
        opacity=alt.condition(hover, alt.value(1), alt.value(0.3)),
        strokeWidth=alt.condition(hover, alt.value(3), alt.value(1)),
        tooltip=[alt.Tooltip("g:N", title="hand-in"), alt.Tooltip("x:Q", title="setting"), alt.Tooltip("y:Q")],
    )
    layers: list[alt.Chart] = [lines]
    if found.bound is not None:
        bound = alt.Chart(alt.InlineData(values=[{"y": found.bound}]))
        layers.append(_rule(bound, "bound").encode(y="y:Q"))
    return _chart(name, found.title, text, alt.layer(*layers))


def _row(item: QuestionStatistics) -> dict[str, object]:
    kind = _KINDS[1 if item.bonus else 0 if item.maximum else 2]
    return {
        "question": f"{item.number} {item.title}",
        "number": item.number,
        "share": item.mean_share,
        "discrimination": item.discrimination,
        "points": kind,
    }


def _names() -> alt.Axis:
    return alt.Axis(labelLimit=230, grid=False)


def _chart(
    name: str, title: str, text: str, chart: alt.Chart | alt.LayerChart | alt.FacetChart, field: str = ""
) -> Chart:
    sized: Any = chart.properties(width="container", description=text)
    if sized.height is alt.Undefined:
        sized = sized.properties(height=_HEIGHT)
    spec: dict[str, Any] = sized.to_dict()
    spec.pop("config", None)  # the page has its own
    spec.pop("$schema", None)  # a reader's tool would go and fetch it
    return Chart(name, title, text, spec, field)

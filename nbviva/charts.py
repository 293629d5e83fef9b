"""The charts of the class report, as Vega-Lite by Altair; the only module that knows either.

Charts of hand-ins name a data set, `handins`, that the page gives them, so that no number is on the page twice. Colours
are left to the page, which has a light and a dark set of them; here are only the names of styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from nbviva.items import Item
from nbviva.measured import Curves, Distribution

HANDINS = "handins"
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


def histogram(name: str, title: str, text: str, field: str, top: float, step: float) -> Chart:
    """Draw how many hand-ins have how many points, one bar a step, up to `top` and beyond."""
    bins = alt.Bin(step=step, anchor=step / 2)
    scale = alt.Scale(domain=[-step / 2, top + step / 2], nice=False)
    axis = alt.Axis(tickMinStep=step, grid=False)
    chart = alt.Chart(alt.NamedData(name=HANDINS)).mark_bar(cursor="crosshair", binSpacing=2)
    chart = chart.transform_filter(f"isValid(datum['{field}'])").encode(
        x=alt.X(f"{field}:Q", bin=bins, title=title, scale=scale, axis=axis),
        y=alt.Y("count()", title="hand-ins", axis=alt.Axis(tickMinStep=1)),
        tooltip=[alt.Tooltip("count()", title="hand-ins"), alt.Tooltip(f"{field}:Q", bin=bins, title=title)],
    )
    return _chart(name, title, text, _brushed(chart), field)


def distribution(name: str, text: str, field: str, found: Distribution) -> Chart:
    """Draw the distribution of what checks measured, with its bound and the week's own value as lines across."""
    marked = [mark for mark in (found.bound, found.reference) if mark is not None]
    numbers = [number for _, number in found.numbers] + marked
    bars = alt.Chart(alt.NamedData(name=HANDINS)).mark_bar(cursor="crosshair", binSpacing=1)
    scale = alt.Scale(domain=[min(numbers), max(numbers)]) if numbers else alt.Undefined
    bars = bars.transform_filter(f"isValid(datum['{field}'])").encode(
        x=alt.X(f"{field}:Q", bin=alt.Bin(maxbins=40), title=found.name, scale=scale, axis=alt.Axis(grid=False)),
        y=alt.Y("count()", title="hand-ins", axis=alt.Axis(tickMinStep=1)),
        tooltip=[alt.Tooltip("count()", title="hand-ins"), alt.Tooltip(f"{field}:Q", bin=True, title=found.name)],
    )
    layers = [_brushed(bars)]
    for value, style, word in ((found.bound, "bound", "bound"), (found.reference, "reference", "our solution")):
        if value is not None:
            layers += _line_across(value, style, f"{word} {value:.3g}")
    return _chart(name, found.name, text, alt.layer(*layers), field)


def _line_across(value: float, style: str, words: str) -> list[alt.Chart]:
    base = alt.Chart(alt.InlineData(values=[{"x": value, "words": words}]))
    rule = base.mark_rule(style=style).encode(x="x:Q", tooltip=alt.Tooltip("words:N", title=" "))
    up = 0 if style == "bound" else 14  # two labels at one place stay readable
    label = base.mark_text(style=f"{style}-label", align="left", dx=4, y=8 + up).encode(x="x:Q", text="words:N")
    return [rule, label]


def shares(name: str, text: str, found: Sequence[Item]) -> Chart:
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


def difficulties(name: str, text: str, found: Sequence[Item]) -> Chart:
    """Draw difficulty against discrimination: what lies low at the right or in the middle deserves a look."""
    values = [_row(item) for item in found if item.discrimination is not None and item.mean_share is not None]
    base = alt.Chart(alt.InlineData(values=values), height=max(_HEIGHT, 260))
    dots = base.mark_point(filled=True, size=90, opacity=0.85).encode(
        x=alt.X("share:Q", title="mean share of the points", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        y=alt.Y("discrimination:Q", title="discrimination", scale=alt.Scale(domain=[-0.5, 1])),
        color=alt.Color("points:N", title=None, sort=_KINDS, legend=alt.Legend(orient="top")),
        tooltip=[
            alt.Tooltip("question:N"),
            alt.Tooltip("share:Q", format=".1%", title="mean share"),
            alt.Tooltip("discrimination:Q", format=".2f"),
        ],
    )
    labels = base.mark_text(align="left", dx=8, style="label").encode(x="share:Q", y="discrimination:Q", text="number:N")
    weak = alt.Chart(alt.InlineData(values=[{"y": 0.2}])).mark_rule(style="bound").encode(y="y:Q")
    return _chart(name, "Difficulty and discrimination", text, alt.layer(weak, dots, labels))


def curves(name: str, text: str, found: Curves) -> Chart:
    """Draw one line a hand-in: what was measured at each setting."""
    values = [{"g": group, "x": x, "y": y} for group, points in found.curves for x, y in points]
    hover = alt.selection_point(fields=["g"], on="pointerover", nearest=True, empty=False)
    lines = alt.Chart(alt.InlineData(values=values), height=_HEIGHT).mark_line(point=True)
    lines = lines.add_params(hover).encode(
        x=alt.X("x:Q", title="setting", scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", title=found.name, scale=alt.Scale(zero=False)),
        detail="g:N",
        opacity=alt.condition(hover, alt.value(1), alt.value(0.3)),
        strokeWidth=alt.condition(hover, alt.value(3), alt.value(1)),
        tooltip=[alt.Tooltip("g:N", title="hand-in"), alt.Tooltip("x:Q", title="setting"), alt.Tooltip("y:Q")],
    )
    layers: list[alt.Chart] = [lines]
    if found.bound is not None:
        bound = alt.Chart(alt.InlineData(values=[{"y": found.bound}]))
        layers.append(bound.mark_rule(style="bound").encode(y="y:Q"))
    return _chart(name, found.name, text, alt.layer(*layers))


def _row(item: Item) -> dict[str, object]:
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


def _brushed(chart: alt.Chart) -> alt.Chart:
    return chart.add_params(alt.selection_interval(name=PICKED, encodings=["x"]))


def _chart(name: str, title: str, text: str, chart: alt.Chart | alt.LayerChart, field: str = "") -> Chart:
    sized: Any = chart.properties(width="container", description=text)
    if sized.height is alt.Undefined:
        sized = sized.properties(height=_HEIGHT)
    spec: dict[str, Any] = sized.to_dict()
    spec.pop("config", None)  # the page has its own
    spec.pop("$schema", None)  # a reader's tool would go and fetch it
    return Chart(name, title, text, spec, field)

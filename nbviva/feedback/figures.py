"""Plots as SVG pictures that stand in a page: drawn from plain data, in colours that the page's style sheet decides.

Colours are drawn as stand-ins and then replaced by CSS variables, so that one picture is right in light and in dark.
"""

from __future__ import annotations

import html
import io
import re
from functools import cache
from itertools import groupby
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import LogLocator, MaxNLocator
from matplotlib.transforms import Affine2D

from nbviva.week.declare import Plot, PlotKind, Series

INK, MUTED = "#010101", "#020202"
PALETTE = ("#030303", "#040404", "#050505", "#060606", "#070707")
_VARIABLES = {INK: "ink", MUTED: "muted", **{colour: f"series-{i}" for i, colour in enumerate(PALETTE, 1)}}
_MARKERS = ("o", "s", "^", "D", "v")  # so that colour is not all that tells lines apart
_LETTERS = dict(zip("ACGT", (PALETTE[2], PALETTE[0], PALETTE[3], PALETTE[1]), strict=True))
_STYLE: Any = {  # matplotlib types its keys one by one
    "figure.constrained_layout.use": False,  # whatever a notebook that was rehearsed here has set
    "svg.fonttype": "none",
    "svg.hashsalt": "nbviva",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}
_WIDTH, _HEIGHT, _ROW = 4.4, 2.7, 0.75  # inches; a row is that of a logo
_LEFT, _RIGHT, _BOTTOM, _TOP, _LINE = 0.72, 0.12, 0.45, 0.1, 0.18  # margins; a line of the legend or of a title
_COLUMNS = 3  # of the legend
_BITS, _LEAST = 2.0, 0.04  # the height of a logo, and of a letter that can be read


def svg(plot: Plot, name: str) -> str:
    """Draw a plot as an SVG element with a title and a description; `name` makes its ids unique in a page."""
    panels = [(title, list(group)) for title, group in groupby(plot.series, key=lambda series: series.panel)] or [
        ("", [])
    ]
    with rc_context(_STYLE):
        figure, rows = _laid_out(plot, len(panels))
        for axes, (title, series) in zip(rows, panels, strict=True):
            _panel(axes, plot, series)
            axes.set_title(_literal(title), loc="left", fontsize=8.5)
        rows[-1].set_xlabel(_literal(plot.x_axis))
        if plot.kind is PlotKind.LOGO and (places := [x for series in plot.series for x in series.x]):
            rows[-1].set_xlim(min(places) - 0.6, max(places) + 0.6)
        text = io.StringIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=metadata)
    return _embedded(text.getvalue(), plot, name)


def _laid_out(plot: Plot, panels: int) -> tuple[Figure, list[Axes]]:
    """Make a figure with its panels below each other and margins for its texts: much faster than measuring them."""
    is_logo = plot.kind is PlotKind.LOGO
    entries = len({series.name for series in plot.series}) + (plot.bound is not None)
    above = _TOP + _LINE * (1 if is_logo else -(-entries // _COLUMNS) + (panels > 1))
    row, gap = (_ROW - above, above) if is_logo else (_HEIGHT - above - _BOTTOM, above + _TOP)
    height = above + panels * row + (panels - 1) * gap + _BOTTOM
    figure = Figure(figsize=(_WIDTH, height))
    rows = figure.subplots(panels, sharex=True, sharey=True, squeeze=False)[:, 0]
    figure.subplots_adjust(
        left=_LEFT / _WIDTH,
        right=1 - _RIGHT / _WIDTH,
        bottom=_BOTTOM / height,
        top=1 - above / height,
        hspace=gap / row,
    )
    return figure, list(rows)


def _panel(axes: Axes, plot: Plot, series: list[Series]) -> None:
    axes.set_ylabel(_literal(plot.y_axis))
    if plot.kind is PlotKind.LOGO:
        _draw_logo(axes, series)
        return
    if plot.log_y:
        _logarithmic(axes, [y for one in series for y in one.y])
    _draw_series(axes, plot.kind, series)
    if plot.bound is not None:
        axes.axhline(plot.bound, color=INK, linestyle=(0, (1, 1.5)), linewidth=1.2, label=f"bound {plot.bound:g}")
    numbers = {x for one in series for x in one.x}
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=bool(numbers) and max(numbers) > 1))
    if plot.kind is PlotKind.BAR and all(y.is_integer() for one in series for y in one.y):
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))  # they count something
    axes.grid(visible=True, color=MUTED, alpha=0.2, linewidth=0.6)
    handles = {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    if len(handles) > 1:
        axes.legend(handles.values(), handles, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=_COLUMNS,
                    borderaxespad=0, handlelength=1.8, columnspacing=1.2, fontsize=8.5)  # fmt: skip


def _logarithmic(axes: Axes, heights: list[float]) -> None:
    axes.set_yscale("log")
    if heights and max(heights) < 100 * min(heights):  # fewer than two decades: more ticks than powers of ten
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    else:
        axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.minorticks_off()


def _draw_series(axes: Axes, kind: PlotKind, series: list[Series]) -> None:
    """Draw each series in a colour and with a marker of its own; a dashed one in the colour of that before it."""
    number, colour = -1, MUTED
    for one in series:
        label = _literal(one.name)
        if one.dashed:
            axes.plot(one.x, one.y, color=colour, linestyle=(0, (4, 2)), linewidth=1.2, label=label)
            continue
        number += 1
        colour, marker = PALETTE[number % len(PALETTE)], _MARKERS[number % len(_MARKERS)]
        if kind is PlotKind.BAR:
            axes.bar(one.x, one.y, color=colour, label=label)
            continue
        line = "none" if kind is PlotKind.POINTS else "-"
        every = max(1, len(one.x) // 8) if len(one.x) > 12 else 1
        axes.plot(one.x, one.y, color=colour, linestyle=line, marker=marker, markersize=4.5, markevery=every,
                  linewidth=1.8, label=label)  # fmt: skip


def _draw_logo(axes: Axes, letters: list[Series]) -> None:
    """Stack the letters at each position, the tallest on top."""
    columns: dict[float, list[tuple[float, str]]] = {}
    for letter in letters:
        for x, y in zip(letter.x, letter.y, strict=True):
            columns.setdefault(x, []).append((y, letter.name))
    for x, column in columns.items():
        base = 0.0
        for height, name in sorted(column):
            if height > _LEAST:
                _draw_letter(axes, name, x, base, height)
            base += height
    axes.set(ylim=(0, _BITS), yticks=(0, 1, 2))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))


def _draw_letter(axes: Axes, letter: str, x: float, base: float, height: float) -> None:
    placed = Affine2D().scale(0.92, height).translate(x - 0.46, base).transform_path(_unit_letter(letter))
    axes.add_patch(PathPatch(placed, facecolor=_LETTERS.get(letter, INK), edgecolor="none"))


@cache
def _unit_letter(letter: str) -> Path:
    """Give the outline of a letter that fills the unit square."""
    shape = TextPath((0, 0), letter[:1] or "?", size=1, prop=FontProperties(weight="bold"))
    box = shape.get_extents()
    return Affine2D().translate(-box.x0, -box.y0).scale(1 / box.width, 1 / box.height).transform_path(shape)


def _literal(text: str) -> str:
    return text.replace("$", r"\$")  # which would begin a formula


def _embedded(text: str, plot: Plot, name: str) -> str:
    """Make a file's SVG an element of a page: its own ids, the page's colours, a title and a description."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", text)  # hundredths of a point are enough
    text = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', text)[:2]
    box = f"0 0 {width} {height}"
    head = (
        f'<svg class="plot" role="img" viewBox="{box}" width="{float(width) * 4 / 3:.0f}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{html.escape(plot.title)}</title>'
        f'<desc id="{name}-desc">{html.escape(plot.alt)}</desc>'
    )
    body = text[text.index(">") + 1 :].replace("xlink:href", "href").replace("\n", " ")
    return head + re.sub(r" {2,}", " ", body)

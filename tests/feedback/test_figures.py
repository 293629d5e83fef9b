"""Plots as SVG: valid, described, in the page's colours, and the same each time."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from nbviva.feedback.figures import svg
from nbviva.week.declare import Plot, PlotKind, Series

LINES = (
    Series("mine", (1.0, 2.0, 3.0), (1.0, 10.0, 1000.0)),
    Series("reference", (1.0, 3.0), (1.0, 900.0), dashed=True),
)
LINE = Plot(PlotKind.LINE, "Norms", "It rises.", "A rising line", "layer", "norm", LINES, log_y=True, bound=5.0)
LOGO = replace(
    LINE,
    kind=PlotKind.LOGO,
    log_y=False,
    series=tuple(Series(letter, (1.0, 2.0), (0.1, 1.5), panel) for panel in ("one", "two") for letter in "ACGT"),
)
EMPTY = replace(LINE, series=())
NOTHING = replace(LINE, series=(Series("s", (), ()),))
ALL = {"line": LINE, "logo": LOGO, "empty": EMPTY, "nothing": NOTHING}
ALL |= {kind: replace(LINE, kind=PlotKind(kind), log_y=False) for kind in ("bar", "points")}


def words(text):
    return " ".join(ET.fromstring(text).itertext())  # noqa: S314 - our own picture


@pytest.mark.parametrize("plot", ALL.values(), ids=ALL)
def test_picture_is_described_and_loads_nothing(plot):
    found = svg(plot, "p")
    root = ET.fromstring(found)  # noqa: S314 - our own picture
    assert "img" == root.attrib["role"]
    assert ["Norms", "A rising line"] == [root[0].text, root[1].text]
    assert "p-title p-desc" == root.attrib["aria-labelledby"]
    assert not re.search(r"https?:|<style|<script|<image", found)


@pytest.mark.parametrize("plot", ALL.values(), ids=ALL)
def test_every_colour_is_the_pages(plot):
    found = svg(plot, "p")
    assert [] == re.findall(r"#[0-9a-f]{6}\b|rgb\(", found)
    assert "var(--ink)" in found


def test_axes_legend_and_bound_are_written():
    text = words(svg(LINE, "p"))
    assert [] == [word for word in ("layer", "norm", "mine", "reference", "bound 5") if word not in text]


def test_reference_is_named_once():
    twice = replace(LINE, series=LINES + LINES)
    assert 1 == words(svg(twice, "p")).count("reference")


def test_panels_have_their_titles():
    text = words(svg(LOGO, "p"))
    assert "one" in text
    assert "two" in text


def test_texts_are_escaped():
    texts = dict.fromkeys(("title", "alt", "x_axis", "y_axis"), '<script>"&')
    found = svg(replace(LINE, **texts, series=(replace(LINES[0], name="<b>&"), LINES[1])), "p")
    assert "<script" not in found
    assert "<b>" not in found
    assert "<b>&" in words(found)


def test_dollar_signs_are_no_formula():
    assert "$x_1$" in words(svg(replace(LINE, x_axis="$x_1$"), "p"))


def test_equal_plots_give_equal_pictures():
    assert svg(LINE, "p") == svg(LINE, "p")


def test_ids_of_two_pictures_do_not_meet():
    ids = [set(re.findall(r'\bid="([^"]*)"', svg(LINE, name))) for name in ("p", "q")]
    assert set() == ids[0] & ids[1]
    used = set(re.findall(r'(?:url\(|href=")#([^)"]*)', svg(LINE, "p")))
    assert used <= ids[0]

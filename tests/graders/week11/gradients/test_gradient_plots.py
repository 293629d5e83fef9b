"""The plot of the gradients: a line a method, and nothing of a hidden input."""

import numpy as np

from graders.week11.gradients import plots, reference
from nbviva.author import Findings


def noted(plot):
    """Give the plot as it is kept."""
    findings = Findings()
    findings.plot(plot)
    return findings.plots[0]


def test_each_method_has_a_line_and_the_references_after_it():
    plot = noted(plots.gradient_flow({method: np.full(50, 0.5) for method in reference.METHODS}))
    names = [series.name for series in plot.series]
    assert ["baseline", "reference", "skip", "reference", "batch norm", "reference"] == names[:6]
    assert [False, True] * 5 == [series.dashed for series in plot.series]
    assert {50} == {len(series.x) for series in plot.series}


def test_methods_without_an_answer_are_left_out():
    assert () == noted(plots.gradient_flow({})).series

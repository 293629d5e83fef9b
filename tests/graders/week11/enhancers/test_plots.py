"""What the checks of this week show: the right curves, small, and nothing of a hidden input."""

import numpy as np
import pytest

from graders.week11.enhancers import plots
from graders.week11.enhancers.motifs import LIVER_FACTORS, liver_motifs
from graders.week11.enhancers.synthetic import jaspar_matrices
from nbviva.author import Findings
from nbviva.ml import best_matches

LABELS = np.array([0, 0, 0, 1, 1, 1])
PERFECT = [(LABELS, np.arange(6.0))] * 5
CONSTANT = [(LABELS, np.zeros(6))] * 5


def noted(plot):
    """Give the plot as it is kept."""
    findings = Findings()
    findings.plot(plot)
    return findings.plots[0]


@pytest.mark.parametrize(("folds", "middle"), [(PERFECT, 1.0), (CONSTANT, 0.5)])
def test_roc_curve_of_the_perfect_and_of_the_constant_classifier(folds, middle):
    guess, curve = noted(plots.roc(folds)).series
    assert (0.0, 1.0) == guess.y
    assert middle == pytest.approx(curve.y[50])


def test_precision_falls_to_the_share_of_positives():
    guess, curve = noted(plots.precision_recall(CONSTANT)).series
    assert (0.5, 0.5) == guess.y
    assert [0.5] == [curve.y[100]]
    assert {1.0} == set(noted(plots.precision_recall(PERFECT)).series[1].y)


def test_folds_are_held_against_the_bound():
    plot = noted(plots.folds_roc_auc([0.7, 0.8], 0.75))
    assert (0.75, (1.0, 2.0), (0.7, 0.8)) == (plot.bound, plot.series[0].x, plot.series[0].y)


def test_kernel_sizes_are_shown_beside_guessing():
    guess, curve = noted(plots.kernel_sizes((1, 8), (0.5, 0.9))).series
    assert ((1.0, 8.0), (0.5, 0.5), (0.5, 0.9)) == (guess.x, guess.y, curve.y)


def test_kernel_that_is_a_motif_stands_above_it_letter_by_letter():
    (motif,) = jaspar_matrices([LIVER_FACTORS["HNF4A"]])
    kernel = np.vstack([np.full((2, 4), 0.25), motif[::-1, ::-1]])  # shifted by two, on the other strand
    matrices = np.array([np.full_like(kernel, 0.25), kernel])
    plot = noted(plots.logos(matrices, best_matches(matrices, liver_motifs())))
    assert 8 * plots.LOGOS == len(plot.series)
    ours, theirs = plot.series[:4], plot.series[4:8]
    assert ["kernel 1: correlation 1.00", "HNF4A (MA0114.5), reverse complement"] == [ours[0].panel, theirs[0].panel]
    for mine, its in zip(ours, theirs, strict=True):
        assert mine.x[2:] == its.x
        assert mine.y[2:] == its.y


def test_kernel_of_two_bits_is_as_tall_as_a_logo():
    heights = [series.y[0] for series in plots._letters(np.array([[1.0, 0, 0, 0]]), 0, "p")]
    assert [2.0, 0.0, 0.0, 0.0] == pytest.approx(heights)

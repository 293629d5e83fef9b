"""What checks note: it is finite, small, and with the verdict however the check ended."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nbviva.author import Findings, Mismatch, Plot, PlotKind, Series, check, fixture
from nbviva.grading.examine import Examination, examine
from nbviva.grading.verdict import Outcome
from nbviva.kernel.student import local_student
from nbviva.week.declare import Value
from nbviva.week.draws import generators
from nbviva.week.findings import MAX_PLOTS, MAX_POINTS, MAX_SERIES, MAX_VALUES
from nbviva.week.spec import read_assignment
from nbviva.week.week import Week

TOY = Path(__file__).parent.parent / "toy/graders/toy"
PLOT = Plot(PlotKind.LINE, "Title", "It falls.", "A falling line", "x", "y", (Series("s", (1.0, 2.0), (2.0, 1.0)),))


def verdicts(*checks, fixtures=None):
    """Examine a student who knows nothing with these checks."""
    week = Week(TOY, read_assignment(TOY), checks, fixtures or {})
    return examine(Examination(week, local_student({}), generators(b"s", "toy", "g"), {}))


def noted(*series, **changes):
    """Give what is noted of a plot with these series."""
    findings = Findings()
    findings.plot(replace(PLOT, series=series, **changes))
    return findings.plots[0].series


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, Outcome.PASSED), (Mismatch("no"), Outcome.FAILED), (OSError("our fault"), Outcome.ERROR)],
)
def test_what_was_noted_stays_however_the_check_ends(error, outcome):
    @check("double")
    def measures(findings):
        """Measures."""
        findings.value("roc_auc", 0.81, bound=0.75)
        findings.plot(PLOT)
        if error:
            raise error

    (verdict,) = verdicts(measures)
    assert (outcome, (Value("roc_auc", 0.81, 0.75),), (PLOT,)) == (verdict.outcome, verdict.values, verdict.plots)


def test_what_a_shared_fixture_noted_goes_to_each_check_that_used_it():
    @fixture()
    def base(findings):
        findings.value("base", 1)

    @fixture()
    def shared(base, findings):
        findings.value("shared", 2)

    @check("double")
    def first(shared):
        """First."""

    @check("half")
    def second(findings, shared):
        """Second."""
        findings.value("own", 3)

    @check("total")
    def third():
        """Third."""

    found = verdicts(first, second, third, fixtures={"base": base, "shared": shared})
    names = [[value.name for value in verdict.values] for verdict in found]
    assert [["base", "shared"], ["base", "shared", "own"], []] == names


def test_check_that_was_not_asked_has_no_findings():
    @fixture()
    def shared(findings):
        findings.value("shared", 2)

    @check("double")
    def fails(shared):
        """Fails."""
        raise Mismatch("no")

    @check("half", needs=[fails])
    def later(shared):
        """Later."""

    assert [1, 0] == [len(verdict.values) for verdict in verdicts(fails, later, fixtures={"shared": shared})]


def test_value_that_is_no_number_is_left_out_and_infinity_is_kept():
    findings = Findings()
    findings.value("nothing", math.nan)
    findings.value("ratio", np.float32(math.inf), bound=np.int64(3))
    assert [Value("ratio", math.inf, 3.0)] == findings.values
    assert [float, float] == [type(findings.values[0].number), type(findings.values[0].bound)]


def test_points_that_cannot_be_drawn_are_left_out():
    x, y = (1, 2, 3, 4, math.inf), (0.0, math.nan, 5.0, math.inf, 1.0)
    assert (Series("s", (1.0, 3.0), (0.0, 5.0)),) == noted(Series("s", x, y))
    assert (Series("s", (3.0,), (5.0,)),) == noted(Series("s", x, y), log_y=True)


def test_long_series_is_thinned_and_keeps_both_ends():
    (series,) = noted(Series("s", range(100_000), np.linspace(0.0, 1.0, 100_000)))
    assert MAX_POINTS == len(series.x) == len(series.y)
    assert (0.0, 99999.0, 0.0, 1.0) == (series.x[0], series.x[-1], series.y[0], series.y[-1])


def test_numbers_are_plain_and_short():
    (series,) = noted(Series("s", np.arange(2), np.array([1 / 3, 2e-9 / 3])))
    assert (0.33333, 6.6667e-10) == series.y
    assert {float} == {type(number) for number in (*series.x, *series.y)}


def test_long_texts_are_cut():
    findings = Findings()
    findings.plot(replace(PLOT, title="t" * 9999, series=(Series("n" * 9999, (), (), panel="p" * 9999),)))
    (plot,) = findings.plots
    assert {400} == {len(text) for text in (plot.title, plot.series[0].name, plot.series[0].panel)}


def test_too_much_is_refused():
    findings = Findings()
    for _ in range(MAX_PLOTS):
        findings.plot(PLOT)
    for _ in range(MAX_VALUES):
        findings.value("v", 1.0)
    with pytest.raises(ValueError, match="at most 8 plots"):
        findings.plot(PLOT)
    with pytest.raises(ValueError, match="at most 64 values"):
        findings.value("v", 1.0)
    with pytest.raises(ValueError, match="64 series"):
        noted(*[Series("s", (), ())] * (MAX_SERIES + 1))


@pytest.mark.parametrize("lacking", ["caption", "alt"])
def test_plot_without_a_sentence_is_refused(lacking):
    with pytest.raises(ValueError, match="'Title' needs a caption and an alt text"):
        noted(**{lacking: " "})


def test_series_of_two_lengths_is_refused():
    with pytest.raises(ValueError, match="'s' has x of shape"):
        noted(Series("s", (1.0,), ()))

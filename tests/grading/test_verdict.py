"""Outcomes, marks and reports, and their JSON."""

import itertools
import json
import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.grading.verdict import FORMAT, Mark, Outcome, Report, Verdict, combine
from nbviva.handin.doubt import Doubt
from nbviva.week.declare import Plot, PlotKind, Series, Value

VERDICT = Verdict("adds", "sum", Outcome.FAILED, "Adds.", "`add` is 3.", "Raised")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
MEASURED = st.floats(allow_nan=False)
COORDINATES = st.lists(MEASURED, max_size=3).map(tuple)
VALUES = st.builds(Value, TEXTS, MEASURED, st.none() | MEASURED)
SERIES = st.builds(Series, TEXTS, COORDINATES, COORDINATES, TEXTS, st.booleans())
PLOTS = st.builds(Plot, st.sampled_from(PlotKind), *[TEXTS] * 5, st.lists(SERIES, max_size=2).map(tuple), st.booleans())
FOUND = (st.lists(VALUES, max_size=2).map(tuple), st.lists(PLOTS, max_size=2).map(tuple))
VERDICTS = st.builds(Verdict, TEXTS, TEXTS, st.sampled_from(Outcome), TEXTS, TEXTS, TEXTS, *FOUND)
NUMBERS = st.floats(0, 100)
MARKS = st.builds(Mark, TEXTS, TEXTS, TEXTS, st.none() | NUMBERS, NUMBERS, st.booleans(), st.sampled_from(Outcome))
REPORTS = st.builds(
    Report,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(VERDICTS, max_size=4).map(tuple),
    st.lists(MARKS, max_size=4).map(tuple),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.dictionaries(TEXTS, NUMBERS, max_size=2),
    st.integers(0, 2**40),
    st.lists(st.builds(Doubt, TEXTS, st.lists(TEXTS, max_size=2).map(tuple)), max_size=2).map(tuple),
)


def mark(points, *, bonus=False):
    """Give a mark with these points."""
    outcome = Outcome.ERROR if points is None else Outcome.PASSED
    return Mark("q", "1", "Q", points, 2.0, bonus, outcome)


def report(*marks, **changes):
    """Give a report with these marks."""
    return Report(
        **{"week": "w", "group": "g", "digest": "d", "sandbox": "s", "verdicts": (VERDICT,), "marks": marks, **changes}
    )


@given(REPORTS)
def test_json_gives_an_equal_report(expected):
    """A report survives its JSON, seconds included, and its outcomes are outcomes again."""
    actual = Report.from_json(expected.to_json())
    assert (expected, expected.seconds) == (actual, actual.seconds)
    outcomes = [*(item.outcome for item in actual.verdicts), *(item.outcome for item in actual.marks)]
    assert all(type(outcome) is Outcome for outcome in outcomes)
    assert expected.to_json() == actual.to_json()


def not_json(name):
    """Refuse what Python's JSON has beyond the standard's."""
    raise AssertionError(name)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e308])
def test_number_that_is_not_finite_is_valid_json(number):
    """NaN and infinity are texts in the JSON, since JSON has no such numbers, and numbers again when read."""
    plot = Plot(PlotKind.LINE, "T", "C", "A", "x", "y", (Series("s", (number,), (number,)),), bound=number)
    verdict = replace(VERDICT, values=(Value("v", number, number),), plots=(plot,))
    text = report(mark(1.0), verdicts=(verdict,)).to_json()
    json.loads(text, parse_constant=not_json)
    (found,) = Report.from_json(text).verdicts
    series = found.plots[0].series[0]
    numbers = [found.values[0].number, found.values[0].bound, found.plots[0].bound, series.x[0], series.y[0]]
    assert [repr(number)] * 5 == list(map(repr, numbers))


def test_report_of_before_findings_is_read():
    """A report that knows no values and no plots has none."""
    data = json.loads(report(mark(1.0)).to_json())
    for verdict in data["verdicts"]:
        del verdict["values"], verdict["plots"]
    assert report(mark(1.0)) == Report.from_json(json.dumps(data))


def test_report_of_the_first_format_is_read_and_one_of_a_newer_is_not():
    expected = report(mark(2.0))
    data = json.loads(expected.to_json())
    assert FORMAT == data.pop("format")
    assert expected == Report.from_json(json.dumps(data))
    with pytest.raises(ValueError, match="a newer nbviva"):
        Report.from_json(json.dumps({**data, "format": FORMAT + 1}))


def test_seconds_do_not_make_reports_differ():
    """Two gradings of one hand-in are equal although they took different times."""
    assert report(mark(1.0), seconds={"total": 1.0}) == report(mark(1.0), seconds={"total": 2.0})
    assert report(mark(1.0)) != report(mark(2.0))


def test_extra_points_are_counted_apart():
    """Points of a bonus question are extra."""
    graded = report(mark(1.5), mark(2.0), mark(4.0, bonus=True))
    assert (3.5, 4.0, False) == (graded.points, graded.extra_points, graded.needs_person)


def test_question_without_a_mark_needs_a_person():
    """A mark of None counts as 0 and calls for a person."""
    graded = report(mark(1.5), mark(None))
    assert (1.5, True) == (graded.points, graded.needs_person)


BROKEN = ["", "{", "[]", "null", "3", '"x"', "{}", '{"verdicts": 3}', '{"verdicts": [], "marks": []}']


@pytest.mark.parametrize("text", BROKEN)
def test_broken_json_raises_what_is_promised(text):
    """Anything but a report's JSON raises ValueError, KeyError or TypeError."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        Report.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"verdicts": None},
        {"verdicts": [3]},
        {"verdicts": [{"outcome": "passed"}]},
        {"marks": [[]]},
        {"notes": 3},
        {"memory": 1.5},
        {"memory": "1"},
        {"seconds": {"total": "1"}},
        {"marks": [{**asdict(mark(1.0)), "points": "1"}]},
        {"marks": [{**asdict(mark(1.0)), "points": "inf"}]},
        {"marks": [{**asdict(mark(1.0)), "bonus": 0}]},
        {"verdicts": [{**asdict(VERDICT), "values": [{"name": "v", "number": "2.5"}]}]},
        {"marks": [{"question": "q", "outcome": "maybe"}]},
        {"verdicts": "xy"},
        {"verdicts": [{**asdict(VERDICT), "values": [{"name": "v"}]}]},
        {"verdicts": [{**asdict(VERDICT), "values": [{"name": "v", "number": None}]}]},
        {"verdicts": [{**asdict(VERDICT), "values": [{"name": "v", "number": "much"}]}]},
        {"verdicts": [{**asdict(VERDICT), "values": 3}]},
        {"verdicts": [{**asdict(VERDICT), "plots": [{"kind": "pie", "series": []}]}]},
        {"verdicts": [{**asdict(VERDICT), "plots": [3]}]},
    ],
)
def test_changed_json_raises_what_is_promised(change):
    """A report of another version, or a damaged one, is refused in the same way."""
    data = {**json.loads(report(mark(1.0)).to_json()), **change}
    with pytest.raises((ValueError, KeyError, TypeError)):
        Report.from_json(json.dumps(data))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_points_are_finite(number):
    text = report(mark(123.0)).to_json()
    with pytest.raises(ValueError, match="no number"):
        Report.from_json(text.replace("123.0", number))


def test_what_this_version_does_not_know_is_left_out():
    """The number of the format says whether a report can be read."""
    assert report(mark(1.0)) == Report.from_json(json.dumps({**json.loads(report(mark(1.0)).to_json()), "more": 1}))


def test_group_whose_name_is_no_text_is_read():
    expected = report(mark(1.0), group="a\udcff")
    assert expected == Report.from_json(expected.to_json().encode())


def test_every_prefix_of_a_report_is_refused():
    """A file that was written in part is never taken for a report."""
    text = report(mark(1.0)).to_json()
    for end in range(len(text) - 1):
        with pytest.raises((ValueError, KeyError, TypeError)):
            Report.from_json(text[:end])


def test_worst_outcome_of_a_question_counts():
    """Of a question's outcomes our own fault wins, then failed, then skipped; it passes only if all checks do."""
    rank = [Outcome.ERROR, Outcome.PERSON, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED]
    for outcomes in itertools.product(Outcome, repeat=3):
        assert min(outcomes, key=rank.index) is combine(list(outcomes))

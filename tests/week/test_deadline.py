"""Deadlines: clocks that change, extensions, lateness and its price."""
# ruff: noqa: DTZ001 - local times are the matter of these tests

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.utils import parse_utc

from nbviva.week.deadline import (
    Late,
    Policy,
    clock_note,
    handed_in_at,
    in_zone,
    late_minutes,
    lateness,
    local_time,
    parse_stamp,
    penalty,
    read_extensions,
    stamp_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
DUE = in_zone(datetime(2024, 6, 21, 23), BERLIN)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "expected", "words"),
    [
        (datetime(2024, 6, 21, 23), utc(2024, 6, 21, 21), ""),
        (datetime(2024, 1, 21, 23), utc(2024, 1, 21, 22), ""),
        (datetime(2024, 3, 31, 2, 30), utc(2024, 3, 31, 1, 30), "does not exist in Europe/Berlin"),
        (datetime(2024, 10, 27, 2, 30), utc(2024, 10, 27, 1, 30), "exists twice in Europe/Berlin"),
        (datetime(2024, 10, 27, 3, 0), utc(2024, 10, 27, 2, 0), ""),
    ],
)
def test_where_clocks_change_the_later_moment_is_taken_and_said(local, expected, words):
    assert expected == in_zone(local, BERLIN).astimezone(UTC)
    note = clock_note(local, BERLIN)
    assert words in note
    assert bool(words) == bool(note)


@given(st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1)), st.sampled_from(["Europe/Berlin", "America/New_York"]))
def test_no_reading_of_a_local_time_is_later(local, name):
    zone = ZoneInfo(name)
    assert in_zone(local, zone) >= max(local.replace(tzinfo=zone, fold=f).astimezone(UTC) for f in (0, 1))


@pytest.mark.parametrize(
    ("handed_in", "minutes"),
    [
        (utc(2024, 6, 21, 20, 59, 59), 0),
        (utc(2024, 6, 21, 21), 0),
        (utc(2024, 6, 21, 21, 0, 1), 1),
        (utc(2024, 6, 21, 22), 60),
        (in_zone(datetime(2024, 6, 21, 23, 30), BERLIN), 30),
        (None, 0),
    ],
)
def test_lateness_is_counted_from_the_deadline(handed_in, minutes):
    assert minutes == late_minutes(handed_in, DUE)


def test_lateness_across_the_end_of_summer_time_counts_the_hour_that_comes_twice():
    due = in_zone(datetime(2024, 10, 26, 23), BERLIN)
    handed_in = in_zone(datetime(2024, 10, 27, 4), BERLIN)
    assert timedelta(hours=6) == lateness(handed_in, due)


@pytest.mark.parametrize(
    ("rule", "minutes", "expected"),
    [
        (Late(), 10_000, 0),
        (Late(Policy.CUTOFF), 0, 0),
        (Late(Policy.CUTOFF), 1, 12),
        (Late(Policy.CUTOFF, grace_minutes=15), 15, 0),
        (Late(Policy.CUTOFF, grace_minutes=15), 15.1, 12),
        (Late(Policy.PER_HOUR, points=1), 1, 1),
        (Late(Policy.PER_HOUR, points=1), 60, 1),
        (Late(Policy.PER_HOUR, points=1), 61, 2),
        (Late(Policy.PER_HOUR, 10, 1), 70, 1),
        (Late(Policy.PER_HOUR, 10, 1), 10, 0),
        (Late(Policy.PER_HOUR, points=5), 300, 12),
        (Late(Policy.PER_DAY, points=2.5), 1, 2.5),
        (Late(Policy.PER_DAY, points=2.5), 24 * 60, 2.5),
        (Late(Policy.PER_DAY, points=2.5), 24 * 60 + 1, 5),
    ],
)
def test_each_policy_has_its_price(rule, minutes, expected):
    assert expected == penalty(DUE.astimezone(UTC) + timedelta(minutes=minutes), DUE, rule, 12)


@pytest.mark.parametrize(
    ("due", "handed_in", "days"),
    [
        ((2024, 10, 26, 23), (2024, 10, 27, 23), 1),  # 25 hours
        ((2024, 10, 26, 23), (2024, 10, 27, 23, 1), 2),
        ((2024, 3, 30, 23), (2024, 3, 31, 23), 1),  # 23 hours
        ((2024, 3, 30, 23), (2024, 3, 31, 23, 1), 2),
        ((2024, 3, 30, 23), (2024, 4, 2, 22), 3),
    ],
)
def test_a_day_ends_at_the_hour_of_the_deadline_however_long_it_is(due, handed_in, days):
    due, handed_in = (in_zone(datetime(*parts), BERLIN) for parts in (due, handed_in))
    assert days == penalty(handed_in, due, Late(Policy.PER_DAY, points=1), 100)
    assert days == penalty(handed_in.astimezone(UTC), due, Late(Policy.PER_DAY, points=1), 100)


RULES = st.builds(Late, st.sampled_from(Policy), st.floats(0, 1000), st.floats(0, 100))


@given(RULES, st.datetimes(), st.datetimes(), st.floats(0, 100))
def test_penalty_is_between_nothing_and_the_score_and_grows(rule, one, other, score):
    early, late = sorted(moment.replace(tzinfo=UTC) for moment in (one, other))
    assert 0 <= penalty(early, DUE, rule, score) <= penalty(late, DUE, rule, score) <= score


def test_unknown_time_costs_nothing():
    assert 0 == penalty(None, DUE, Late(Policy.CUTOFF), 12)


@pytest.mark.parametrize(
    "text",
    [
        "2024-06-20 14:12:40.123456 UTC",
        "2024-06-20 14:12:40 UTC",
        "2024-06-20 14:12:40",
        "2024-06-20 14:12:40 CET",
        "2024-06-20T14:12:40+02:00",
    ],
)
def test_stamps_are_read_as_nbgrader_reads_them(text):
    assert parse_utc(text).replace(tzinfo=UTC) == parse_stamp(text)


def test_numeric_offsets_are_hours_and_minutes():
    assert utc(2024, 6, 20, 12, 12, 40) == parse_stamp("2024-06-20 14:12:40 +0200")  # nbgrader takes them for seconds


@given(st.datetimes(datetime(1000, 1, 2), datetime(9998, 1, 1)))
def test_stamps_are_written_as_nbgrader_reads_them(moment):
    moment = moment.replace(tzinfo=UTC)
    assert moment == parse_stamp(stamp_of(moment)) == parse_utc(stamp_of(moment)).replace(tzinfo=UTC)


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? ?[\w/+.-]*"))
def test_any_text_is_a_moment_or_none(text):
    moment = parse_stamp(text)
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"yesterday", b"2024-06-20 14:12:40 UTC" + b" " * 300])
def test_stamp_that_cannot_be_read_is_none(tmp_path, content):
    (tmp_path / "timestamp.txt").write_bytes(content)
    assert handed_in_at(tmp_path / "timestamp.txt") is None
    assert handed_in_at(tmp_path / "no") is None


def test_stamp_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "real").write_text("2024-06-20 14:12:40 UTC")
    (tmp_path / "timestamp.txt").symlink_to(tmp_path / "real")
    assert handed_in_at(tmp_path / "timestamp.txt") is None


def extended(tmp_path, text, raw=None):
    (tmp_path / "extensions.csv").write_bytes(text.encode() if raw is None else raw)
    return read_extensions(tmp_path / "extensions.csv", "toy", DUE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("group,week,due\na,toy,2024-06-22 23:00\n", utc(2024, 6, 22, 21)),
        ("Group;Week;New due\na;toy;22.06.2024 23:00\n", utc(2024, 6, 22, 21)),
        ("group\tweek\tminutes\na\ttoy\t90\n", utc(2024, 6, 21, 22, 30)),
        ("\ufeffgroup,assignment,extension\na,toy,+1440", utc(2024, 6, 22, 21)),
        ("group,week,due\na,toy,60\na,toy,30\n", utc(2024, 6, 21, 22)),
        ("group,week,due\na,other,60\nb,toy,60\n", utc(2024, 6, 21, 21)),
    ],
)
def test_extensions_are_local_times_or_minutes(tmp_path, text, expected):
    assert expected == extended(tmp_path, text).due("a", DUE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("group,week\na,toy\n", "has no column 'due'"),
        ("group,week,due\na,toy,soon\n", "line 2: 'soon' is neither minutes nor a local time"),
        ("group,week,due\n,toy,60\n", "line 2: no group is named"),
        ("group,week,due\na,toy,2024-06-22T23:00Z\n", "neither minutes nor a local time"),
        ("group,week,due\na,toy,60\na,toy,30\n", "line 3: 'a' has two extensions; the longest counts"),
        ("group,week,due\na,toy,2024-10-27 02:30\n", "exists twice in Europe/Berlin"),
        ("group,week,due\na,toy,9999-12-31 23:59\n", ""),
        ("group,week,due\na,toy,999999\n", ""),
    ],
)
def test_what_is_wrong_with_an_extension_is_one_sentence(tmp_path, text, words):
    assert words in " ".join(extended(tmp_path, text).problems)


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"group,week,due\n{text}".encode()))
def test_any_file_of_extensions_is_read(tmp_path_factory, raw):
    found = extended(tmp_path_factory.mktemp("x"), "", raw)
    assert all(moment.tzinfo for moment in found.by_group.values())


def test_no_file_means_no_extension(tmp_path):
    assert DUE == read_extensions(tmp_path / "no.csv", "toy", DUE).due("a", DUE)


@given(st.text(max_size=30))
def test_local_time_is_read_or_refused(text):
    with contextlib.suppress(ValueError):
        assert local_time(text).tzinfo is None


def test_extension_for_a_week_that_does_not_exist_is_said(tmp_path):
    (tmp_path / "extensions.csv").write_text("group,week,due\na,toy,60\na,tyo,60\n")
    (problem,) = read_extensions(tmp_path / "extensions.csv", "toy", DUE, ["toy", "week12"]).problems
    assert "extensions.csv, line 3: there is no week 'tyo'; there are: toy, week12." == problem

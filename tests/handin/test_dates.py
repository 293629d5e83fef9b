"""Dates as systems and people write them, in their languages."""

# ruff: noqa: DTZ001 - local times are the matter of these tests
from datetime import UTC, datetime

import pytest

from nbviva.handin.dates import read_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday, 21 April 2020 06:34:13 o'clock BST", datetime(2020, 4, 21, 6, 34, 13)),
        ("Friday, January 5, 2024 4:12:40 PM CET", datetime(2024, 1, 5, 16, 12, 40)),
        ("Donnerstag, 20. Juni 2024 16:12 Uhr MESZ", datetime(2024, 6, 20, 16, 12)),
        ("Thursday, 20 June 2024, 12:05 AM", datetime(2024, 6, 20, 0, 5)),
        ("20.06.2024 16:12", datetime(2024, 6, 20, 16, 12)),
        ("Sunday, 5 May 2024, 12:05 PM", datetime(2024, 5, 5, 12, 5)),
        ("Freitag, 5. Januar 2024, 09:15", datetime(2024, 1, 5, 9, 15)),
        ("vendredi 5 janvier 2024, 09:15", datetime(2024, 1, 5, 9, 15)),
        ("vendredi 5 janvier 2024 à 09:15", datetime(2024, 1, 5, 9, 15)),
        ("viernes, 5 de enero de 2024, 09:15", datetime(2024, 1, 5, 9, 15)),
        ("venerdì, 5 gennaio 2024, 09:15", datetime(2024, 1, 5, 9, 15)),
        ("vrijdag, 5 januari 2024, 09:15", datetime(2024, 1, 5, 9, 15)),
        ("Mittwoch, 6. März 2024, 09:15", datetime(2024, 3, 6, 9, 15)),
        ("mercredi 7 août 2024, 23:59", datetime(2024, 8, 7, 23, 59)),
        ("2024-01-05T10:00Z", datetime(2024, 1, 5, 10, tzinfo=UTC)),
        ("31/01/2024 10:00", datetime(2024, 1, 31, 10)),
        ("1/31/2024 10:00 AM", datetime(2024, 1, 31, 10)),
        ("5/1/2024 10:00", None),
        ("5 January 2024", None),
        ("5", None),
        ("Participant 101", None),
        ("-", None),
        ("31 February 2024 10:00", None),
    ],
)
def test_dates_are_read_as_systems_write_them(text, expected):
    assert expected == read_date(text)

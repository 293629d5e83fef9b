"""Names are sorted as people sort them, and nouns fit their numbers."""

import pytest

from nbviva.naming import natural_order
from nbviva.wording import counted


def test_numbers_in_names_are_numbers():
    names = ["g10", "g2", "G1", "a", "g2b", "g02", "10", "9", "", "ada-3-x", "ada-12-x", "g2٣"]
    expected = ["", "9", "10", "a", "ada-3-x", "ada-12-x", "G1", "g02", "g2", "g2b", "g2٣", "g10"]
    assert expected == sorted(names, key=natural_order)


@pytest.mark.parametrize(
    ("expected", "asked"),
    [("1 hand-in", (1, "hand-in")), ("0 leaks", (0, "leak")), ("2 penalties", (2, "penalty", "penalties"))],
)
def test_a_noun_fits_its_number(expected, asked):
    assert expected == counted(*asked)

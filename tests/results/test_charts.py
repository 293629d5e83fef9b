"""Charts of the class report, as a browser draws them."""

import re

import pytest
import vl_convert

from nbviva.results.charts import distribution
from nbviva.results.statistics import Distribution


@pytest.mark.parametrize(
    ("numbers", "labels"),
    [
        ((100.0, 600.0), {"200", "400"}),
        ((0.2, 0.3), {"0.28"}),
        ((0.0, 12.0), {"10"}),
        ((20_000.0, 60_000.0), {"40000"}),
    ],
)
def test_the_axis_of_what_was_measured_has_plain_numbers(numbers, labels):
    values = tuple((f"g{i}", number) for i, number in enumerate(numbers))
    spec = distribution("a", "memory", "memory", Distribution("memory", None, None, values, 0)).spec
    spec = {**spec, "data": {"values": [{"memory": number} for number in numbers]}}
    drawn = set(re.findall(r">(-?[\d.e+]+)</text>", vl_convert.vegalite_to_svg(spec)))
    assert labels <= drawn
    assert "e+" not in "".join(drawn)

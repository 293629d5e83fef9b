"""The feedback page in a real browser: it asks nobody, fits a phone, and can be read by all."""

import pytest


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")])
def test_feedback_can_be_read_by_all(visit, marked, width, scheme):
    made = visit((marked.root / "feedback/g01/toy/toys.html").as_uri(), width=width, scheme=scheme)
    assert "1.2 Half of seven" in made.page.inner_text("body")
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == made.violations()

"""Markdown, formulas and code: what a page shows of them, and that nothing of it runs or loads."""

from html.parser import HTMLParser

import pytest

from nbviva.feedback.html import markdown


class Tags(HTMLParser):
    """Collects the names of tags and of their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(name for name, _ in attrs)}


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        "a <img src=x onerror=y> b",
        '<a href="javascript:x">',
        "[x](javascript:alert)",
        "[x](data:text/html,y)",
        "$<script>x</script>$",
        "$$<img src=x>$$",
        r"$\href{javascript:x}{y}$",
        r"$\style{x:url(y)}{z}$",
        "```\n<script>\n```",
    ],
)
def test_markdown_gives_no_markup_of_its_writers(text):
    assert set() == Tags(markdown(text)).found & {"script", "img", "a", "href", "style", "src", "onerror"}


def test_pictures_are_never_loaded():
    assert "<img" not in markdown("![x](https://example.org/a.png) ![y](a.png)")


def test_formula_is_mathml():
    assert 'display="inline"' in markdown("The $x^2$.")
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in markdown("$$x^2$$")


@pytest.mark.parametrize("formula", ["\\frac{", "\\begin{nothing}x", "\\left(", "^", "}", "\\href{https://x.y}{z}"])
def test_formula_that_cannot_be_set_is_shown_as_typed(formula):
    assert "<m" in markdown(f"${formula}$") or "<code>" in markdown(f"${formula}$")


def test_headings_stand_below_those_of_the_page():
    assert "<h3>A</h3>\n<h4>B</h4>\n<h6>C</h6>\n" == markdown("# A\n## B\n###### C")

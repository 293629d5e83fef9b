"""The feedback page in a real browser: it asks nobody, fits a phone, can be read by all, and is whole in print."""

import pytest


@pytest.fixture
def page_of(visit, marked):
    """Open a group's page."""

    def opened(group, **how):
        return visit((marked.root / f"feedback/{group}/toy/toys.html").as_uri(), **how)

    return opened


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")])
@pytest.mark.parametrize("is_open", [False, True])
def test_feedback_can_be_read_by_all(page_of, width, scheme, is_open):
    made = page_of("g01", width=width, scheme=scheme)
    if is_open:
        made.page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert "1.2 Half of seven" in made.page.inner_text("body")
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == made.violations()


def test_what_is_folded_opens_with_the_keyboard(page_of):
    page = page_of("g04").page
    line = page.locator("details.question > summary").first
    line.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.question .verdicts").first.is_visible()


def test_link_from_the_marks_opens_what_is_folded(page_of):
    page = page_of("g04").page
    name = page.locator("details.question > .body").first.get_attribute("id")
    page.locator(f'#marks ~ table a[href="#{name}"]').click()
    assert page.locator(f"#{name} .verdicts").is_visible()


def test_nothing_is_folded_in_print(page_of):
    page = page_of("g04").page
    assert page.locator("details").count() > 3
    page.emulate_media(media="print")
    hidden = "all => all.filter(one => !one.checkVisibility({contentVisibilityAuto: true})).length"
    assert 0 == page.eval_on_selector_all("details .verdicts, details pre, details .prose", hidden)

"""Audit and regrade requests in a real browser: they ask nobody, fit a phone, can be read by all, and lead on."""

import pytest


@pytest.mark.parametrize("name", ["reports/toy/g01/audit.html", "requests/toy/index.html"])
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_page_can_be_read_by_all(visit, marked, name, width, scheme):
    made = visit((marked.root / name).as_uri(), width=width, scheme=scheme)
    made.page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == made.violations()


def test_request_leads_to_its_question_on_feedback_and_audit(visit, marked):
    page = visit((marked.root / "requests/toy/index.html").as_uri()).page
    assert "It is right, as my cell shows." in page.inner_text("main")
    page.get_by_role("link", name="Feedback").click()
    assert page.url.endswith("/feedback/g01/toy/toys.html#question-half")
    page.go_back()
    page.get_by_role("link", name="Whole audit").click()
    assert page.url.endswith("/reports/toy/g01/audit.html#question-half")
    assert "1.2 Half of seven" in page.inner_text("#question-half")


def test_class_report_lists_what_groups_ask(visit, marked):
    page = visit((marked.root / "reports/toy/index.html").as_uri()).page
    assert "Asks to look again" in page.inner_text("#look")
    assert "It is right, as my cell shows." in page.inner_text("#look")

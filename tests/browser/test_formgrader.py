"""The formgrader as `make lab` starts it: what it shows, and a manual mark from the browser to the marks list."""

import csv

import pytest

from nbviva.sandbox.provisioner import refusal


@pytest.fixture
def formgrader(visit, lab, token):
    """Open a page of the formgrader and wait for its table."""

    def opened(path):
        made = visit(f"{lab}/formgrader?token={token}")  # from then on a cookie says who asks
        made.page.goto(f"{lab}/formgrader{path}")
        made.page.locator("tbody td.name").first.wait_for()
        return made

    return opened


def points(nbviva, course, group):
    """Give a group's points by the sheet's numbers from the exported marks list."""
    nbviva(course, "export", "toy")
    with (course.root / "marks/toy-marks.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["group"] == group)
    return {name: row[name] for name in ("1.1", "1.2", "1.3 extra", "1.4", "total")}


def test_assignment_and_its_hand_ins_are_listed(formgrader, marked):
    page = formgrader("/manage_assignments").page
    assert "toy" in page.inner_text("tbody")
    assert str(len(marked.groups("toy"))) in page.locator("tbody tr").first.inner_text().split("\t")


def test_what_needs_a_person_is_marked(formgrader):
    page = formgrader("/gradebook/toy/toys").page
    page.get_by_role("button", name="Show All Names").click()
    waiting = page.locator("tbody tr", has=page.locator("td.needs-manual-grade .glyphicon"))
    assert 1 == waiting.count()
    assert "g03" in waiting.inner_text()


def test_manual_mark_reaches_the_export_and_survives_grading_again(formgrader, marked, nbviva):
    page = formgrader("/gradebook/toy/toys").page
    page.get_by_role("button", name="Show All Names").click()
    page.get_by_role("link", name="g06").click()
    page.wait_for_function("window.formgrader?.grades?.loaded && MathJax.loaded")
    assert "1.2 Half of seven" in page.inner_text("body")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT") as saved:
        page.locator("#half").fill("1.5")
        page.keyboard.press("Tab")
    assert saved.value.ok
    found = points(nbviva, marked, "g06")
    assert ("1.5", "1.5") == (found["1.2"], found["total"])
    nbviva(marked, "grade", "toy", "g06", *(["--unsandboxed"] if refusal() else []))
    assert "1.5" == points(nbviva, marked, "g06")["1.2"]


def test_lab_opens_with_its_formgrader_menu_and_without_kernels(visit, lab, token):
    page = visit(f"{lab}/lab?token={token}").page
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader").wait_for()
    assert {} == page.evaluate("fetch('/api/kernelspecs').then(answer => answer.json())")["kernelspecs"]


def test_stranger_is_asked_for_the_token(browser, lab):
    context = browser.new_context()
    answer = context.request.get(f"{lab}/formgrader/api/assignments")
    assert "/login" in answer.url
    assert "toy" not in answer.text().lower()
    context.close()

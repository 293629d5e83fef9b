"""The formgrader with an adopted week: its written answers and tasks wait there, and what a person gives stays."""

import pytest
from nbgrader.api import Gradebook

from nbviva.adopt.adoption import Adoption, adoption_path, adoption_text
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.files import write
from nbviva.sandbox.provisioner import refusal
from tests.browser.conftest import served
from tests.ordinary.course import hand_in, make_course

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
ESSAY = "Because *I* say so. <script>document.title = 'taken'</script>"


@pytest.fixture(scope="module")
def adopted(tmp_path_factory, fixed_secret, nbviva):
    """A course with an adopted week, one hand-in of which is marked."""
    course = make_course(tmp_path_factory.mktemp("adopted") / "course")
    write(
        adoption_path(course.root, "ps1"),
        adoption_text(Adoption("ps1", fingerprints(source_texts(course.source("ps1"))))),
    )
    hand_in(course, "ada", "ps1", essay=ESSAY)
    nbviva(course, "init")
    nbviva(course, "grade", "ps1")
    return course


@pytest.fixture(scope="module")
def address(adopted, browser):
    """The formgrader's address; started after the browser, beside which nothing may run an event loop."""
    with served(adopted) as found:
        yield found


def grade(course):
    """Give what the gradebook has of the essay: automatic mark, manual mark, and whether a person is asked."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        found = book.find_grade("essay", "numbers", "ps1", "ada")
        return found.auto_score, found.manual_score, bool(found.needs_manual_grade)


def test_a_written_answer_is_marked_in_the_browser_and_stays(visit, address, token, adopted, nbviva):
    """Hidden tests and mark schemes are there for who marks; what the student wrote is text."""
    assert grade(adopted) == (None, None, True)
    page = visit(f"{address}/formgrader?token={token}").page
    page.goto(f"{address}/formgrader/gradebook/ps1/numbers")
    page.locator("tbody td.needs-manual-grade .glyphicon").wait_for()
    page.get_by_role("button", name="Show All Names").click()
    page.get_by_role("link", name="ada").click()
    page.wait_for_function("window.formgrader?.grades?.loaded && MathJax.loaded")
    text = page.inner_text("body")
    assert ESSAY in text
    assert page.title() != "taken"
    assert "negative numbers, too" in text
    assert "Three points for the question" in text
    assert "2 square_test: 2 of 2 points" in text
    assert page.locator("#project").is_visible()
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT") as saved:
        page.locator("#essay").fill("2.5")
        page.keyboard.press("Tab")
    assert saved.value.ok
    assert grade(adopted)[1] == 2.5
    nbviva(adopted, "grade", "ps1", "ada")
    assert grade(adopted)[1] == 2.5

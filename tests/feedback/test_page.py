"""The feedback page: whole in itself, in the sheet's order, small, and nobody's writing is more than text."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import nbformat.v4 as nbf
import pytest

from nbviva.feedback.page import MAX_PAGE, Head, Notice, render
from nbviva.feedback.questions import ShownQuestion
from nbviva.feedback.standing import standing
from nbviva.grading.verdict import NO_NOTEBOOK, Mark, Outcome, Verdict
from nbviva.week.declare import Plot, PlotKind, Series, Value
from nbviva.week.question import Kind, Question

EVIL = '<script>alert(1)</script><img src="https://example.org/x" onerror="y">'
HEAD = Head(
    "Toys, Spring",
    "Toy week",
    "ada",
    (("Points", "2 of 6"), ("Handed in", "in time")),
    (Notice("The cell 'half_answer' was missing."),),
    "toy",
)
PLOT = Plot(PlotKind.LINE, "Norms", "It falls.", "A falling line", "x", "y", (Series("s", (1.0, 2.0), (2.0, 1.0)),))
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60_000)).decode()
DOUBLE = ShownQuestion(
    Mark("double", "1.1", "Doubling", 2.0, 2.0, bonus=False, outcome=Outcome.PASSED),
    (Verdict("c", "double", Outcome.PASSED, "It doubles.", "4 was measured.", plots=(PLOT,)),),
)
HALF = ShownQuestion(
    Mark("half", "1.2", "Half", 0.0, 3.0, bonus=False, outcome=Outcome.FAILED),
    (Verdict("d", "half", Outcome.FAILED, "It halves.", "`half` is 3, 3.5 is expected.", plots=(PLOT,)),),
)


class Parts(HTMLParser):
    """Collects tags, attributes and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text += f" {data}"


def code(source, *outputs, grade_id="", **flags):
    """A code cell, known to nbgrader if it has a name."""
    metadata = {"nbgrader": {"grade_id": grade_id, **flags}} if grade_id else {}
    return nbf.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def page(*cells, questions=(DOUBLE, HALF), head=HEAD):
    notebook = nbf.new_notebook()
    notebook.cells = list(cells)
    return render(head, questions, notebook)


FULL = page(
    nbf.new_markdown_cell("# Toys\n$x^2$ [a link](https://example.org)"),
    code("def double(x): ...", nbf.new_output("stream", text="hello"), grade_id="double_answer", solution=True),
    code("assert double(2) == 4", grade_id="double", grade=True),
    code("show()", nbf.new_output("display_data", data={"image/png": PICTURE})),
)


def test_page_is_whole_in_itself():
    parts = Parts(FULL)
    loaded = [(t, n, v) for t, n, v in parts.attributes if n in ("src", "href", "srcset", "data", "action", "poster")]
    outside = [item for item in loaded if not item[2].startswith(("#", "data:"))]
    assert [("a", "href", "https://example.org")] == outside
    assert set() == {"script", "link", "iframe", "object", "embed", "form", "base"} & set(parts.tags)
    assert not re.search(r"@import|url\((?!#)", FULL)


def test_browser_is_told_to_load_and_run_nothing():
    (policy,) = [v for _, n, v in Parts(FULL).attributes if n == "content" and "default-src" in v]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline';")
    assert FULL.index("Content-Security-Policy") < FULL.index("<style")


def test_what_failed_stands_first_and_open_and_what_passed_is_folded_to_a_line():
    found = page()
    text = " ".join(Parts(found).text.split())
    places = [text.index(words) for words in ("1.2 Half 0 of 3 points", "1.1 Doubling 2 of 2 points")]
    assert sorted(places) == places
    assert ["double"] == re.findall(r'<div class="body" id="question-(\w+)"', found)
    assert 1 == found.count('<details class="question">')
    assert "✓ passed It doubles. Measured 4 was measured." in text


def test_no_claim_stands_beside_a_cross():
    text = " ".join(Parts(page()).text.split())
    assert "✗ not passed Required It halves. Found half is 3, 3.5 is expected. What next Try it" in text
    assert "not passed It halves" not in text


def test_answer_bound_and_label_of_an_option_are_told():
    told = "Your answer: red (accepted within 0.1). It is not right."
    asked = Question("half", "1.2", "Half", Kind.CHOICE, 3.0, options=(("red", "Deep red"), ("blue", "Blue")))
    values = (Value("roc_auc", 0.71, 0.75), Value("roc_auc[4]", 0.6, 0.75))
    failed = replace(HALF.verdicts[0], detail=told, values=values)
    pointers = (("d", "It halves twice"),)
    text = " ".join(
        Parts(page(questions=(replace(HALF, verdicts=(failed,), asked=asked, pointers=pointers),))).text.split()
    )
    for words in (
        "Your answer Deep red", "what is at most 0.1 away", "Found It is not right.", "roc auc 0.71, bound 0.75 It",
        "It behaves like It halves twice", "What next Look at what your notebook shows",
    ):  # fmt: skip
        assert words in text


def test_question_leads_to_the_marks_to_its_code_and_to_whom_to_ask():
    found = page(
        code("def half(x): ...", grade_id="half_answer", solution=True), code("x", grade_id="half", grade=True)
    )
    card = found[found.index('id="question-half"') :]
    for place in ("#marks", "#cell-0", "#ask"):
        assert f'href="{place}"' in card
        assert f'id="{place[1:]}"' in found


def test_note_leads_to_its_questions():
    assert '<a href="#question-half">half_answer</a>' in page()
    head = replace(HEAD, notices=(Notice("The sheet leaves question 1.2 open."), Notice("In doubt.", ("half",))))
    found = page(head=head)
    assert 'question <a href="#question-half">1.2</a> open.' in found
    assert 'In doubt. It is about <a href="#question-half">1.2 Half</a>.' in found


def test_dash_is_explained_only_where_there_is_one():
    supports = replace(DOUBLE, mark=replace(DOUBLE.mark, points=0.0, maximum=0.0))
    assert ["A dash" in page(), "A dash" in page(questions=(supports, HALF))] == [False, True]


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ("", "Ask whoever teaches you."),
        ("regrade.txt", "text file named <code>regrade.txt</code>"),
        ("tutors@example.org", 'href="mailto:tutors@example.org?subject=toy%20ada%3A%20please'),
    ],
)
def test_whom_to_ask_is_told_with_the_lines_that_are_read(requests, words):
    found = page(head=replace(HEAD, requests=requests))
    assert words in found
    assert "week: toy\ngroup: ada\nquestion: 1.2 Half\nwhy:" in found


def test_solution_stands_folded_below_the_cell_that_it_is_of():
    notebook = nbf.new_notebook()
    notebook.cells = [code("def half(x): ...", grade_id="half_answer", solution=True)]
    found = render(HEAD, (DOUBLE, HALF), notebook, {"half_answer": "def half(x):\n    return x / 2"})
    assert "<summary>Our solution, 2 lines</summary>" in found
    assert "Our solution" not in page(*notebook.cells)


def test_class_is_shown_beside_the_group_s_own_points():
    points = (2.0, 3.0, 3.0, 6.0, 6.0, 6.0, 4.0, 4.0, 5.0, 1.0)
    found = page(head=replace(HEAD, standing=standing(points, 3.0, 6.0)))
    assert "Of 10 marked hand-ins half have 4 points or more; the mean is 4 of 6" in found
    assert "Yours is among the 2 at 3." in found
    assert "with points like yours" in found


def test_head_is_told():
    text = " ".join(Parts(page()).text.split())
    for words in (
        "Toy week",
        "ada",
        "Points 2 of 6",
        "Handed in in time",
        "Note: The cell ' half_answer ' was missing.",
    ):
        assert words in text


def test_plot_that_two_checks_share_is_drawn_once_with_its_sentence():
    assert 1 == page().count("<svg")
    assert "<strong>Norms.</strong> It falls." in page()


def test_markup_of_anybody_is_text():
    cell = code(EVIL, nbf.new_output("stream", text=EVIL), nbf.new_output("error", traceback=[EVIL]), grade_id="x")
    cell.metadata.nbgrader["comment"] = EVIL
    verdict = Verdict(
        "c", "double", Outcome.FAILED, EVIL, EVIL, plots=(replace(PLOT, title=EVIL, caption=EVIL, alt=EVIL),)
    )
    asked = replace(DOUBLE, mark=replace(DOUBLE.mark, title=EVIL), verdicts=(verdict,), comments=(EVIL,))
    head = Head(EVIL, EVIL, EVIL, ((EVIL, EVIL),), (Notice(EVIL),), EVIL)
    found = page(cell, nbf.new_markdown_cell(f"```text\n{EVIL}\n```"), questions=(asked,), head=head)
    parts = Parts(found)
    assert {"script", "img"} & set(parts.tags) == set()
    assert [] == [name for _, name, _ in parts.attributes if name.startswith("on")]
    assert parts.text.count("alert(1)") >= 12


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex"]
)
def test_rich_output_is_not_shown(kind):
    output = nbf.new_output("display_data", data={kind: "<b>rich</b>", "text/plain": "plain"})
    found = page(code("x", output))
    assert "rich" not in found
    assert "plain" in found


def test_mark_of_a_person_and_comment_are_shown():
    asked = replace(HALF, mark=replace(HALF.mark, points=1.5), automatic=0.0, manual=True, comments=("Nearly.\nGood.",))
    text = " ".join(Parts(page(questions=(asked,))).text.split())
    assert "1.5 of 3 points" in text
    assert "A person gave this mark. The checks below gave 0." in text
    assert "Comment: Nearly. Good." in text
    assert "by a person" in text


def test_open_mark_and_extra_points_are_told():
    asked = (
        replace(DOUBLE, mark=replace(DOUBLE.mark, points=None, outcome=Outcome.ERROR)),
        replace(HALF, mark=replace(HALF.mark, points=3.0, bonus=True)),
    )
    text = " ".join(Parts(page(questions=asked)).text.split())
    assert "1.1 Doubling no mark yet" in text
    assert "3 of 3 extra points" in text


def test_notebook_that_could_not_be_read_is_told_once():
    reason = "toys.ipynb is no notebook."
    asked = [
        replace(q, verdicts=(Verdict("c", q.mark.question, Outcome.FAILED, "Holds.", reason, NO_NOTEBOOK),))
        for q in (DOUBLE, HALF)
    ]
    head = replace(HEAD, notices=(Notice("In doubt.", ("half",)),))
    found = page(code("stub_of_ours"), questions=tuple(asked), head=head)
    assert "It is about" not in found
    assert 1 == found.count(reason)
    assert "there is no notebook to show." in found
    assert "stub_of_ours" not in found
    assert "What was checked" not in found


def test_cells_of_what_failed_are_open_and_all_others_folded_to_lines():
    found = page(
        nbf.new_markdown_cell("# Toys"),
        code("a = 1", grade_id="setup", locked=True),
        nbf.new_markdown_cell("## Doubling"),
        code("b = 1", grade_id="double_answer", solution=True),
        code("b", grade_id="double", grade=True),
        code("c = 1\n" * 30, nbf.new_output("stream", text="line\n" * 30), grade_id="half_answer", solution=True),
        code("c", grade_id="half", grade=True),
        code("d = 1"),
    )
    lines = re.findall(r"<summary>(.*?)</summary>", found[found.index('id="notebook"') :])
    assert [
        "Toys · 2 cells", "Given code: setup, 1 line", "Doubling · 1.1 Doubling: passed · 3 cells",
        "Visible tests: double, 1 line", "Your answer: half, 31 lines", "Output, 31 lines",
        "Visible tests: half, 1 line", "Text and code · 1 cell",
    ] == lines  # fmt: skip


def test_page_stays_small_whatever_the_notebook_holds():
    cells = [
        code("x = '<&>'\n" * 30_000, *[nbf.new_output("stream", text="<&>" * 4_000)] * 20),
        *[code("show()", *[nbf.new_output("display_data", data={"image/png": PICTURE})] * 10) for _ in range(8)],
        nbf.new_markdown_cell("$x^2$ " * 20_000),
    ]
    found = page(*cells)
    assert MAX_PAGE / 2 < len(found.encode()) <= MAX_PAGE
    assert "A figure is left out: the page would be too large." in found
    assert "Left out: too long." in found
    assert "1.2 Half" in found


def test_plot_that_does_not_fit_leaves_its_sentence(monkeypatch):
    monkeypatch.setattr("nbviva.feedback.page.MAX_PLOTS", 1000)
    found = page()
    assert "<svg" not in found
    assert "[A falling line Left out: too large.]" in found


def test_notebook_of_very_many_cells_is_cut():
    found = page(*[code("x", nbf.new_output("stream", text="y"))] * 20_000)
    assert len(found.encode()) <= MAX_PAGE
    assert 1 == found.count("The rest is left out")

"""The feedback page: whole in itself, in the sheet's order, small, and nobody's writing is more than text."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import nbformat.v4 as nbf
import pytest

from nbviva.feedback.page import MAX_PAGE, Head, ShownQuestion, render
from nbviva.grading.verdict import NO_NOTEBOOK, Mark, Outcome, Verdict
from nbviva.week.declare import Plot, PlotKind, Series

EVIL = '<script>alert(1)</script><img src="https://example.org/x" onerror="y">'
HEAD = Head(
    "Toys, Spring", "Toy week", "ada", (("Points", "2 of 6"), ("Handed in", "in time")), ("A cell was missing.",)
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


def test_questions_stand_in_the_order_given_with_number_points_and_word():
    text = " ".join(Parts(page()).text.split())
    places = [text.index(words) for words in ("1.1 Doubling 2 of 2 points", "1.2 Half 0 of 3 points")]
    assert sorted(places) == places
    assert "✓ passed It doubles. 4 was measured." in text
    assert "✗ not passed It halves. half is 3, 3.5 is expected." in text


def test_head_is_told():
    text = " ".join(Parts(page()).text.split())
    for words in ("Toy week", "ada", "Points 2 of 6", "Handed in in time", "Note: A cell was missing."):
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
    head = Head(EVIL, EVIL, EVIL, ((EVIL, EVIL),), (EVIL,))
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
    found = page(code("stub_of_ours"), questions=tuple(asked))
    assert 1 == found.count(reason)
    assert "there is no notebook to show." in found
    assert "stub_of_ours" not in found
    assert "What was checked" not in found


def test_given_and_long_code_is_folded_and_an_answer_is_not():
    summaries = re.findall(r"<summary>(.*?)</summary>", page(
        code("a = 1", grade_id="setup", locked=True),
        code("b = 1", grade_id="b_answer", solution=True),
        code("c = 1\n" * 30, nbf.new_output("stream", text="line\n" * 30), grade_id="my_c_answer", solution=True),
        code("d = 1"),
    ))  # fmt: skip
    assert ["Given code: setup, 1 line", "Your answer: my c, 31 lines", "Output, 31 lines"] == summaries


def test_page_stays_small_whatever_the_notebook_holds():
    cells = [
        code("x = '<&>'\n" * 30_000, *[nbf.new_output("stream", text="<&>" * 30_000)] * 20),
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

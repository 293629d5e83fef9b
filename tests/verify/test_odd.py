"""Odd answers must not make a check fail itself, and nothing beside hidden data may tell a label."""

import numpy as np
import pytest

from nbviva.inside import encode
from nbviva.verify.beside import beside_hidden_data, read_items
from nbviva.verify.odd import odd, odd_answers


def silent(_text):
    """Say nothing."""


def test_odd_values_can_cross():
    for seed in range(300):
        encode(("ok", odd(np.random.default_rng(seed))))


def test_checks_that_expect_anything_are_found_sound(course):
    week = course.week("toy")
    found = odd_answers(week, [check.name for check in week.checks], b"secret", silent)
    assert () == found.defects
    assert found.origin.made > 40 * len(week.checks)


def test_a_check_that_takes_what_came_for_what_should_have_come_is_named(course):
    path = course.folder("toy") / "checks.py"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("assert_close(student.double(x), 2 * x", "assert_close(student.double(x) + 0, 2 * x"), "utf-8"
    )
    (sentence,) = odd_answers(course.week("toy"), [], b"secret", silent).defects
    assert "'double_doubles' itself fail" in sentence


def test_the_odd_notebook_is_asked_all_that_a_check_may_ask(course):
    path = course.folder("toy") / "checks.py"
    asked = 'notebook.ran_here("long"), len(notebook.uses("double", "*.relu")), notebook.figures("long")'
    text = path.read_text("utf-8").replace("def colour_is_red(sheet", "def colour_is_red(notebook, sheet")
    text = text.replace('return sheet.judge("answer_colour", "red")', f"return str(({asked}))")
    assert asked in text
    path.write_text(text, "utf-8")
    assert () == odd_answers(course.week("toy"), [], b"secret", silent).defects


RNG = np.random.default_rng(0)
ITEMS = ["".join(RNG.choice(list("ACGT"), 60)) for _ in range(400)]
LABELS = RNG.integers(0, 2, 400).tolist()


def audited(course, hidden, public=None):
    folder = course.folder("toy") / ".data"
    folder.mkdir(exist_ok=True)
    for name, rows in (("hidden", hidden), ("public", public or [("T" * 60, 0), ("G" * 60, 1), ("C" * 60, 1)])):
        lines = ["sequence\tlabel", *(f"{item}\t{label}" for item, label in rows)]
        (folder / f"{name}.tsv").write_text("\n".join(lines), "utf-8")
    toml = course.folder("toy") / "assignment.toml"
    if "[files]" not in toml.read_text("utf-8") and "\nfiles" not in toml.read_text("utf-8"):
        toml.write_text('files = { "data/public.tsv" = ".data/public.tsv" }\n' + toml.read_text("utf-8"), "utf-8")
    return beside_hidden_data(course.week("toy")).defects


def test_shuffled_items_tell_nothing(course):
    assert () == audited(course, list(zip(ITEMS, LABELS, strict=True)))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (list(zip(ITEMS, sorted(LABELS), strict=True)), "The order of items"),
        (list(zip(ITEMS, [i % 2 for i in range(400)], strict=True)), "tells that of the next"),
        ([(item[: 60 - label], label) for item, label in zip(ITEMS, LABELS, strict=True)], "The length of items"),
        (list(zip([*ITEMS[:-1], ITEMS[0]], LABELS, strict=True)), "occur more than once"),
    ],
)
def test_what_tells_a_label_is_named(course, rows, said):
    assert [True] == [said in sentence for sentence in audited(course, rows) if said in sentence]


@pytest.mark.parametrize(("copies", "red"), [(1, 0), (8, 1)])
def test_near_copies_of_what_is_given_out_are_told_and_many_are_a_defect(course, copies, red):
    public = [(ITEMS[0], 0), *(("T" * 10 + item[:50], 1) for item in ITEMS[1 : copies + 1])]
    found = audited(course, list(zip(ITEMS, LABELS, strict=True)), public)
    assert found[0].startswith("1 items of hidden.tsv are given out in public.tsv")
    assert [f"{copies} items of hidden.tsv have 40 letters"] * red == [" ".join(text.split()[:7]) for text in found[1:]]


def test_what_is_no_table_is_left_out(tmp_path):
    path = tmp_path / "hidden.tsv"
    path.write_text("one\ntwo\n", "utf-8")
    assert read_items(path) is None

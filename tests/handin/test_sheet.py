"""Answers of the sheet: read from variables, judged by the kind of their question."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.handin.filled import Filled
from nbviva.handin.sheet import Sheet
from nbviva.inside import Handle
from nbviva.kernel.student import Died, Student, local_student
from nbviva.week.compare import Mismatch


@pytest.fixture(scope="module")
def assignment(kinds):
    """A week with a question of each kind."""
    return kinds.assignment


def said(assignment, answer, value, key):
    """Judge one answer and give what the sheet says."""
    return Sheet(assignment, local_student({answer: value})).judge(answer, key)


def refused(assignment, answer, value, key):
    """Give the sentence with which an answer is refused."""
    with pytest.raises(Mismatch) as caught:
        said(assignment, answer, value, key)
    return str(caught.value)


@pytest.mark.parametrize("value", [3.5, 3.49, 3.51, "3.5", "3,5", "7/2", np.float32(3.5), np.array(3.5), " 3.5 "])
def test_number_within_tolerance_is_right(assignment, value):
    """A number is right in every form, within the stated tolerance."""
    assert "accepted within 0.01" in said(assignment, "half", value, 3.5)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, "0", "-0.0", np.int64(0), "\N{MINUS SIGN}0"])
def test_zero_is_right_in_every_form(assignment, value):
    """Zero has no sign and no type."""
    said(assignment, "half", value, 0)


@pytest.mark.parametrize(
    "value", [3.52, math.nan, math.inf, [3.5], "7 - 3.5", "1/0", True, "", {"a": 3.5}, np.array([3.5, 3.5])]
)
def test_other_answers_are_not(assignment, value):
    """A number outside the tolerance, no number, a list or code is refused with a sentence."""
    refused(assignment, "half", value, 3.5)


def test_wrong_answer_is_shown_and_the_key_is_not(assignment):
    """The sentence has the student's answer and the bound, and never what would be right."""
    assert refused(assignment, "half", 4, 3.5) == "Your answer: 4 (accepted within 0.01). It is not right."
    assert "blue" not in refused(assignment, "colour", "red", "blue")
    assert refused(assignment, "colours", ["red"], {"red", "blue"}) == "Your answer: red. It is not right."


def test_choice_may_be_given_by_name_or_label(assignment):
    """An option's name and its label are the same answer."""
    for value in ("red", " red ", "Dark red", "dark RED"):
        assert said(assignment, "colour", value, "red") == "Your answer: red."


@pytest.mark.parametrize("value", ["yellow", "", 1, ["red"], True, None])
def test_what_is_no_option_is_refused_with_those_there_are(assignment, value):
    """An unknown option is told with the names of the options."""
    sentence = refused(assignment, "colour", value, "red")
    assert "'red', 'blue'" in sentence or "still None" in sentence


@pytest.mark.parametrize("value", [["red", "green"], ("green", "red"), {"red", "green"}, ["red", "red", "Green"]])
def test_multiple_choice_is_a_set(assignment, value):
    """Order and repetition do not matter."""
    assert said(assignment, "colours", value, {"green", "red"}) == "Your answer: green, red."


@pytest.mark.parametrize(
    "value", [[], ["red"], ["red", "green", "blue"], "red", ["red", 3], [["red"]], {"red": 1}, None]
)
def test_other_sets_are_wrong(assignment, value):
    """A part, too many, a single text and other values are refused."""
    refused(assignment, "colours", value, {"red", "green"})


@pytest.mark.parametrize("value", [True, np.True_, np.array(True), "true", " Correct "])
def test_truth_may_be_a_bool_or_its_word(assignment, value):
    """True, numpy's True and the words count."""
    assert said(assignment, "truth", value, True) == "Your answer: True."
    refused(assignment, "truth", value, False)


@pytest.mark.parametrize("value", [1, 0, 1.0, "yes", "", None, [], np.array([True]), np.array(1)])
def test_other_truths_are_no_answer(assignment, value):
    """A number is no truth."""
    refused(assignment, "truth", value, True)
    refused(assignment, "truth", value, False)


def test_missing_answers_are_told_apart(assignment):
    """None, a missing variable, a dead kernel and an object are four sentences."""
    assert "still None" in refused(assignment, "half", None, 3.5)
    with pytest.raises(Mismatch, match="`half` does not exist"):
        Sheet(assignment, local_student({})).judge("half", 3.5)
    assert "where numbers are expected" in refused(assignment, "half", object(), 3.5)

    def dead(_frames, _seconds):
        raise Died("Your notebook's kernel died.")

    with pytest.raises(Mismatch, match="No answer could be read from `half`: Your notebook's kernel died"):
        Sheet(assignment, Student(dead)).judge("half", 3.5)


@pytest.mark.parametrize(
    ("value", "expected"), [("0.830", "0.830"), (" 0,83 ", "0,83"), (0.83, "0.83"), (np.float64(0.5), "0.5"), (1, "1")]
)
def test_text_of_an_answer_keeps_its_digits(assignment, value, expected):
    """The digits of an answer can be counted."""
    assert Sheet(assignment, local_student({"half": value})).text_of("half") == expected


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.builds(Handle, st.integers(0, 9)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2) | st.tuples(inner)
    ),
    max_leaves=6,
)


@given(st.sampled_from(["half", "colour", "colours", "truth"]), VALUES)
def test_judging_is_total(assignment, answer, value):
    """Any plain value is judged or refused; nothing else is raised."""
    key = {"half": 3.5, "colour": "red", "colours": {"red"}, "truth": True}[answer]
    try:
        sentence = said(assignment, answer, value, key)
    except Mismatch as error:
        sentence = str(error)
    assert len(sentence) < 400


def paper(**answers):
    """A filled sheet with these answers."""
    return Filled(answers, (), (), readable=True)


def test_notebook_that_says_otherwise_is_told_and_the_sheet_counts(assignment):
    """Also where a check reads the answer itself; what is equal within the tolerance, or not filled in, is not told."""
    student = local_student({"half": 3.505, "truth": True, "colour": None})
    sheet = Sheet(assignment, student, paper(half="3.5", truth="incorrect", colour="red"))
    assert ("", "") == (sheet.difference("half"), sheet.difference("colour"))
    assert " The notebook's `truth` is True; the sheet counts." == sheet.difference("truth")
    assert "Your answer: False. The notebook's `truth` is True; the sheet counts." == sheet.judge("truth", False)
    assert "" == Sheet(assignment, student).difference("truth")


def test_an_empty_field_leaves_the_question_to_the_notebook(assignment):
    filled = Filled(
        {"colour": "red"}, readable=True, empty=frozenset({"half", "truth"}), refused={"half": "e", "truth": "e"}
    )
    sheet = Sheet(assignment, local_student({"half": 3.5, "colour": "blue", "truth": None}), filled)
    assert "Your answer: 3.5" in sheet.judge("half", 3.5)
    assert "" == sheet.difference("half")
    assert "Your answer: red. The notebook's `colour` is blue; the sheet counts." == sheet.judge("colour", "red")
    with pytest.raises(Mismatch, match="`truth` is still None, and nothing is filled in on the sheet"):
        sheet.judge("truth", True)


def test_an_empty_field_is_no_answer_where_a_sheet_is_required(assignment):
    filled = Filled(readable=True, empty=frozenset({"half"}), refused={"half": "nothing is filled in."})
    sheet = Sheet(replace(assignment, sheet_required=True), local_student({"half": 3.5}), filled)
    with pytest.raises(Mismatch, match="nothing is filled in"):
        sheet.judge("half", 3.5)


def test_a_percentage_in_the_notebook_counts_where_a_share_is_asked(assignment):
    asked = tuple(replace(question, share=True) for question in assignment.questions)
    sheet = Sheet(replace(assignment, questions=asked), local_student({"half": "85,3 %"}))
    assert (0.853, "0.853") == (sheet.number("half"), sheet.text_of("half"))
    with pytest.raises(Mismatch):
        said(assignment, "half", "350 %", 3.5)

"""What a group may do next about a check that did not pass, in a sentence: by how it failed, and by what was asked."""

from __future__ import annotations

from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Verdict
from nbviva.week.spec import Kind

_BY_CAUSE = {
    "Raised": (
        "Run your notebook from top to bottom in a fresh kernel, and call the function there as its text says: "
        "an error that depends on an earlier state shows then."
    ),
    "TimedOut": "Time one call on a small input: mostly a loop does not end, or work is done again at each call.",
    "Died": "Look for what ends Python or fills its memory: a call of exit, very large arrays, endless recursion.",
    "UnreadableAnswer": "Give back numbers, texts, arrays or lists of them, as the text says; no objects of your own.",
    NO_NOTEBOOK: "Open the file that you handed in: it has to be the notebook, saved by Jupyter.",
}
_BY_OUTCOME = {
    Outcome.PASSED: "",
    Outcome.SKIPPED: "Look at what it rests on first: while that does not hold, this is not asked.",
    Outcome.ERROR: "You need do nothing: it costs you no points, and a person looks at it.",
    Outcome.PERSON: "You need do nothing: a person decides, and this page is written anew then.",
}
_BY_KIND = {
    Kind.CODE: (
        "Try it on an input so small that you know the answer by hand, and read the text again: order, shape, sign and "
        "counting from 0 or 1 are what is mostly overlooked."
    ),
    Kind.FIGURE: "Run all cells, look whether the figure shows what is asked, and save the notebook with it.",
    Kind.NUMERIC: "Compare it with what your notebook prints: unit, rounding, a share or a percentage.",
    Kind.CHOICE: "Look at what your notebook shows on this, and say of each option why it is right or wrong.",
    Kind.MULTIPLE_CHOICE: "Take each option for itself: all that are right have to be chosen, and no other.",
    Kind.TRUE_FALSE: "Look for one example that speaks against your answer.",
}
_NO_ANSWER = "Fill in the field on the sheet, or the answer's cell in the notebook, before you hand in."
_STUB = "It is as it was handed out: nothing has been written here yet."
_TESTS = "Run the tests that you see below your code in your own notebook, and the examples in the text."


def next_step(verdict: Verdict, kind: Kind | None, *, is_adopted: bool = False) -> str:
    """Give the sentence; empty where there is nothing to do about it."""
    if verdict.outcome is not Outcome.FAILED:
        return _BY_OUTCOME[verdict.outcome]
    if verdict.detail.startswith("No answer was given"):
        return _NO_ANSWER
    if verdict.cause == "Raised" and "NotImplementedError" in verdict.detail:
        return _STUB
    by_kind = _TESTS if is_adopted else _BY_KIND[kind or Kind.CODE]
    return _BY_CAUSE.get(verdict.cause, by_kind)

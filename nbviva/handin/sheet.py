"""The exercise sheet of a hand-in: which file it is, whether it counts, whom it names, and its answers.

Answers are read from the sheet and the notebook's answer cells, and judged by the kind of their question. Names are
kept beside the report, in a file that only its owner can read; no report, transcript or log has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nbviva.handin.filled import Filled
from nbviva.handin.numerals import number_text
from nbviva.kernel.student import NoAnswer, Raised
from nbviva.week.compare import Mismatch, as_number, require, show
from nbviva.week.spec import Assignment, Kind, Question

DIFFERS = "; the sheet counts."  # the class report looks for it
_GIVEN = re.compile(r"Your answer: (?P<answer>.+?)(?: \(accepted within (?P<bound>[^)]*)\))?\.(?= |$)")
_TRUTHS = {"true": True, "correct": True, "false": False, "incorrect": False}


@dataclass(frozen=True)
class AnswerGiven:
    """What a verdict's words say of an answer: what it was, within what it is accepted, and what else they say."""

    answer: str
    bound: str = ""
    rest: str = ""


def answer_in(detail: str) -> AnswerGiven | None:
    """Read what `Sheet.judge` told of an answer; None where the words tell of none."""
    found = _GIVEN.match(detail)
    return AnswerGiven(found["answer"], found["bound"] or "", detail[found.end() :].strip()) if found else None


class AskedNames(Protocol):
    """What is asked of a notebook: the value of a name. A `Student` is one."""

    def __getitem__(self, name: str) -> Any:
        """Give the value; raises `Raised` where there is no such name, and `NoAnswer` where it cannot be had."""
        ...


class Sheet:
    """A group's answers by their names in `assignment.toml`. Reading raises `Mismatch` where there is none.

    A field that is filled in counts. An empty one leaves it to the notebook's answer cell, unless the week requires the
    sheet; without a sheet the cells alone count. A field that cannot be read is no answer, whatever the notebook says.
    """

    def __init__(self, assignment: Assignment, student: AskedNames, filled: Filled | None = None) -> None:
        self._assignment, self._student, self._filled = assignment, student, filled
        self._questions = {name: q for q in assignment.questions for name, _ in q.answers}

    def question(self, answer: str) -> Question:
        """Give the question that an answer belongs to."""
        return self._questions[answer]

    def read(self, answer: str) -> Any:
        """Give an answer as its question's kind reads it; raises `Mismatch` where there is none."""
        return _READ[self._questions[answer].kind](self, answer)

    def judge(self, answer: str, key: object) -> str:
        """Compare an answer with its key as its question's kind says; raise `Mismatch`, or tell what the answer was."""
        question = self._questions[answer]
        given = self.read(answer)
        said = f"Your answer: {_told(given)}"
        if question.kind is Kind.NUMERIC:
            bound = question.tolerance or 0.0
            right = abs(given - as_number(key)) <= bound
            said += f" (accepted within {bound:g})"
        else:
            right = given == (frozenset(key) if isinstance(given, frozenset) else key)  # type: ignore[call-overload]
        other = self.difference(answer)
        require(right, f"{said}. It is not right.{other}")
        return f"{said}.{other}"

    def difference(self, answer: str) -> str:
        """Say that the notebook's cell has another answer than the PDF, or nothing; `judge` says it by itself."""
        question = self._questions[answer]
        if self._filled is None or answer not in self._filled.answers:
            return ""
        try:
            given = self.read(answer)
            cell = Sheet(self._assignment, self._student).read(answer)
        except Mismatch:
            return ""  # the cell is not filled in
        same = abs(cell - given) <= (question.tolerance or 0) if question.kind is Kind.NUMERIC else cell == given
        return "" if same else f" The notebook's `{answer}` is {_told(cell)}{DIFFERS}"

    def value(self, answer: str) -> Any:
        """Give the plain value of an answer; None and a missing name are no answer."""
        if self._filled is not None and not self._is_left_to_notebook(self._filled, answer):
            return self._on_paper(self._filled, answer)
        return self._in_notebook(answer)

    def _is_left_to_notebook(self, filled: Filled, answer: str) -> bool:
        return answer in filled.empty and not self._assignment.sheet_required

    def _in_notebook(self, answer: str) -> Any:
        try:
            value = self._student[answer]
        except Raised:
            raise Mismatch(f"No answer was given: `{answer}` does not exist in the notebook.") from None
        except NoAnswer as error:
            raise Mismatch(f"No answer could be read from `{answer}`: {error}") from None
        nowhere = ", and nothing is filled in on the sheet" if self._filled is not None else ""
        require(value is not None, f"No answer was given: `{answer}` is still None{nowhere}.")
        return value

    def _on_paper(self, filled: Filled, answer: str) -> Any:
        if answer not in filled.answers:
            why = filled.refused.get(answer) or (filled.problems or ("No answer was given on the sheet.",))[0]
            raise Mismatch(why)
        given = filled.answers[answer]
        return sorted(given) if isinstance(given, frozenset) else given

    def number(self, answer: str) -> float:
        """Give a numeric answer as a float; where a share is asked, "85 %" is 0.85."""
        value = self.value(answer)
        if isinstance(value, str) and self._questions[answer].share:
            value = number_text(value.strip(), share=True)
        return as_number(value, name=answer)

    def text_of(self, answer: str) -> str:
        """Give an answer as it was written, to count its digits."""
        value = self.value(answer)
        value = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        if isinstance(value, str) and self._questions[answer].share:
            return number_text(value.strip(), share=True)
        return value.strip() if isinstance(value, str) else repr(value)

    def option(self, answer: str) -> str:
        """Give the chosen option's name; an option's label is understood too."""
        return _option(self._questions[answer], self.value(answer), answer)

    def options(self, answer: str) -> frozenset[str]:
        """Give the names of all chosen options."""
        value = self.value(answer)
        require(type(value) in (list, tuple, set), f"`{answer}` is {show(value)} where a list of options is expected.")
        return frozenset(_option(self._questions[answer], item, answer) for item in value)

    def truth(self, answer: str) -> bool:
        """Give a true/false answer: a bool, or its word."""
        value = self.value(answer)
        if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype == bool:
            return bool(value)
        word = value.strip().lower() if type(value) is str else None
        if type(value) is not bool and word not in _TRUTHS:
            raise Mismatch(f"`{answer}` is {show(value)}; write True (correct) or False (incorrect).")
        return _TRUTHS[word] if word is not None else bool(value)


_READ: dict[Kind, Any] = {
    Kind.NUMERIC: Sheet.number,
    Kind.CHOICE: Sheet.option,
    Kind.MULTIPLE_CHOICE: Sheet.options,
    Kind.TRUE_FALSE: Sheet.truth,
}


def _told(answer: Any) -> str:
    """Say what was answered; it has been read as a number, a truth or options, so no other word can be in it."""
    if isinstance(answer, float):
        return f"{answer:.4g}"
    return ", ".join(sorted(answer)) if isinstance(answer, frozenset) else str(answer)


def _option(question: Question, value: object, answer: str) -> str:
    names = dict(question.options)
    by_label = {label.lower(): name for name, label in question.options}
    word = value.strip() if type(value) is str else ""
    found = word if word in names else by_label.get(word.lower(), "")
    choices = ", ".join(repr(name) for name in names)
    require(found, f"`{answer}` is {show(value)}; write one of {choices}.")
    return found

"""Questions whose values cross as what they are: asked, answered, written down, played back and said in brief."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import sympy
from PIL import Image
from scipy import sparse

from nbviva.inside import Handle, encode
from nbviva.kernel import brief
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.recording import Recorder, ReplayStudent
from nbviva.kernel.room import Clock, Room
from nbviva.kernel.sitting import RunEnd
from nbviva.kernel.student import Remote, Student, UnreadableAnswer, exactly, hold, local_student, put
from nbviva.kernel.transcript import Transcript
from nbviva.notebooks import new_cell, new_notebook
from nbviva.sandbox.provisioner import refusal
from nbviva.week.compare import assert_equal

NOTEBOOK = """
from collections import Counter, OrderedDict, deque, namedtuple
from datetime import date
from decimal import Decimal
from fractions import Fraction
import numpy as np

Pair = namedtuple("Pair", "first second")

class Box:
    pass

class Liar(Fraction):
    def __eq__(self, other):
        return True
    __hash__ = Fraction.__hash__

half, today = Fraction(1, 2), date(2026, 1, 2)
def same(*values): return values[0] if len(values) == 1 else list(values)
def kind(value): return type(value).__name__
def counts(text): return Counter(text)
def pair(): return Pair(1, Box())
def lie(): return Liar(1, 2)
def number(): return np.float32(0.5)
def push(queue, value): queue.append(value)
"""


@pytest.fixture
def student():
    namespace = {}
    exec(NOTEBOOK, namespace)  # noqa: S102 - the test's own text
    return local_student(namespace)


@dataclass
class LocalKernel:
    """A kernel that is a student in this process."""

    student: Student
    death: str = ""
    kept_in: str = "none"
    left_out: str = ""
    dropped: int = 0
    end: RunEnd | None = None


def test_values_cross_as_what_they_are_both_ways(student):
    sent = [Fraction(1, 2), Decimal("0.5"), range(3), np.float32(0.5), Counter("a"), OrderedDict(a=1), deque([1]), 1j]
    with exactly(student):
        assert [type(value).__name__ for value in sent] == [student.kind(value) for value in sent]
        assert [(type(value), value) for value in sent] == [(type(back), back) for back in student.same(*sent)]
        assert Fraction(1, 2) == student["half"]
        student["half"] = Fraction(1, 3)
        assert Fraction(1, 3) == student["half"]
        assert Counter(a=2, b=1) == student.counts("aab")


def test_outside_of_the_block_they_cross_plainly_as_ever(student):
    with exactly(student):
        pass
    assert (0.5, float) == (student["half"], type(student["half"]))
    assert "float" == student.kind(Fraction(1, 2))
    assert (np.float32, ()) == (student.number().dtype, student.number().shape)
    assert type(student.counts("a")) is Remote


def test_dates_complex_numbers_and_frozen_sets_need_no_word(student):
    """They had no plain form, so there is nothing that they could have been before."""
    assert date(2026, 1, 2) == student["today"]
    assert [1j, frozenset([1])] == student.same(1j, frozenset([1]))


def test_objects_inside_are_remote_wherever_they_are(student):
    with exactly(student):
        first, second = student.pair()
        assert (1, Remote) == (first, type(second))
        assert "Box" == student.kind(second)
        assert "Box" == student.kind(student.pair().second)


def test_object_that_lies_stays_an_object(student):
    with exactly(student):
        assert type(student.lie()) is Remote
        assert student.lie() != Fraction(1, 2)


def frames_and_others():
    """Give a value of each library's."""
    torch = pytest.importorskip("torch")
    return [
        pd.DataFrame({"a": [1.5, None], "b": ["x", None]}, index=["r", "s"]), pd.Series([1, 2], name="n"),
        pd.Index(["x"]), sparse.csr_array(np.eye(2)), sympy.Symbol("x") ** 2, Image.new("RGB", (2, 3)),
        torch.ones(2, dtype=torch.float16),
    ]  # fmt: skip


def test_values_of_libraries_cross_as_what_they_are_both_ways(student):
    sent = frames_and_others()
    with exactly(student):
        back = student.same(*sent)
        assert [type(value).__name__ for value in sent] == [student.kind(value) for value in sent]
    assert [type(value) for value in sent] == [type(value) for value in back]
    for value, other in zip(sent, back, strict=True):
        assert_equal(other, value)


def test_a_real_kernel_answers_as_what_things_are(tmp_path):
    """From the sandbox, through the messages, to this process."""
    cells = [
        "import pandas as pd, sympy, collections\nx = sympy.Symbol('x')",
        "def table(n): return pd.DataFrame({'n': range(n), 'text': list('abc')[:n]})",
        "def total(table): return table['n'].sum()",
        "def slope(e): return sympy.diff(e, x)",
    ]
    notebook = new_notebook([new_cell("code", text) for text in cells], {})
    with KernelStudent(tmp_path, Room(sandboxed=refusal() is None), Clock(cell=120)) as kernel:
        kernel.run(notebook, {})
        with exactly(kernel.student):
            assert_equal(kernel.student.table(2), pd.DataFrame({"n": range(2), "text": ["a", "b"]}))
            assert_equal(kernel.student.total(pd.DataFrame({"n": [1, 2]})), np.int64(3))
            assert_equal(kernel.student.slope(sympy.Symbol("x") ** 2), 2 * sympy.Symbol("x"))


def test_value_that_was_put_and_one_that_is_held_stay_the_students(student):
    with exactly(student):
        queue = put(student, deque([1], 5))
        student.push(queue, Fraction(1, 2))
        assert deque([1, Fraction(1, 2)], 5) == student.same(queue)
        assert type(hold(student, "half")) is Remote


def test_answer_of_a_kind_that_was_not_asked_for_is_unreadable():
    """A kernel cannot send a check what it does not expect."""
    student = Student(lambda *_: encode(("ok", Fraction(1, 2)), exact=True))
    with pytest.raises(UnreadableAnswer, match="not asked for"):
        student.f()
    with exactly(student):
        assert Fraction(1, 2) == student.f()


def ask_all(student):
    """Ask questions of all sorts, and give the answers."""
    with exactly(student):
        student["fresh"] = [Decimal("1.5"), range(3)]
        answers = [student["fresh"], student["half"], student.counts("ab"), student.same(np.arange(6).reshape(2, 3).T)]
        return answers + student.same(*frames_and_others()[:5])


def test_transcript_keeps_and_plays_back_exact_answers(student):
    recorder = Recorder(LocalKernel(student))
    answers = ask_all(recorder.student)
    transcript = Transcript.from_bytes(recorder.transcript({}, 0.0).to_bytes())
    again = ask_all(ReplayStudent(transcript).student)
    assert repr(answers) == repr(again)
    assert again[3].flags.f_contiguous
    assert [True, *[False] * 5] == [exchange.writes for exchange in transcript.exchanges]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Fraction(1, 2), "a Fraction"),
        (Counter("abc"), "Counter[3]"),
        (range(10**30), "a range"),
        (date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (np.float64(0.5), "np.float64(0.5)"),
        (np.array(["a\x1b", "b"]), r"<U2[2]('a\x1b', 'b')"),
        (np.array([Fraction(1, 2), [1]], dtype=object), "object[2](a Fraction, [... 1 items])"),
        (np.array([1 + 2j]), "complex128[1](1+2j)"),
    ],
)
def test_value_in_brief_is_short_and_printable(value, said):
    assert said == brief.value_in_brief(value)
    assert said == brief.answer(encode(("ok", value), exact=True))


def test_question_and_odd_answers_in_brief():
    call = encode(("exactly", 1, "", "call", "f", [], [Fraction(1, 2)], {}), exact=True)
    assert ["f(a Fraction)", "read x"] == [
        brief.question(call),
        brief.question(encode(("exactly", 1, "", "read", "x"))),
    ]
    assert "malformed: float64[2](0, 0)" == brief.answer(encode(np.zeros(2)))
    assert "malformed: (float64[2](0, 0))" == brief.answer(encode((np.zeros(2),)))
    assert "ok" not in brief.answer(encode((Handle(1), 2)))

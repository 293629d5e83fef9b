"""Asking a notebook: values, calls, handles, and everything that an answer may be instead of an answer."""

import json
import random
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.inside import Handle, Unreadable, encode
from nbviva.inside.agent import Agent
from nbviva.kernel.student import (
    Died,
    NoAnswer,
    Raised,
    Remote,
    Student,
    TimedOut,
    UnreadableAnswer,
    explain,
    hold,
    local_student,
    muted,
    put,
    viva,
)

NOTEBOOK = """
import random
from collections import OrderedDict
import numpy as np

number, nothing, text = 3, None, "drei"

class Box:
    def __init__(self, content, *, label=""):
        self.content, self.label, self.inner = content, label, self
    def get(self, scale=1):
        return self.content * scale
    def __eq__(self, other):
        return True

class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")

def add(a, b=1, *, times=1): return (a + b) * times
def kind(value): return type(value).__name__
def boom(error): raise {"value": ValueError("so \\ud800 not"), "exit": SystemExit(0), "stop": KeyboardInterrupt(),
                        "odd": Odd(), "memory": MemoryError(), "stopped": StopIteration(3),
                        "long": ValueError("x" * 10**6),
                        "deep": RecursionError()}[error]
def endless(): return endless()
def made(what): return {"generator": (i for i in range(3)), "lambda": (lambda: 7), "class": Box, "module": np,
                        "ordered": OrderedDict(b=1, a=2), "float": np.float32(1.5), "array": np.arange(3),
                        "set": {1, 2}, "half": "\\ud800", "boxes": [Box(1), Box(2)], "named": {"box": Box(3)}}[what]
def total(boxes): return sum(box.content for box in boxes)
def content(box): return box.content
def dice(): return [random.random(), float(np.random.rand())]
def swallow(**names): return sorted(names)
"""


@pytest.fixture
def student():
    """A student that answers from the notebook above."""
    namespace = {}
    exec(NOTEBOOK, namespace)  # noqa: S102 - the test's own text
    return local_student(namespace)


def answering(frames):
    """Give a student whose kernel answers everything with these frames."""
    return Student(lambda _question, _seconds: frames)


def test_variables_are_read(student):
    """`student["name"]` is the variable's plain value."""
    assert [3, None, "drei"] == [student["number"], student["nothing"], student["text"]]


def test_functions_are_called_with_all_kinds_of_arguments(student):
    """Positional, default and named arguments arrive."""
    assert [3, 5, 10] == [student.add(2), student.add(2, 3), student.add(2, b=3, times=2)]


def test_arguments_keep_their_types(student):
    """What is sent arrives as the same type; numpy arrays as arrays."""
    sent = {
        "int": 1,
        "bool": True,
        "float": 1.0,
        "str": "",
        "bytes": b"",
        "NoneType": None,
        "list": [],
        "tuple": (),
        "dict": {},
        "set": {1},
        "ndarray": np.ones(2),
    }
    assert list(sent) == [student.kind(value) for value in sent.values()]


def test_variables_are_set(student):
    """`student["name"] = value` sets a variable, new or old."""
    student["number"] = [1, 2]
    student["fresh"] = "x"
    assert [[1, 2], "x"] == [student["number"], student["fresh"]]


def test_objects_come_back_as_handles(student):
    """An object stays with the student; its methods can be called and it can be passed on, nested too."""
    box = student.Box(20, label="b")
    assert type(box) is Remote
    assert repr(box) == "an object"
    assert [20, 40, 20] == [box.get(), box.get(scale=2), box.inner.inner.get()]
    assert student.content(box) == 20
    assert student.total([box, student.Box(2)]) == 22
    assert student.total(boxes=(box,)) == 20
    student["mine"] = {"box": box}
    assert type(student["mine"]["box"]) is Remote


def test_handles_inside_answers_are_handles(student):
    """Objects in lists and dictionaries come back as handles in their places."""
    first, second = student.made("boxes")
    assert [1, 2] == [first.get(), second.get()]
    assert student.made("named")["box"].get() == 3


def test_handle_is_not_equal_to_what_the_student_says(student):
    """A handle never asks the student whether it is equal to something."""
    assert student.Box(1) != student.Box(1)
    assert student.Box(1) != 1


def test_any_variable_can_be_held(student):
    """`hold` gives a handle of plain values and functions too."""
    assert hold(student, "add")(1, 1) == 2
    assert hold(student, "text").upper() == "DREI"
    assert student.kind(hold(student, "number")) == "int"


@pytest.mark.parametrize(
    ("what", "kind"), [("generator", "generator"), ("lambda", "function"), ("class", "type"), ("module", "module")]
)
def test_what_is_no_plain_data_is_a_handle(student, what, kind):
    """Generators, functions, classes and modules stay with the student."""
    assert repr(student.made(what)) == "an object"


def test_returned_functions_and_classes_can_be_called(student):
    """A handle of something callable is called by calling it."""
    assert student.made("lambda")() == 7
    assert student.made("class")(5).get() == 5


def test_near_plain_data_becomes_plain(student):
    """OrderedDict, numpy numbers and sets arrive as plain data."""
    assert type(student.made("ordered")) is dict
    assert list(student.made("ordered").items()) == [("b", 1), ("a", 2)]
    assert student.made("float").tolist() == 1.5
    assert student.made("array").tolist() == [0, 1, 2]
    assert student.made("set") == {1, 2}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ("value", "ValueError"),
        ("exit", "SystemExit"),
        ("stop", "KeyboardInterrupt"),
        ("odd", "an exception"),
        ("memory", "MemoryError"),
        ("stopped", "StopIteration"),
        ("deep", "RecursionError"),
    ],
)
def test_whatever_is_raised_is_an_answer(student, error, name):
    """Any exception of the student's is `Raised`, with its name; the student can be asked on."""
    with pytest.raises(Raised, match=f"`boom` raised {name}"):
        student.boom(error)
    assert student["number"] == 3


def test_message_of_an_exception_stays_with_the_student(student):
    """No word of the student's own choosing reaches the report: only what is asked and the kind of the error."""
    with pytest.raises(Raised) as caught:
        student.boom("long")
    assert re.fullmatch(r"`boom` raised ValueError( \(.{0,40}\))?\.", str(caught.value))


def test_endless_recursion_is_an_answer(student):
    """A stack that overflows is the student's error."""
    with pytest.raises(Raised, match="RecursionError"):
        student.endless()


def test_missing_names_are_the_students_error(student):
    """A name that does not exist, or is no function, is `Raised` however it is asked for."""
    for ask in (
        lambda: student["absent"],
        student.absent,
        lambda: hold(student, "absent"),
        student.number,
    ):
        with pytest.raises(Raised):
            ask()


def test_missing_arguments_are_the_students_error(student):
    """A function with other parameters raises on their side."""
    with pytest.raises(Raised, match="TypeError"):
        student.add()
    assert student.swallow(self=1, name=2, root=3) == ["name", "root", "self"]


def test_unreadable_values_are_no_answer(student):
    """A text with half a character is no answer, and the function that gave it is named."""
    with pytest.raises(UnreadableAnswer, match="`made`"):
        student.made("half")


def test_private_names_are_no_questions(student):
    """Names with an underscore are never asked for by accident, as by copying or printing."""
    for thing in (student, student.Box(1)):
        with pytest.raises(AttributeError):
            _ = thing._anything
    with pytest.raises(AttributeError):
        student.Box(1).__deepcopy__({})


def test_same_seed_gives_the_same_random_numbers(student):
    """Each question seeds the student's generators from the given rng, so a hand-in answers the same each time."""
    answers = []
    for seed in (1, 1, 2):
        with viva(student, np.random.default_rng(seed), 5):
            answers.append([student.dice(), student.dice()])
    assert answers[0] == answers[1] != answers[2]
    assert answers[0][0] != answers[0][1]


def test_examiners_generators_are_not_the_students_business():
    """The question carries a seed of 32 bits, never the generator that draws the examiner's inputs."""
    asked = []

    def transport(frames, _seconds):
        asked.append(frames)
        return encode(("ok", None))

    with viva(Student(transport), np.random.default_rng(1), 5):
        pass
    student = Student(transport)
    with viva(student, np.random.default_rng(1), 5):
        student.f(1)
    assert len(asked) == 1
    operation, seed = json.loads(asked[0][0])[1:3]
    assert (operation, seed) == ("call", int(np.random.default_rng(1).integers(2**32)))


def test_time_limit_of_a_question_is_passed_on_and_put_back():
    """Inside `viva` questions have its limit, afterwards the usual one again, whatever was raised inside."""
    limits = []

    def transport(_frames, seconds):
        limits.append(seconds)
        raise TimedOut

    student = Student(transport)
    for seconds in (3.0, 4.0):
        with pytest.raises(TimedOut), viva(student, np.random.default_rng(0), seconds):
            student.f()
    with pytest.raises(TimedOut):
        student.f()
    assert limits == [3.0, 4.0, 60.0]


def test_what_the_transport_raises_arrives(student):
    """`Died` and `TimedOut` pass through unchanged, and all are `NoAnswer`."""
    for kind in (Died, TimedOut, Raised, UnreadableAnswer):
        assert issubclass(kind, NoAnswer)

    def transport(_frames, _seconds):
        raise Died("gone")

    with pytest.raises(Died, match="gone"):
        Student(transport).f()


def test_what_cannot_be_sent_is_our_fault(student):
    """An argument that is no plain data is a mistake in a check, not a wrong answer."""
    with pytest.raises(Unreadable):
        student.add(object())


LIES = [
    [],
    [b""],
    [b"null"],
    [b"1"],
    [b"NaN"],
    [b'"ok"'],
    [b'["ok",1]'],
    [b'["list","ok",1]'],
    [b'["tuple"]'],
    [b'["tuple",1,2]'],
    [b'["tuple","ok"]'],
    [b'["tuple","ok",1,2]'],
    [b'["tuple","raised","a","b","c"]'],
    [b'["tuple","fine",1]'],
    [b'["tuple","ok",["pickle","x"]]'],
    [b'["tuple",["list"],1]'],
    [b"[" * 100_000],
    [b"\xff"],
    [b'["tuple","ok",["array","<f8",[9],1]]', b""],
    [b'["tuple","ok",["handle","x"]]'],
    [b'["dict",["ok",1]]'],
    [b'["tuple","unreadable",1,2]'],
    [b'["tuple",true,1]'],
    [b'["tuple",null,1]'],
    [b"1"] * 5000,
]


@pytest.mark.parametrize("frames", LIES, ids=range(len(LIES)))
def test_malformed_answers_are_unreadable(frames):
    """A kernel that lies about the form of its answer gives none."""
    for ask in (lambda s: s.f(1), lambda s: s["x"], lambda s: hold(s, "x"), lambda s: s.__setitem__("x", 1)):
        with pytest.raises(UnreadableAnswer):
            ask(answering(frames))


def test_kernels_own_words_are_not_repeated():
    """Whatever a lying kernel says in the place of an error's name is left out."""
    with pytest.raises(Raised) as caught:
        answering(encode(("raised", "E" * 10_000))).f()
    assert str(caught.value) == "`f` raised an exception."
    with pytest.raises(Raised, match="`f` raised an exception"):
        answering(encode(("raised", 3))).f()
    with pytest.raises(UnreadableAnswer) as caught:
        answering(encode(("unreadable", "x" * 10_000))).f()
    assert len(str(caught.value)) < 1000


def test_hold_wants_a_handle():
    """A plain value where a handle is expected is unreadable."""
    with pytest.raises(UnreadableAnswer, match="could not be held"):
        hold(answering(encode(("ok", 3))), "x")


def test_forged_handles_harm_nobody(student):
    """A handle that the student never gave out is the student's own error when it is used."""
    forged = Remote(student, Handle(10**6))
    with pytest.raises(Raised):
        forged.get()
    with pytest.raises(Raised):
        student.content(forged)


TREES = st.recursive(st.none() | st.integers() | st.text(max_size=3) | st.just("ok"), st.lists, max_leaves=8)
ANSWERS = st.lists(st.binary(max_size=30), max_size=3) | st.lists(TREES, max_size=3).map(
    lambda parts: [json.dumps(["tuple", *parts]).encode()]
)


@given(ANSWERS)
def test_any_bytes_are_an_answer_or_none(frames):
    """Whatever comes back, only NoAnswer is raised."""
    try:
        answering(frames).f()
    except NoAnswer as error:
        assert str(error)  # noqa: PT017 - it is the sentence of the report


@given(st.lists(st.binary(max_size=30), max_size=3))
def test_agent_answers_any_question(frames):
    """The student's side answers malformed questions, too, instead of ending the kernel."""
    assert type(Agent({}).answer(frames)[0]) is bytes


def test_agent_seeds_what_is_imported():
    """Random numbers of the standard library and of torch follow the seed."""
    torch = pytest.importorskip("torch")
    agent = Agent({"f": lambda: [random.random(), float(torch.rand(1))]})  # noqa: S311 - what is seeded is the claim
    question = encode(("call", 7, "", "f", [], [], {}))
    assert agent.answer(question) == agent.answer(question)


@pytest.mark.parametrize(
    ("built_for", "seeded"),
    [
        ({}, "all"),  # before torch had the module
        ({"accelerator": SimpleNamespace(current_accelerator=lambda: "cuda")}, "all"),
        ({"accelerator": SimpleNamespace(current_accelerator=lambda: None)}, "own"),
    ],
)
def test_agent_seeds_each_torch_by_what_it_was_built_for(monkeypatch, built_for, seeded):
    """One without accelerators by its own generator alone, and every other by all that it has."""
    seeds = []
    own = SimpleNamespace(manual_seed=lambda seed: seeds.append(("own", seed)))
    torch = SimpleNamespace(manual_seed=lambda seed: seeds.append(("all", seed)), default_generator=own, **built_for)
    monkeypatch.setitem(sys.modules, "torch", torch)
    Agent({"f": int}).answer(encode(("call", 7, "", "f", [], [], {})))
    assert [(seeded, 7)] == seeds


def test_agent_does_not_import_what_the_student_did_not():
    """The agent starts without numpy and torch: what a kernel has loaded is the student's choice."""
    code = "import sys, nbviva.inside.agent; print([name for name in ('numpy', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MODELS = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self): super().__init__(); self.last = nn.Linear(2, 1)
    def forward(self, x): return self.last(x)
Other, old = Net, Net()
class Deeper(Net): pass
def make(): return nn.Sequential(nn.Linear(2, 1))
KINDS = {"Net": Net, "Other": Other, "Deeper": Deeper}
def by(maker): return {**KINDS, "make": make}[maker]()(torch.ones(3, 2)).abs().sum()
def by_old(): return old.forward(torch.ones(3, 2)).abs().sum()
def turn(x): x.clamp_(min=0); return x
"""


@pytest.fixture
def models():
    pytest.importorskip("torch")
    namespace = {"__name__": "__main__"}
    exec(MODELS, namespace)  # noqa: S102 - our own
    return local_student(namespace)


@pytest.mark.parametrize("maker", ["Net", "Other", "Deeper"])
def test_a_muted_class_computes_zeros_under_every_name_and_is_heard_again(models, maker):
    with muted(models, "Net"):
        assert models.by(maker) == models.by_old() == 0
    assert models.by(maker) > 0
    assert models.by_old() > 0


def test_a_muted_function_makes_models_that_compute_zeros(models):
    with muted(models, "make"):
        models.by("make")
        assert models.by("make") == 0
    assert models.by("make") > 0


def test_a_stage_does_not_undo_the_muting(models):
    models._ask("mark", "stage")
    with viva(models, np.random.default_rng(0), 1.0, stage="stage"), muted(models, "make"):
        assert models.by("make") == 0


def test_a_value_that_was_put_shows_what_became_of_it(models):
    torch = pytest.importorskip("torch")

    x = put(models, torch.tensor([-1.0, 2.0]))
    models.turn(x)
    assert [0.0, 2.0] == x.clone().tolist()


def test_a_name_that_is_missing_is_said_to_be():
    class Notebook:
        def why_missing(self, name):
            return f": no cell defines {name}"

        def where(self, line):
            return f" at {line}"

    student = local_student({})
    with pytest.raises(Raised, match=r"^`double` does not exist in your notebook\.$"):
        student.double(1)
    explain(student, Notebook())
    with pytest.raises(Raised, match=r"^`double` does not exist in your notebook: no cell defines double\.$"):
        student["double"]


@pytest.mark.parametrize("line", [3, None, ["x"], "a" * 10**5])
def test_a_line_that_is_no_line_of_the_notebook_is_not_told(line):
    class Notebook:
        def why_missing(self, name): ...

        def where(self, _line):
            return ""

    student = Student(lambda _frames, _seconds: encode(("raised", "ValueError", line)))
    explain(student, Notebook())
    with pytest.raises((Raised, UnreadableAnswer), match=r"raised ValueError\.$|cannot be read"):
        student.double(1)

"""The student as a check sees it: a notebook that can be asked.

A `Student` is a transport with manners: it turns `student.relu(x)` into the frames of a question and the frames of the
answer into plain data. Behind the transport may be a sandboxed kernel (`nbviva.kernel`), or code in this process
(`local_student`: the reference, a mutant, an alternative). A check cannot tell.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import numpy as np

from nbviva.inside import Frames, Handle, Unreadable, decode, encode
from nbviva.inside.agent import Agent

QUESTION_SECONDS = 60.0
_EXACTLY = frozenset(
    ("read", "call")
)  # what is answered with a value; the others are answered with a handle or nothing
_ANSWER_PARTS = {"ok": (1,), "raised": (1, 2), "unreadable": (1,), "missing": (0,)}
# Of numpy, scipy, pandas, scikit-learn, torch and Lightning.
_KNOWN_ERRORS = frozenset((
    "AcceleratorError", "AxisError", "ConvergenceWarning", "IndexingError", "InvalidIndexError", "LinAlgError",
    "MergeError", "MisconfigurationException", "NotFittedError", "OutOfMemoryError", "ParserError",
    "SpecificationError", "UFuncTypeError", "UndefinedVariableError",
))  # fmt: skip


class NoAnswer(Exception):
    """The student's notebook gave no usable answer. The text is a sentence that the student may read."""


class Raised(NoAnswer):
    """The student's code raised an exception."""


class TimedOut(NoAnswer):
    """The answer did not come within the limit."""


class Died(NoAnswer):
    """The kernel is gone."""


class UnreadableAnswer(NoAnswer):
    """Something came back that is no plain data, too large, or malformed."""


class Transport(Protocol):
    """Carries one question to the student and its answer back; raises `NoAnswer` when there is none."""

    def __call__(self, frames: Frames, seconds: float) -> Frames:
        """Ask, with a limit in seconds."""
        ...


class Explain(Protocol):
    """Says of the notebook what a sentence needs: why a name is missing, and where a line of its code stands."""

    def why_missing(self, name: str) -> str:
        """Say how the cell ended that should have made the name: words that follow "does not exist", or nothing."""
        ...

    def where(self, line: str) -> str:
        """Say where a line of code stands, as words that follow "raised ValueError"; nothing if it is not theirs."""
        ...


class Listener(Protocol):
    """Stands between a student and its transport: it may carry a question on, write it down, or answer itself."""

    def __call__(self, transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
        """Answer what the check or fixture `asker` asks."""
        ...


class Student:
    """Asks the student's notebook: `student["name"]` reads a variable, `student.name(...)` calls a function.

    What is no plain data stays on the student's side and comes back as a `Remote`, which can be called, whose methods
    can be called, and which can be handed to other functions of the student's. Before each question the student's
    random generators are seeded, so that the same hand-in gives the same answers.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._seconds = QUESTION_SECONDS
        self._rng = np.random.default_rng(0)
        self._asker = self._stage = ""
        self._exact = False
        self._explain: Explain | None = None

    def __getitem__(self, name: str) -> Any:
        return self._ask("read", name)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._call(name, [], args, kwargs)

    def __setitem__(self, name: str, value: object) -> None:
        self._ask("write", name, _outgoing(value, exact=self._exact))

    def _hold(self, name: str) -> Remote:
        remote = self._ask("hold", name)
        if not isinstance(remote, Remote):
            raise UnreadableAnswer(f"`{name}` could not be held.")
        return remote

    def _call(self, root: str | Handle, path: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        sent = [_outgoing(value, exact=self._exact) for value in (list(args), kwargs)]
        return self._ask("call", root, path, *sent)

    def _ask(self, operation: str, *rest: Any) -> Any:
        seed = int(self._rng.integers(2**32))
        wanted = ("exactly", seed, self._stage, operation) if self._exact and operation in _EXACTLY else None
        question = encode((*(wanted or (operation, seed, self._stage)), *rest), exact=self._exact)
        answer = self._transport(question, self._seconds)
        if wanted:
            return _read_answer(answer, rest, self._explain, remote=lambda handle: Remote(self, handle))
        return self._incoming(_read_answer(answer, rest, self._explain))

    def _incoming(self, value: Any) -> Any:
        if type(value) is Handle:
            return Remote(self, value)
        if type(value) in (list, tuple):
            return type(value)(self._incoming(item) for item in value)
        if type(value) is dict:
            return {key: self._incoming(item) for key, item in value.items()}
        return value


class Remote:
    """A value that stayed in the student's notebook: call it, call its methods, or pass it on."""

    def __init__(self, student: Student, handle: Handle, path: tuple[str, ...] = ()) -> None:
        self._student, self._handle, self._path = student, handle, path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it in the student's notebook."""
        return self._student._call(self._handle, list(self._path), args, kwargs)

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self._student, self._handle, (*self._path, name))

    def __repr__(self) -> str:
        return "an object"  # the name of its type would be the notebook's own words


def hold(student: Student, name: str) -> Remote:
    """Give the student's variable `name` as a `Remote`, whatever it is."""
    return student._hold(name)


def put(student: Student, value: object) -> Remote:
    """Send a value that stays in the student's notebook: `remote.clone()` shows afterwards what became of a tensor."""
    remote = student._ask("put", _outgoing(value, exact=student._exact))
    if not isinstance(remote, Remote):
        raise UnreadableAnswer("a value could not be kept.")
    return remote


@contextmanager
def exactly(student: Student) -> Iterator[None]:
    """Let values cross as what they are inside the block, both ways: a table is a table, a fraction a fraction.

    Without it they cross plainly: a table as the array of its values, a fraction as a float.
    """
    before, student._exact = student._exact, True
    try:
        yield
    finally:
        student._exact = before


@contextmanager
def muted(student: Student, name: str) -> Iterator[None]:
    """Let every model that the student's class (or function) `name` makes compute zeros inside the block."""
    student._ask("mute", name)
    try:
        yield
    finally:
        with suppress(NoAnswer):  # a kernel that died says so when it is asked again
            student._ask("unmute", name)


def explain(student: Student, how: Explain) -> None:
    """Let sentences on errors say more, with what is known of the notebook."""
    student._explain = how


def listen(student: Student, listener: Listener) -> None:
    """Let a listener carry all questions from now on."""
    transport = student._transport
    student._transport = lambda frames, seconds: listener(transport, student._asker, frames, seconds)


@contextmanager
def viva(
    student: Student, rng: np.random.Generator, seconds: float, asker: str = "", stage: str = ""
) -> Iterator[None]:
    """Let the questions inside the block have this time limit (seconds each) and take their seeds from `rng`.

    Parameters
    ----------
    asker
        The check or fixture on whose behalf they are asked; a listener is told.
    stage
        The question at whose test cell the notebook stood as it is asked about: names that a later cell gives to other
        functions, classes or modules stand for what they stood for then. Empty: as it stands now.
    """
    before = student._seconds, student._rng, student._asker, student._stage
    student._seconds, student._rng, student._asker, student._stage = seconds, rng, asker, stage
    try:
        yield
    finally:
        student._seconds, student._rng, student._asker, student._stage = before


def local_student(namespace: dict[str, Any]) -> Student:
    """Give a student that answers from a namespace in this process: for the reference and for tests, never to mark."""
    agent = Agent(namespace)
    return Student(lambda frames, _seconds: agent.answer(frames))


def _outgoing(value: Any, *, exact: bool = False) -> Any:
    if isinstance(value, Remote):
        if value._path:
            raise TypeError(
                f"{value._path[-1]} of a student's value cannot be handed on; call it, or hand on the value"
            )
        return value._handle
    if exact and type(value) not in (list, tuple, dict):
        return value
    if isinstance(value, list | tuple):
        return type(value)(_outgoing(item, exact=exact) for item in value)
    if isinstance(value, dict):
        return {key: _outgoing(item, exact=exact) for key, item in value.items()}
    return value


def _name_of(question: tuple[Any, ...]) -> str:
    """Give the words for what was asked: the notebook's name, or the method of a value that it gave."""
    root, path = question[0], question[1] if len(question) > 2 else []
    words = ".".join([root, *path] if isinstance(root, str) else path)
    return f"`{words}`" if words else "an object that the notebook gave"


def _read_answer(
    frames: Frames, question: tuple[Any, ...], how: Explain | None, remote: Callable[[Handle], Any] | None = None
) -> Any:
    """Read an answer. Of what the notebook says about an error only its kind is told, and a line of the notebook's.

    A message could carry the hidden input into the feedback. So could a line that was made up: it is told only where
    the hand-in has that very line, which leaves a choice among its lines.
    """
    name = _name_of(question)
    try:
        answer = decode(frames, exact=remote is not None, tensors=remote is not None, remote=remote)
    except Unreadable as error:
        raise UnreadableAnswer(f"what {name} gives cannot be read: {error}.") from None
    if type(answer) is not tuple or not answer or type(answer[0]) is not str:
        raise UnreadableAnswer(f"what {name} gives is malformed.")
    kind, *parts = answer
    if len(parts) not in _ANSWER_PARTS.get(kind, ()):
        raise UnreadableAnswer(f"what {name} gives is malformed.")
    if kind == "ok":
        return parts[0]
    if kind == "missing" and isinstance(question[0], str):
        why = how.why_missing(question[0]) if how else ""
        raise Raised(f"`{question[0]}` does not exist in your notebook{why}.")
    if kind == "raised":
        line = parts[1] if len(parts) > 1 and type(parts[1]) is str else ""
        where = how.where(line) if how and line else ""
        raise Raised(f"{name} raised {error_name(parts[0])}{where}.")
    raise UnreadableAnswer(f"what {name} gives is no plain data, or too large.")


def error_name(name: object) -> str:
    """Give the name of an error that Python or a library that we know has; of others only that it is one."""
    if type(name) is not str:
        return "an exception"
    known = getattr(builtins, name, None)
    if name in _KNOWN_ERRORS or (isinstance(known, type) and issubclass(known, BaseException)):
        return name
    return "an exception"

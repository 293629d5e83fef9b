"""The transcript of a viva: what was asked and answered, and what running the notebook gave, as one compact file.

It holds bytes that a student's kernel chose and inputs that no student may see. So it is read under caps like all that
comes from outside, nothing in it is unpickled, and it stays with the examiner. The file is a line with the format's
name, then one zlib stream: the length of a JSON header, the header, and the frames of questions and answers. Where a
hand-in has several notebooks, the file holds one such transcript after the other.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbviva.inside import CAPS, Frames
from nbviva.kernel.student import Died, NoAnswer, TimedOut, UnreadableAnswer
from nbviva.records import Size, read

MAGIC = b"nbviva transcript 2\n"
EARLIER_MAGIC = b"nbviva transcript 1\n"  # of files without a seal; what is in them reads the same
MAX_FILE_BYTES = 64 << 20
MAX_BYTES = 160 << 20  # unpacked
MAX_HEADER_BYTES = 64 << 20
MAX_EXCHANGES = 100_000
FAILURES = {kind.__name__: kind for kind in (NoAnswer, TimedOut, Died, UnreadableAnswer)}
_LEVEL = 6
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError)


class BrokenTranscript(ValueError):
    """The file is no transcript that can be read; the text is a sentence that says why."""


@dataclass(frozen=True)
class Exchange:
    """One question, and the answer or the `NoAnswer` that came.

    Attributes
    ----------
    asker
        The check or fixture on whose behalf it was asked; empty for the names that a stand-in sets.
    digest
        Of the question's frames.
    question
        The frames of a small question; of a large one, which secret, group and check give again, there is `brief`.
    limit, seconds
        The time that it was given, and that it took.
    writes
        Whether it set a variable.
    answer
        The frames; None where there is none, or where it was too large to be kept.
    failure, sentence
        The kind of `NoAnswer` (a name in `FAILURES`) and its text; else empty.
    """

    asker: str
    digest: str
    question: tuple[bytes, ...]
    brief: str
    limit: float
    seconds: float
    writes: bool = False
    answer: tuple[bytes, ...] | None = None
    failure: str = ""
    sentence: str = ""

    @property
    def is_turning(self) -> bool:
        """Whether all later answers hang on it: a variable was set, or the kernel failed to answer."""
        return self.writes or bool(self.failure)


@dataclass(frozen=True)
class Ran:
    """What running the notebook gave besides answers: all that a replay needs in the place of a kernel.

    Attributes
    ----------
    causes
        Digests of all that decides what a kernel shows and answers, by what it is (`nbviva.grading.digest.run_causes`).
    kept_in, dropped
        What the kernel said of itself at the end.
    death, last_death
        Why the kernel had ended when the verdicts stood, and at the end.
    called
        Indices of the cells whose stand-ins were called.
    asked
        The number of questions that were asked while the notebook ran.
    settled
        The number of questions that were asked until the verdicts stood; those after it were asked for replays only.
    outputs
        The harmless outputs of each code cell that has any, by its index.
    seconds, memory
        What all of it took, and the most bytes that the kernel had.
    times
        Seconds by what was done, as a report has them.
    left_out
        Why the cells from some one on were not run, or empty.
    last
        The check, fixture or question that was asked last, or empty.
    doubt
        Why a person has to decide although all of this was asked, or empty.
    """

    causes: Mapping[str, str] = field(default_factory=dict)
    kept_in: str = ""
    death: str = ""
    last_death: str = ""
    dropped: Size = 0
    called: tuple[Size, ...] = ()
    asked: Size = 0
    settled: Size = 0
    outputs: Mapping[int, Sequence[dict[str, Any]]] = field(default_factory=dict)
    seconds: float = 0.0
    memory: Size = 0
    left_out: str = ""
    last: str = ""
    doubt: str = ""
    times: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Transcript:
    """One viva, from the first question to the last."""

    ran: Ran
    exchanges: tuple[Exchange, ...] = ()

    def to_bytes(self) -> bytes:
        """Give the file's bytes."""
        frames: list[bytes] = []
        header = {"ran": vars(self.ran), "exchanges": [_to_plain(item, frames) for item in self.exchanges]}
        text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        return MAGIC + zlib.compress(b"".join([len(text).to_bytes(8, "big"), text, *frames]), _LEVEL)

    @classmethod
    def from_bytes(cls, data: bytes) -> Transcript:
        """Read what `to_bytes` wrote.

        Raises
        ------
        BrokenTranscript
            Whatever is wrong with the bytes; no other exception leaves this function.
        """
        found = cls.all_from_bytes(data)
        if len(found) > 1:
            raise BrokenTranscript("The transcript is of several notebooks.")
        return found[0]

    @classmethod
    def all_from_bytes(cls, data: bytes) -> tuple[Transcript, ...]:
        """Read the transcripts of all notebooks of a hand-in, one after the other; raises as `from_bytes` does."""
        try:
            return tuple(map(_read, _unpacked(data)))
        except BrokenTranscript:
            raise
        except _BROKEN as error:
            raise BrokenTranscript(f"The transcript is malformed ({type(error).__name__}).") from None


def joined_transcripts(files: Iterable[bytes]) -> bytes:
    """Give the transcripts of a hand-in's notebooks as one file, in their order: each as it is alone."""
    return b"".join(files)


def digest_of(frames: Frames) -> str:
    """Give the digest (hex) by which a question is known."""
    total = hashlib.blake2b(digest_size=16)
    for frame in frames:
        total.update(len(frame).to_bytes(8, "big"))
        total.update(frame)
    return total.hexdigest()


def by_question(exchanges: Sequence[Exchange]) -> dict[tuple[str, str], deque[int]]:
    """Give the places of exchanges by asker and digest, in order."""
    found: dict[tuple[str, str], deque[int]] = {}
    for place, exchange in enumerate(exchanges):
        found.setdefault((exchange.asker, exchange.digest), deque()).append(place)
    return found


def _to_plain(item: Exchange, frames: list[bytes]) -> dict[str, Any]:
    frames += [*item.question, *(item.answer or ())]
    answer = None if item.answer is None else [len(frame) for frame in item.answer]
    return {**vars(item), "question": [len(frame) for frame in item.question], "answer": answer}


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Give what each transcript of a file holds; together they may have no more than one alone."""
    if len(data) > MAX_FILE_BYTES:
        raise BrokenTranscript("The transcript is too large.")
    left, room = data, MAX_BYTES
    while left or left is data:
        if not left.startswith((MAGIC, EARLIER_MAGIC)):
            none = "is none of this version's" if left is data else "is cut off, or something follows it"
            raise BrokenTranscript(f"The transcript {none}.")
        plain, left = _inflated(left[len(MAGIC) :], room)
        room -= len(plain)
        yield plain


def _inflated(data: bytes, most: int) -> tuple[bytes, bytes]:
    """Give what a stream holds, and what follows it."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, max(1, most))
    except zlib.error:
        raise BrokenTranscript("The transcript is damaged.") from None
    if stream.unconsumed_tail:
        raise BrokenTranscript("The transcript is too large when unpacked.")
    if not stream.eof:
        raise BrokenTranscript("The transcript is cut off, or something follows it.")
    return plain, stream.unused_data


def _read(plain: bytes) -> Transcript:
    length = int.from_bytes(plain[:8], "big")
    if length > min(MAX_HEADER_BYTES, len(plain) - 8):
        raise BrokenTranscript("The transcript's header is too large.")
    header = read(_Header, plain[8 : 8 + length])
    if len(header.exchanges) > MAX_EXCHANGES:
        raise BrokenTranscript("The transcript has too many questions.")
    frames = _Frames(memoryview(plain)[8 + length :])
    exchanges = tuple(_exchange(item, frames) for item in header.exchanges)
    if frames.left:
        raise BrokenTranscript("The transcript has more bytes than its header says.")
    if not header.ran.asked <= header.ran.settled <= len(exchanges):
        raise BrokenTranscript("The transcript has fewer questions than its header says.")
    return Transcript(header.ran, exchanges)


@dataclass(frozen=True)
class _Sized(Exchange):
    """An exchange in the header: of each frame the size, where that has its bytes."""

    question: tuple[Size, ...]  # type: ignore[assignment]
    answer: tuple[Size, ...] | None = None  # type: ignore[assignment]


@dataclass(frozen=True)
class _Header:
    ran: Ran
    exchanges: list[_Sized]


class _Frames:
    """The bytes behind the header, given out in order."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._place = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._place

    def take(self, sizes: Sequence[int]) -> tuple[bytes, ...]:
        if len(sizes) > CAPS.frames + 1:
            raise ValueError("too many frames")
        return tuple(self._next(size) for size in sizes)

    def _next(self, size: int) -> bytes:
        if size > self.left:
            raise ValueError("a frame is missing")
        self._place += size
        return bytes(self._data[self._place - size : self._place])


def _exchange(item: _Sized, frames: _Frames) -> Exchange:
    if item.failure and item.failure not in FAILURES:
        raise ValueError("an unknown failure")
    question = frames.take(item.question)
    answer = None if item.answer is None else frames.take(item.answer)
    return Exchange(**{**vars(item), "question": question, "answer": answer})

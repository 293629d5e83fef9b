"""Transcripts: everything that was asked and answered is in them, and a file that is none is one sentence."""

import json
import stat
import zlib
from dataclasses import replace

import grimp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.grading.framework import NBVIVA, RUN, files_of
from nbviva.grading.reports import stored_transcript
from nbviva.grading.stored import graded
from nbviva.inside import decode, encode
from nbviva.kernel import recording
from nbviva.kernel.recording import Recorder
from nbviva.kernel.sitting import RunEnd
from nbviva.kernel.student import Died, NoAnswer, local_student, viva
from nbviva.kernel.transcript import MAGIC, MAX_BYTES, BrokenTranscript, Exchange, Ran, Transcript
from nbviva.secret import draw_of

WHOLE = Transcript(
    Ran(
        {"cause": "abc"}, "bubblewrap", "", "It died.", 2, (3, 5), 1, 2,
        {4: [{"output_type": "stream", "name": "stdout", "text": "x\u2028"}]}, 1.5,
    ),
    (
        Exchange("a_check", "00", (b"[]", b"\xff\x00"), "", 60.0, 0.25, True, (b"answer", b"")),
        Exchange("", "01", (), "f([... 10 items])", 5, 0, False, None, "TimedOut", "It took too long."),
        Exchange("b", "02", (), "big", 5, 0, False, ()),
    ),
)  # fmt: skip


class Held:
    """A sitting that runs nothing and answers from a namespace."""

    kept_in, death, left_out, dropped, end = "nothing", "", "", 0, RunEnd()

    def __init__(self, namespace):
        self.student = local_student(namespace)

    def run(self, _notebook, stand_ins, _stages):
        for call in stand_ins.values():
            call()


def packed(header, frames=b"", length=None):
    """Give the bytes of a transcript with this header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = (len(text) if length is None else length).to_bytes(8, "big")
    return MAGIC + zlib.compress(size + text + frames)


def test_transcript_is_read_as_it_was_written():
    assert Transcript.from_bytes(WHOLE.to_bytes()) == WHOLE


@pytest.mark.parametrize("cut", range(0, len(WHOLE.to_bytes()), 7))
def test_transcript_that_was_cut_off_is_none(cut):
    with pytest.raises(BrokenTranscript, match=r"^The transcript .*\.$"):
        Transcript.from_bytes(WHOLE.to_bytes()[:cut])


def test_bomb_is_not_unpacked():
    """A small file that unpacks to more than the cap costs no more than the cap."""
    bomb = MAGIC + zlib.compress(bytes(MAX_BYTES + 1), 1)
    with pytest.raises(BrokenTranscript, match="too large when unpacked"):
        Transcript.from_bytes(bomb)


def lying(**changes):
    """Give the header of a transcript with one exchange that has other values."""
    header = json.loads(zlib.decompress(Transcript(Ran(), WHOLE.exchanges[1:2]).to_bytes()[len(MAGIC) :])[8:])
    header["exchanges"][0].update(changes)
    return packed(header)


@pytest.mark.parametrize(
    "data",
    [
        b"garbage",
        MAGIC,
        MAGIC + b"garbage",
        WHOLE.to_bytes() + b"more",
        packed({}),
        packed([]),
        packed(b"\xff"),
        packed(b"[" * 100_000),
        packed({"ran": {}, "exchanges": 3}),
        packed(b"{}", length=2**40),
        packed({"ran": {}, "exchanges": [{}] * 200_000}),
        lying(answer=[10]),
        lying(answer=[-1]),
        lying(answer=[0] * 10_000),
        lying(answer=[True]),
        lying(question="x"),
        lying(failure="SystemExit"),
        lying(asker=3),
        lying(sentence="\ud800"),
        lying(seconds=float("nan")),
        lying(limit="60"),
    ],
    ids=range(21),
)
def test_what_is_no_transcript_is_one_sentence(data):
    with pytest.raises(BrokenTranscript, match=r"^The transcript.*\.$"):
        Transcript.from_bytes(data)


@given(st.integers(0, len(WHOLE.to_bytes()) - 1), st.integers(1, 255))
def test_no_changed_byte_does_harm(place, change):
    data = bytearray(WHOLE.to_bytes())
    data[place] ^= change
    with pytest.raises(BrokenTranscript):
        Transcript.from_bytes(bytes(data))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3), lambda c: st.lists(c) | st.dictionaries(st.text(max_size=3), c)
    )
)
def test_no_header_does_harm(header):
    for data in (packed({"ran": header, "exchanges": [header]}), packed(header)):
        with pytest.raises(BrokenTranscript):
            Transcript.from_bytes(data)


def test_every_question_is_written_down_with_its_asker_and_answer():
    held = Recorder(Held({"double": lambda x: 2 * x}))
    with viva(held.student, np.random.default_rng(1), 7.0, "a_check"):
        assert 6 == held.student.double(3)
    held.student["name"] = "x"
    first, second = held.transcript({}, 0.0).exchanges
    assert ("a_check", 7.0, False, ("ok", 6)) == (first.asker, first.limit, first.writes, decode(first.answer))
    assert ["call", "double", [3]] == [decode(first.question)[i] for i in (0, 3, 5)]
    assert ("", True) == (second.asker, second.writes)


def test_no_answer_is_written_down_and_raised():
    held = Held({})

    def dead(_frames, _seconds):
        raise Died("It is gone.")

    held.student._transport = dead
    recorded = Recorder(held)
    with pytest.raises(Died, match="gone"):
        recorded.student.f()
    (exchange,) = recorded.transcript({}, 0.0).exchanges
    assert ("Died", "It is gone.", None) == (exchange.failure, exchange.sentence, exchange.answer)


def test_large_question_is_kept_in_brief_and_large_answers_not_at_all(monkeypatch):
    monkeypatch.setattr(recording, "MOST_BYTES", 1000)
    held = Recorder(Held({"same": lambda x: x}))
    held.student.same(np.zeros(3000))
    held.student.same(1)
    large, small = held.transcript({}, 0.0).exchanges
    assert ((), "same(float64[3000](0, 0, 0, 0, 0, 0, ...))", None) == (large.question, large.brief, large.answer)
    assert small.answer is not None


def test_transcript_is_for_its_owner_only_and_has_the_hidden_question(course, hand_in, room):
    hand_in(course, "g")
    graded(course, "toy", "g", room=room)
    path = course.report("toy", "g") / "transcript"
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    exchanges = Transcript.from_bytes(stored_transcript(path.parent)).exchanges
    asked = {(item.asker, *decode(item.question)[3:4]) for item in exchanges}
    assert {
        ("examined_total", "double"), ("", "total"), ("double_doubles", "double"),
        ("half_of_seven", "answer_half"), ("colour_is_red", "answer_colour"),
    } == asked  # fmt: skip
    hidden = float(draw_of(course.root, "toy", "g")("double_doubles").normal())
    assert [hidden] in [decode(item.question)[5] for item in exchanges if item.asker == "double_doubles"]


def test_no_transcript_is_larger_than_what_is_read(monkeypatch):
    """What is kept of answers fits the caps of reading, with room for questions and outputs."""
    assert recording.MOST_BYTES < MAX_BYTES / 2
    answer = replace(WHOLE.exchanges[0], answer=(bytes(1 << 20),))
    assert Transcript.from_bytes(Transcript(Ran(), (answer,)).to_bytes()).exchanges == (answer,)


def test_a_transcript_is_true_for_as_long_as_what_runs_is_the_same():
    """The modules whose change makes transcripts untrue are all that a kernel is started, run and asked with."""
    graph = grimp.build_graph("nbviva")
    used = set().union(*(graph.find_upstream_modules(root) for root in RUN)).union(RUN)
    packages = {"nbviva", *(f"nbviva.{room}" for room in ("grading", "inside", "kernel", "sandbox", "tester"))}
    files = {f"nbviva/{path.relative_to(NBVIVA).as_posix()}" for path in files_of(RUN)}
    assert {_file(name, name in packages) for name in used | packages} == files


def _file(module, is_package):
    return f"{module.replace('.', '/')}{'/__init__' if is_package else ''}.py"


def test_what_only_judges_leaves_a_transcript_true():
    """Checks, comparisons, words and pages may change: the answers stay what the kernel gave."""
    names = {path.relative_to(NBVIVA).as_posix() for path in files_of(RUN)}
    assert {"grading/__init__.py", "grading/runs.py"} == {name for name in names if name.startswith("grading/")}
    assert set() == {name.partition("/")[0] for name in names} & {
        "week",
        "feedback",
        "gradebook",
        "results",
        "verify",
        "cli",
        "handin",
    }


def test_no_answer_is_no_failure_of_the_recorder():
    """An answer that is malformed is kept as it came."""
    held = Held({})
    held.student._transport = lambda _frames, _seconds: [b"garbage"]
    recorded = Recorder(held)
    with pytest.raises(NoAnswer):
        recorded.student.f()
    assert (b"garbage",) == recorded.transcript({}, 0.0).exchanges[0].answer
    assert encode(1) != [b"garbage"]

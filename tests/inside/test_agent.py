"""The agent's message, with a kernel that only sends."""

import gc
import time
import weakref
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from nbviva.inside import agent


class Trainer:
    """Knows itself, as one whose callbacks know it."""

    own: object = None


@pytest.fixture
def kernel():
    """Sends to a list."""
    sent = []
    send = lambda *_, buffers, **__: sent.append(buffers)  # noqa: E731 - as short as it is
    return SimpleNamespace(shell_handlers={}, session=SimpleNamespace(send=send), sent=sent)


@pytest.mark.parametrize("seconds", [0.0, 2 * agent.DEAR_SECONDS])
def test_what_a_dear_answer_leaves_in_a_cycle_goes(kernel, seconds):
    left = []

    def answer(frames):
        trainer = Trainer()
        trainer.own = trainer
        left.append(weakref.ref(trainer))
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        return frames

    agent.answer_to(kernel, SimpleNamespace(opened=lambda *_: nullcontext()), answer)
    gc.disable()
    try:
        kernel.shell_handlers["viva_ask"](None, None, {"buffers": [b"1"]})
    finally:
        gc.enable()
    assert [[b"1"]] == kernel.sent
    assert bool(seconds) == (left[0]() is None)

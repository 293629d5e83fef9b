"""Pictures on the page: small ones as they are, large ones made smaller, and what is no picture left out."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from nbviva.feedback import scaling
from nbviva.feedback.scaling import fitted
from nbviva.sandbox.provisioner import refusal

needs_sandbox = pytest.mark.skipif(refusal() is not None, reason="no sandbox here")


def png(height, width):
    """Give a picture that no format makes much smaller."""
    noise = np.random.default_rng(height).integers(0, 255, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return "image/png", base64.b64encode(out.getvalue()).decode()


def test_pictures_that_fit_stay_as_they_are():
    small = png(20, 30)
    assert [(small[0], small[1], "")] == [(p.kind, p.data, p.note) for p in fitted([small], len(small[1]))]


@needs_sandbox
def test_large_pictures_share_what_small_ones_leave_and_say_so():
    small, large = png(20, 30), png(600, 800)
    first, second, third = fitted([large, small, large], 200_000)
    assert small == (second.kind, second.data)
    for made in (first, third):
        assert 20_000 < len(made.data) <= 100_000
        assert made.note.startswith("Made smaller, so that the page stays small: 800 by 600 pixels became ")
        size = Image.open(io.BytesIO(base64.b64decode(made.data))).size
        assert f"{size[0]} by {size[1]}." in made.note


@needs_sandbox
def test_what_is_no_picture_is_left_out_and_costs_no_other():
    large = png(300, 400)
    broken = ("image/png", large[1][:90_000] + "A" * 90_000)
    first, second = fitted([broken, large], 120_000)
    assert ("", "A figure is left out: the page would be too large.") == (first.data, first.note)
    assert second.note.startswith("Made smaller")


@pytest.mark.parametrize("answer", [None, b"", b"[]", b"[3]", b'[{"kind": "text/html", "data": "x"}]', b"\xff"])
def test_answer_of_the_other_process_is_believed_in_nothing(monkeypatch, answer):
    monkeypatch.setattr(scaling, "answer_once", lambda *_: answer)
    (made,) = fitted([png(300, 400)], 50_000)
    assert ("", "A figure is left out: the page would be too large.") == (made.data, made.note)

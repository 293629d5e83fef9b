"""Pictures of PIL as themselves: pixels, colours and format, and no file of a picture is ever read."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nbviva.inside import Handle, decode, encode
from tests.inside.hand_made import again, mutated, reads_or_refuses, trees, unreadable

MODES = ("1", "L", "P", "LA", "PA", "I;16", "RGB", "YCbCr", "LAB", "HSV", "RGBA", "RGBX", "CMYK", "I", "F")


def picture(mode, size=(9, 3)):
    """Give a picture whose pixels differ."""
    length = len(Image.new(mode, size).tobytes())
    return Image.frombytes(mode, size, bytes(number * 7 % 256 for number in range(length)))


def opened(form, mode="RGB"):
    """Give a picture as it is when it was opened from a file."""
    file = io.BytesIO()
    picture(mode).save(file, form)
    return Image.open(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("mode", MODES)
def test_picture_of_every_mode_comes_back_the_same(mode):
    for size in ((9, 3), (1, 1), (0, 4)):
        sent = picture(mode, size)
        back = again(sent)
        assert (Image.Image, mode, size, sent.tobytes()) == (type(back), back.mode, back.size, back.tobytes())
        assert sent == back


@pytest.mark.parametrize("palette", ["RGB", "RGBA"])
def test_colours_of_a_palette_come_back_the_same(palette):
    sent = picture("P")
    sent.putpalette(bytes(range(4 * len(palette))), palette)
    assert sent.convert("RGBA").tobytes() == again(sent).convert("RGBA").tobytes()


@pytest.mark.parametrize(("form", "mode"), [("PNG", "RGBA"), ("JPEG", "L"), ("GIF", "P"), ("TIFF", "F")])
def test_picture_that_was_opened_keeps_the_name_of_its_format(form, mode):
    sent = opened(form, mode)
    back = again(sent)
    assert (form, Image.Image) == (back.format, type(back))
    assert sent.convert("RGBA").tobytes() == back.convert("RGBA").tobytes()


class Picture(Image.Image):
    """A picture that could answer comparisons."""


@pytest.mark.parametrize("value", [Picture(), Image, Image.Image])
def test_what_is_no_picture_of_pils_stays_where_it_is(value):
    assert [Handle(0)] == decode(encode([value], lambda _: Handle(0), exact=True), exact=True)


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (["L", [4, 4], 1, None, None, None], "another size"),
        (["L", [2**31, 0], 2, None, None, None], "malformed size"),
        (["L", [0, 2**21], 2, None, None, None], "malformed size"),
        (["1", [2**20, 2**20], 2, None, None, None], "too large"),
        (["L", [-1, -8], 1, None, None, None], "malformed size"),
        (["L", [8], 1, None, None, None], "malformed"),
        (["BGR;15", [2, 2], 1, None, None, None], "malformed"),
        (["L", [8, 1], 1, "RGB", ["bytes", 1], None], "colours"),
        (["P", [8, 1], 1, "XYZ", ["bytes", 1], None], "colours"),
        (["P", [8, 1], 1, "RGB", "black", None], "colours"),
        (["P", [8, 1], 1, "RGB", ["bytes", 3], None], "colours"),
        (["L", [8, 1], 1, None, None, "<script>"], "format"),
        (["L", [8, 1], 9, None, None, None], "frame is missing"),
    ],
)
def test_malformed_picture_is_refused(tree, why):
    assert why in unreadable("picture", *tree, frames=[b"\0" * 8, b"", b"\0" * 2000])


@settings(max_examples=300)
@given(trees(["picture", "bytes"], [*MODES, [1, 1], [8, 1], [2, 1], "PNG", ["bytes", 1]]))
def test_random_trees_are_read_or_refused(tree):
    reads_or_refuses([json.dumps(tree).encode(), b"\0" * 8, b""])


@settings(max_examples=200)
@given(st.sampled_from(MODES), st.data())
def test_mutated_messages_are_read_or_refused(mode, data):
    reads_or_refuses(mutated(picture(mode), data))

"""Outputs made harmless: what a student's cell shows, without anything that could run, load or deceive."""

import base64
import struct

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.kernel.outputs import MAX_OUTPUTS, MAX_TEXT, clean, figures, plain, printed
from nbviva.kernel.pictures import MAX_PICTURE
from nbviva.notebooks import new_notebook


def png(width=40, height=30):
    """Give the beginning of a PNG of this size."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)
    return base64.b64encode(head + b"\x08\x02\0\0\0\0").decode()


def jpeg(width=40, height=30):
    """Give the beginning of a JPEG of this size: a comment, then the frame."""
    head = b"\xff\xd8\xff\xfe\0\x04hi\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width)
    return base64.b64encode(head + b"\x03\x01").decode()


def gif(width, height):
    """Give the beginning of a GIF of this size."""
    return base64.b64encode(b"GIF89a" + struct.pack("<HH", width, height) + bytes(100)).decode()


PNG = png()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}"><path d="M0 0L9 9"/></svg>'


def shown(**data):
    """Give what is left of an output with this data."""
    return clean(
        [
            {
                "output_type": "display_data",
                "data": {key.replace("_", "/", 1): text for key, text in data.items()},
                "metadata": {},
            }
        ]
    )


def test_text_and_pictures_are_kept():
    """Streams, errors, results and PNG pictures stay, as text and as pictures."""
    outputs = clean(
        [
            {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
            {"output_type": "stream", "name": "stderr", "text": "careful\n"},
            {"output_type": "execute_result", "data": {"text/plain": "42"}, "execution_count": 3},
            {"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "<Figure>"}},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["one", "two"]},
        ]
    )
    assert [o.output_type for o in outputs] == ["stream", "stream", "display_data", "display_data", "error"]
    assert printed(outputs) == "a\nb\n\ncareful\n\n42\n<Figure>\n"
    assert figures(outputs) == 1


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "application/javascript",
        "image/svg+xml",
        "text/markdown",
        "text/latex",
        "image/jpeg",
        "application/json",
        "application/vnd.jupyter.widget-view+json",
        "application/pdf",
        "text/vnd.mermaid",
        "video/mp4",
    ],
)
def test_rich_types_are_dropped(kind):
    """Only plain text is left of what could run or load something; without it, nothing is."""
    item = {
        "output_type": "display_data",
        "data": {kind: "<script>1</script>", "text/plain": "x"},
        "metadata": {"isolated": True},
    }
    assert [dict(o.data) for o in clean([item])] == [{"text/plain": "x"}]
    assert clean([{**item, "metadata": {}}])[0].metadata == {}
    assert clean([{**item, "data": {kind: "<script>1</script>"}}]) == []


def test_escapes_and_directions_are_taken_out():
    """Terminal escapes, control characters and changes of direction are gone; lines and tabs stay."""
    text = "a\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1bc\u202eevil\u2066\u200f\x00\x07\x9b1m\r\nb\tc\rd\x7f"
    assert plain(text) == "aredlinkevil1m\nd"


def test_text_is_cut():
    """A long text is cut, and it is said; so are tracebacks, names and the number of outputs."""
    cut = plain("x" * MAX_TEXT + "\nROC-AUC: 0.9")
    assert len(cut) <= MAX_TEXT
    assert "\n[cut]\n" in cut
    assert cut.endswith("\nROC-AUC: 0.9")
    assert plain(cut) == cut
    assert len(plain("\x1b[0m" * 10**6 + "x")) <= MAX_TEXT
    outputs = clean([{"output_type": "display_data", "data": {"text/plain": "x"}}] * (MAX_OUTPUTS + 7))
    assert len(outputs) == MAX_OUTPUTS + 1
    assert outputs[-1].data["text/plain"] == "[7 more outputs were cut.]"
    (error,) = clean(
        [{"output_type": "error", "ename": "E" * 9999, "evalue": "v" * 9999, "traceback": ["t" * 9999] * 999}]
    )
    assert sum(map(len, [error.ename, error.evalue, *error.traceback])) < 130_000


@pytest.mark.parametrize(
    "picture",
    [
        "",
        "x",
        "!!!!",
        base64.b64encode(b"GIF89a").decode(),
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        PNG[:6],
        'x" onerror="alert(1)',
        PNG + '" onerror="alert(1)',
        "\ud800",
        "é" * 8,
        3,
        None,
        [1],
    ],
    ids=range(13),
)
def test_what_is_no_png_is_dropped(picture):
    """A picture is valid base64 of a PNG and not too large, or it is not there."""
    assert figures(shown(image_png=picture, text_plain="x")) == 0
    assert printed(shown(image_png=picture, text_plain="x")) == "x"


def test_png_of_many_lines_is_kept():
    """A picture that was saved in lines is one."""
    assert shown(image_png=[PNG[:8] + "\n", PNG[8:] + "\n"])[0].data["image/png"] == PNG


@pytest.mark.parametrize(
    "item",
    [
        None,
        3,
        "x",
        [],
        {},
        {"output_type": None},
        {"output_type": ["stream"]},
        {"output_type": "stream"},
        {"output_type": "x"},
        {"output_type": "stream", "name": 3, "text": {"a": 1}},
        {"output_type": "error"},
        {"output_type": "display_data"},
        {"output_type": "error", "ename": 3, "evalue": None, "traceback": "abc"},
        {"output_type": "error", "traceback": [1, None]},
        {"output_type": "display_data", "data": []},
        {"output_type": "execute_result", "data": {"text/plain": 3}},
        {"output_type": "display_data", "data": {3: 4}},
        {"output_type": "update_display_data", "data": {"text/plain": "x"}},
        {"output_type": "clear_output"},
        {"output_type": "stream", "text": "\ud800"},
    ],
    ids=range(20),
)
def test_malformed_outputs_are_cleaned(item):
    """No output of a wrong type raises anything, and the rest can be stored."""
    storable(clean([item]))


def storable(outputs):
    """Assert that outputs make a valid notebook that can be written, and give them."""
    cell = nbformat.v4.new_code_cell("", outputs=outputs)
    nbformat.validate(new_notebook([cell], {}))
    nbformat.writes(new_notebook([cell], {})).encode()
    return outputs


TREES = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["stream", "error", "display_data", "\ud800", PNG]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["output_type", "name", "text", "data", "ename", "evalue", "traceback", "text/plain", "image/png"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(TREES, max_size=3))
def test_any_json_is_cleaned(items):
    """Whatever stands among a cell's outputs, cleaning gives outputs that can be stored and that are clean."""
    once = storable(clean(items))
    assert printed(once) == printed(clean(once))
    assert figures(once) == figures(clean(once))


@given(st.text(max_size=50))
def test_cleaned_text_has_no_control_characters(text):
    """Nothing is left that a terminal or a browser could act on."""
    assert not [
        c for c in plain(text) if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or c in "\u202e\u2066\u200f"
    ]


def stream(text, name="stdout"):
    """Give a piece of a stream."""
    return {"output_type": "stream", "name": name, "text": text}


@pytest.mark.parametrize(
    "pieces",
    [
        [stream("ROC-AUC: 0.93\n")],
        [stream("ROC-"), stream("AUC: 0.93\n")],
        [stream("ROC-AUC: 0.9"), stream("fold 5\n", "stderr"), stream("3\n")],
        [stream("ROC-AUC: 0.9"), {"output_type": "display_data", "data": {"text/plain": "x"}}, stream("3\n")],
        [*[stream("fold\n"), stream("w\n", "stderr")] * 100, stream("ROC-AUC: 0."), stream("93\n")],
        [stream("0 %\r50 %\rROC-AUC: 0.93\n")],
        [stream("0 %\b\b\bROC-AUC: 0.93\n")],
    ],
    ids=range(7),
)
def test_a_stream_is_one_text_however_it_was_saved(pieces):
    assert "ROC-AUC: 0.93" in printed(clean(pieces)).splitlines()
    assert clean(pieces) == clean(clean(pieces))


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": png()},
        {"image/jpeg": jpeg()},
        {"image/svg+xml": SVG.format("400pt")},
        {"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>'},
        {"image/svg+xml": [SVG.format(400)[:50], SVG.format(400)[50:]]},
        {"image/svg+xml": SVG.replace('width="{0}" height="{0}"', 'viewBox="0 0 9 9"')},
        {"application/pdf": "JVBERi0" * 40},
        {"application/vnd.plotly.v1+json": {"data": []}, "text/html": "<div></div>"},
        {"text/html": f'<p><img alt="" src="data:image/png;base64,{png()}"></p>'},
        {"text/html": SVG.format(400)},
        {"image/png": jpeg()},
        {"image/jpg": jpeg()},
        {"image/png": "data:image/png;base64," + png()},
        {"image/png": "\r\n".join([png()[:40], png()[40:]])},
        {"image/gif": gif(300, 200)},
        {"image/svg+xml": SVG.format("5cm")},
    ],
    ids=range(16),
)
def test_a_figure_is_one_in_whatever_format_it_was_saved(data):
    outputs = clean([{"output_type": "display_data", "data": data, "metadata": {}}])
    assert 1 == figures(outputs) == figures(clean(outputs))
    assert outputs == clean(outputs)
    assert {kind for output in outputs for kind in output.data} <= {"image/png", "image/jpeg", "text/plain"}


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": png(1, 1)},
        {"image/png": png(800, 1)},
        {"image/jpeg": jpeg(1, 1)},
        {"image/svg+xml": SVG.format(1)},
        {"image/svg+xml": "<svg></svg>"},
        {"image/svg+xml": "<p>no picture</p>"},
        {"text/html": "<img src=x>"},
        {"text/html": f'<img src="data:image/png;base64,{png(1, 1)}">'},
        {"image/gif": gif(1, 1)},
        {"image/png": gif(300, 200)},
        {"text/plain": "[A figure saved as SVG is not shown here.]"},
    ],
    ids=range(11),
)
def test_what_shows_nothing_is_no_figure(data):
    assert 0 == figures(clean([{"output_type": "display_data", "data": data, "metadata": {}}]))


def test_a_figure_too_large_to_be_shown_counts():
    large = base64.b64encode(base64.b64decode(png()) + b"\0" * MAX_PICTURE).decode()
    outputs = shown(image_png=large)
    assert 1 == figures(outputs)
    assert "[A figure saved as PNG is too large to be shown here.]" == outputs[0].data["text/plain"]

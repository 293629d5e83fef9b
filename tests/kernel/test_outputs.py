"""Outputs made harmless: what a student's cell shows, without anything that could run, load or deceive."""

import base64

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.kernel.outputs import MAX_OUTPUTS, MAX_PICTURE, MAX_TEXT, clean, figures, plain, printed
from nbviva.notebooks import new_notebook

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 20).decode()


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
    assert plain(text) == "aredlinkevil1m\nb\tcd"


def test_text_is_cut():
    """A long text is cut, and it is said; so are tracebacks, names and the number of outputs."""
    assert plain("x" * (MAX_TEXT + 1)) == "x" * MAX_TEXT + "\n[cut]"
    assert len(plain("\x1b[0m" * 10**6 + "x")) <= MAX_TEXT + 6
    outputs = clean([{"output_type": "stream", "text": "x"}] * (MAX_OUTPUTS + 7))
    assert len(outputs) == MAX_OUTPUTS + 1
    assert outputs[-1].text == "[7 more outputs were cut.]"
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
        PNG + "A" * MAX_PICTURE,
    ],
    ids=range(14),
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

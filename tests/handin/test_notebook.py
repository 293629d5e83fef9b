"""Hand-ins, broken in every way: always every graded cell exactly once, with the source's text and metadata."""

import copy
import json
import os
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.handin.cells import MAX_CELLS, MAX_NOTEBOOK_BYTES
from nbviva.handin.door import Handin
from nbviva.handin.doubt import Doubt
from nbviva.handin.notebook import joined
from nbviva.handin.walk import walk
from nbviva.notebooks import grade_id
from nbviva.week.source import release_template, source_notebook

GRADED = ["double", "half", "colour", "total"]
ANSWERS = ["double_answer", "half_answer", "colour_answer"]


@pytest.fixture
def template(course):
    """The frame of the toy week."""
    return release_template(source_notebook(course.week("toy")))


@pytest.fixture
def honest(course, solved):
    """The honest hand-in as plain JSON."""
    return json.loads(nbformat.writes(solved(course)))


def read_folder(folder, week):
    """Read a folder as a hand-in of a week: what was framed, with all that was noted on the way."""
    handin = Handin("g", walk(folder), week)
    framed = joined(handin.framed())
    told = {"notes": (*handin.notes, *framed.notes), "doubts": (*handin.doubts, *framed.doubts)}
    return SimpleNamespace(**vars(framed) | told, broken=handin.broken, handin=handin)


@pytest.fixture
def week(course):
    """The toy week."""
    return course.week("toy")


@pytest.fixture
def read(tmp_path, week, template):
    """Hand in some JSON or bytes, read it, and see that the frame is whole."""

    def reading(data, name="toys.ipynb"):
        folder = tmp_path / "handin"
        folder.mkdir(exist_ok=True)
        if data is not None:
            (folder / name).write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        return framed(read_folder(folder, week), template)

    return reading


def framed(handin, template):
    """Assert that a hand-in has each of the source's own cells once, unchanged where it is locked."""
    found = {}
    for cell in handin.notebook.cells:
        if name := grade_id(cell):
            assert name not in found
            found[name] = cell
    originals = {grade_id(cell): cell for cell in template.cells if grade_id(cell)}
    assert sorted(originals) == sorted(found)
    for name, original in originals.items():
        assert original.metadata == found[name].metadata
        assert original.cell_type == found[name].cell_type
        assert type(found[name].source) is str
        if not original.metadata.nbgrader.solution:
            assert original.source == found[name].source
    own = [cell for cell in handin.notebook.cells if not grade_id(cell)]
    assert not [cell for cell in own if cell.metadata]
    assert not [cell for cell in handin.notebook.cells if cell.cell_type == "code" and cell.outputs]
    return handin


def cell(data, name):
    """Give the cell of this `grade_id` in a notebook's JSON."""
    return next(cell for cell in data["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def sources(handin):
    """Give the texts of a hand-in's cells by `grade_id`."""
    return {grade_id(cell): cell.source for cell in handin.notebook.cells if grade_id(cell)}


def test_honest_hand_in_is_read_as_it_is(read, honest):
    """Solutions, the student's own cells, their order and the saved outputs are kept, with nothing to note."""
    handin = read(honest)
    assert (handin.notes, handin.broken, handin.lacking) == ((), "", frozenset())
    assert len(honest["cells"]) == len(handin.notebook.cells)
    assert "twice_as_much" in sources(handin)["double_answer"]
    assert handin.saved["long"][0]["text"] in ("total 90\n", ["total 90\n"])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"3",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"\0" * 100,
        b"[" * 100_000,
        b'{"cells": {}}',
        b'{"cells": null}',
        b"{}",
        b'{"nbformat": 3}',
        b'{"nbformat": 3, "worksheets": 5}',
        b'{"nbformat": 1, "cells": []}',
        b'{"nbformat": -7}',
        b'{"nbformat": true}',
        b"1" * 5000,
        b"%PDF-1.7",
    ],
    ids=range(19),
)
def test_what_is_no_notebook_is_a_blank_one_with_a_sentence(read, raw):
    """A file that cannot be read gives every graded cell, no answer, and one sentence."""
    handin = read(raw)
    assert handin.broken.endswith(".")
    assert "\n" not in handin.broken
    assert handin.broken in handin.notes


def test_empty_list_of_cells_is_a_blank_notebook(read, template):
    """All cells are put back, and one sentence names them."""
    handin = read({"cells": [], "nbformat": 4})
    assert handin.broken == ""
    (sentence,) = handin.notes
    assert all(f"'{name}'" in sentence for cell in template.cells if (name := grade_id(cell)))
    assert sentence.endswith("were missing and were put back.")
    assert len(handin.lacking) == len(ANSWERS)


def test_no_notebook_is_said(read):
    """An empty folder names what is expected."""
    handin = read(None)
    assert (
        handin.broken == "The hand-in must contain toys.ipynb; it contains no file, and no notebook that can be read."
    )
    assert handin.doubts == ()


def test_another_name_is_taken_all_the_same(read, honest):
    """The only notebook there is counts, with a note."""
    handin = read(honest, "toys_final(2).ipynb")
    assert "twice_as_much" in sources(handin)["double_answer"]
    assert "toys_final(2).ipynb was taken as the notebook, where toys.ipynb is expected." in handin.notes


def test_two_worked_notebooks_that_differ_are_for_a_person(read, honest):
    """Which of two is meant is not guessed, whatever they are called; equal ones are one."""
    read(honest, "a.ipynb")
    assert read(honest, "b.ipynb").doubts == ()
    cell(honest, "half_answer")["source"] = "answer_half = 4"
    (doubt,) = read(honest).doubts
    assert "toys.ipynb and a.ipynb, b.ipynb were both worked on and differ" in doubt.sentence


def test_notebook_of_format_3_is_converted(read, honest):
    """An old notebook is read; its cells have no names, so the frame is put round them."""
    cells = [{"cell_type": "code", "input": "mine = 1", "language": "python", "outputs": [], "metadata": {}}]
    handin = read(
        {
            "nbformat": 3,
            "nbformat_minor": 0,
            "metadata": {"name": "x"},
            "worksheets": [{"cells": cells, "metadata": {}}],
        }
    )
    assert handin.broken == ""
    assert "mine = 1" in [cell.source for cell in handin.notebook.cells]


@pytest.mark.parametrize("name", [*GRADED, *ANSWERS, "long"])
def test_missing_cell_is_put_back_in_its_place(read, honest, template, name):
    """A deleted cell comes back behind the one it followed; a deleted answer is not run."""
    honest["cells"].remove(cell(honest, name))
    handin = read(honest)
    order = [grade_id(cell) for cell in handin.notebook.cells if grade_id(cell)]
    assert [grade_id(cell) for cell in template.cells if grade_id(cell)] == order
    assert [grade_id(handin.notebook.cells[i]) for i in handin.lacking] == ([name] if name in ANSWERS else [])
    assert f"The cell '{name}' was missing and was put back." in handin.notes


def paste(honest, name, source, behind=1):
    """Paste a copy of a cell with another text behind it, or elsewhere."""
    second = copy.deepcopy(cell(honest, name))
    second["source"] = source
    honest["cells"].insert(honest["cells"].index(cell(honest, name)) + behind, second)


BLANK_HALF = "answer_half = None\n# YOUR CODE HERE\nraise NotImplementedError()"


@pytest.mark.parametrize(("source", "behind"), [(BLANK_HALF, 0), (BLANK_HALF, 1), (BLANK_HALF + "\n", 6), ("", 1)])
def test_a_blank_copy_of_a_cell_is_left_out_wherever_it_stands(read, honest, source, behind):
    """The worked one counts, and no blank one takes its answer back."""
    right = cell(honest, "half_answer")["source"]
    paste(honest, "half_answer", source, behind)
    handin = read(honest)
    assert "".join(right) == sources(handin)["half_answer"]
    assert 1 == sum("answer_half" in c.source and not c.source.startswith("assert") for c in handin.notebook.cells)
    said = "The cell 'half_answer' is there more than once; blank copies, and the same again, were left out."
    assert (said,) == handin.notes
    assert () == handin.doubts


def test_a_notebook_pasted_below_the_blank_one_is_asked_where_it_was_worked_on(read, honest, template):
    """Of each cell of the release that copy is taken which stands behind what was worked on, with its outputs."""
    blank = json.loads(nbformat.writes(template))
    handin = read({**honest, "cells": blank["cells"] + honest["cells"]})
    order = [grade_id(cell) for cell in handin.notebook.cells if grade_id(cell)]
    assert [grade_id(cell) for cell in template.cells if grade_id(cell)] == order
    assert "twice_as_much" in sources(handin)["double_answer"]
    assert "total 90" in str(handin.saved["long"])
    assert () == handin.doubts


def test_a_cell_that_was_split_is_run_in_its_parts(read, honest):
    """Both parts have the name; they define different things."""
    paste(honest, "double_answer", "def helper(x):\n    return 2 * x", 0)
    handin = read(honest)
    assert ("The cell 'double_answer' is there more than once, each time different; all were run in their order.",) == (
        handin.notes
    )
    assert () == handin.doubts
    assert 2 == sum("def " in cell.source for cell in handin.notebook.cells)


def test_two_answers_in_copies_of_one_cell_are_for_a_person(read, honest):
    """Which of them is meant is not guessed; the other questions stand."""
    paste(honest, "half_answer", "answer_half = 4")
    (doubt,) = read(honest).doubts
    assert "The cell 'half_answer' is there more than once, and its copies answer differently." == doubt.sentence
    assert ("half",) == doubt.questions


def test_a_saved_notebook_of_format_3_keeps_its_names(read, honest):
    """Its texts are lists of lines, as today's."""
    old = nbformat.convert(nbformat.from_dict(nbformat.reads(json.dumps(honest), 4)), 3)
    handin = read(json.loads(nbformat.v3.writes_json(old)))
    assert "twice_as_much" in sources(handin)["double_answer"]
    assert () == handin.notes


def test_renamed_cell_is_recognised_by_its_text(read, honest):
    """A cell whose name was changed stays where it is while its text is the release's; else the frame's is put back."""
    cell(honest, "half")["metadata"]["nbgrader"]["grade_id"] = "mine"
    assert "One cell has lost the metadata" in read(honest).notes[0]
    cell(honest, "mine")["source"] = "assert True"
    assert "The cell 'half' was missing and was put back." in read(honest).notes


def test_order_is_the_students(read, honest):
    """Cells that were moved are run where they stand."""
    honest["cells"].reverse()
    order = [grade_id(cell) for cell in read(honest).notebook.cells if grade_id(cell)]
    assert order[0] == "total"


@pytest.mark.parametrize("kind", ["raw", "markdown", "heading", None, 3, ["code"], "CODE"])
def test_type_of_a_frames_cell_is_the_sources(read, honest, kind):
    """A graded cell that was made text is code all the same; one of the student's own stays harmless text."""
    cell(honest, "double")["cell_type"] = kind
    honest["cells"][1]["cell_type"] = kind
    handin = read(honest)
    assert handin.notebook.cells[1].cell_type == "markdown"


@pytest.mark.parametrize(
    "change",
    [
        {"points": 100},
        {"points": -1},
        {"points": "many"},
        {"grade": False},
        {"solution": True, "locked": False},
        {"schema_version": 99},
        {"schema_version": None},
        {"task": True},
        {"cell_type": "markdown"},
        {"checksum": "x"},
    ],
)
def test_edited_metadata_counts_for_nothing(read, honest, change):
    """Points, flags and versions come from the source, whatever was handed in."""
    for name in (*GRADED, "long"):
        cell(honest, name)["metadata"]["nbgrader"].update(change)
        cell(honest, name)["source"] = "pass"
    assert read(honest).broken == ""


def test_tags_of_the_student_count_for_nothing(read, honest):
    """No tag makes a cell skipped or stood in for."""
    for item in honest["cells"]:
        item["metadata"]["tags"] = ["skip-execution", "raises-exception", "training", "remove-cell"]
    handin = read(honest)
    assert [grade_id(cell) for cell in handin.notebook.cells if cell.metadata.get("tags")] == ["long"]


@pytest.mark.parametrize(
    "metadata", [None, [], 3, "x", {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": ["double"]}}]
)
def test_metadata_of_a_wrong_type_is_none(read, honest, metadata):
    """A cell with broken metadata is the student's own."""
    for item in honest["cells"]:
        item["metadata"] = metadata
    assert read(honest).broken == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [(3, ""), (None, ""), ([1, 2], ""), ({"a": 1}, ""), (["a\n", "b"], "a\nb"), ("x", "x"), ([], ""), (["a", 1], "")],
)
def test_source_is_a_text_or_empty(read, honest, source, expected):
    """A cell's text is a string or a list of strings; anything else is no text."""
    cell(honest, "half_answer")["source"] = source
    assert sources(read(honest))["half_answer"] == expected


def test_lone_surrogates_are_replaced(read, honest):
    """Half a character in a cell does not stop anything, and the result can be stored."""
    cell(honest, "half_answer")["source"] = "x = '\ud800'"
    handin = read(json.dumps(honest).encode())
    assert sources(handin)["half_answer"] == "x = '?'"
    nbformat.writes(handin.notebook).encode()


@pytest.mark.parametrize("outputs", [None, 3, {}, "x", [3], [None], [{"output_type": "stream"}]])
def test_saved_outputs_are_a_list(read, honest, outputs):
    """Outputs of another type are none."""
    cell(honest, "long")["outputs"] = outputs
    assert type(read(honest).saved["long"]) is list


def test_cells_of_a_wrong_type_are_empty_text(read, honest):
    """A list, a number or null among the cells is skipped over."""
    honest["cells"] = [None, 3, [], "x", *honest["cells"]]
    assert read(honest).notes == ()


def test_endless_notebook_is_refused(read, honest):
    """More cells than a person can write are not read."""
    honest["cells"] += [{"cell_type": "code", "source": ""}] * MAX_CELLS
    assert f"at most {MAX_CELLS} are read" in read(honest).broken


def test_huge_file_that_is_no_notebook_is_refused(tmp_path, template, week):
    """A file beyond the limit is told, whatever it holds, and is for a person."""
    folder = tmp_path / "huge"
    folder.mkdir()
    with (folder / "toys.ipynb").open("wb") as file:
        file.truncate(MAX_NOTEBOOK_BYTES + (10 << 20))
    handin = framed(read_folder(folder, week), template)
    assert "is larger than 20 MB" in handin.broken
    assert handin.doubts == (Doubt(handin.broken),)


def test_links_are_not_followed(tmp_path, template, week, honest):
    """A notebook that is a link, and files behind a linked folder, are not part of a hand-in."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "toys.ipynb").write_text(json.dumps(honest), "utf-8")
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "toys.ipynb").symlink_to(outside / "toys.ipynb")
    (folder / "more").symlink_to(outside)
    os.mkfifo(folder / "pipe.ipynb")
    assert walk(folder).files == ()
    handin = framed(read_folder(folder, week), template)
    assert "no notebook that can be read" in handin.broken
    assert handin.doubts == (Doubt("What came holds no work that can be read: more, pipe.ipynb, toys.ipynb."),)


def test_missing_folder_is_no_notebook(tmp_path, week):
    """A hand-in whose folder is gone is a blank one."""
    assert "no notebook" in read_folder(tmp_path / "absent", week).broken


VALUES = (
    st.none()
    | st.integers(-3, 5)
    | st.text(max_size=3)
    | st.sampled_from([[], {}, ["x"], True, 1e400, "half", "double"])
)
PLACES = st.lists(st.integers(0, 10), min_size=1, max_size=4)


@given(st.lists(st.tuples(PLACES, VALUES, st.booleans()), max_size=4))
def test_any_change_of_a_notebook_is_read(tmp_path_factory, changes):
    """Whatever part of the honest hand-in is replaced or deleted, the frame is whole."""
    notebook, template, week = CACHE
    data = copy.deepcopy(notebook)
    for path, value, delete in changes:
        node = data
        for step in path:
            keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
            if not keys:
                break
            parent, key = node, keys[step % len(keys)]
            node = parent[key]
        if path and data:
            if delete:
                del parent[key]
            else:
                parent[key] = value
    folder = tmp_path_factory.mktemp("h")
    (folder / "toys.ipynb").write_text(json.dumps(data), "utf-8")
    framed(read_folder(folder, week), template)


CACHE = []


@pytest.fixture(autouse=True)
def cache(honest, template, week):
    """Keep the honest hand-in for the test above, which hypothesis calls many times."""
    CACHE[:] = [honest, template, week]

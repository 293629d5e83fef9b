"""What students really hand in, by the way its files lie: what counts, what is told, and what is left to a person."""

import gzip
import io
import json
import os
import subprocess
import tarfile
import zipfile

import nbformat
import pytest

from nbviva.adopt.adoption import Adoption, adoption_path, adoption_text
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.files import write
from nbviva.handin.cells import MAX_NOTEBOOK_BYTES
from nbviva.handin.door import Handin, open_handin
from nbviva.handin.notebook import joined
from nbviva.handin.walk import walk
from nbviva.notebooks import grade_id, is_answer, part_of
from nbviva.week.source import frame
from tests.fillers import by_pypdf
from tests.ordinary.course import hand_in, make_course

FILLED = {"member_1_name": "Ann Test", "member_1_number": "5512345", "answer_half": "3.5"}
HALF, COLOUR = "half", "colour"


@pytest.fixture
def week(course):
    return course.week("toy")


@pytest.fixture
def honest(course, solved):
    """The honest notebook as plain JSON."""
    return json.loads(nbformat.writes(solved(course)))


@pytest.fixture
def blank(week):
    """The release's notebook, in which nothing was filled in."""
    return json.loads(nbformat.writes(frame(week)))


@pytest.fixture
def hand(tmp_path, week):
    """Write files by their paths, and open what was handed in."""

    def handing(files):
        folder = tmp_path / "handin"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return Handin("g", walk(folder), week)

    return handing


@pytest.fixture
def sheet(toy_sheet, tmp_path):
    """Give the bytes of the toy week's sheet, filled in."""

    def fill(*ticks, **texts):
        by_pypdf(toy_sheet, tmp_path / "filled.pdf", texts, ticks)
        return (tmp_path / "filled.pdf").read_bytes()

    return fill


def cell(data, name):
    return next(cell for cell in data["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def without_metadata(data):
    """Clean a notebook as tools do."""
    for item in data["cells"]:
        item["metadata"] = {}
    return data


def zipped(files):
    """Pack files as a zip archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data if isinstance(data, bytes) else json.dumps(data))
    return content.getvalue()


def tarred(files, mode="w:gz"):
    """Pack files as a tar archive."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for name, data in files.items():
            raw = data if isinstance(data, bytes) else json.dumps(data).encode()
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return content.getvalue()


def taken(handin):
    """Give where the notebook lies that counts, after seeing that it is the honest one and nobody doubts it."""
    assert () == handin.doubts
    (notebook,) = handin.notebooks
    sources = {grade_id(cell): cell.source for cell in joined(handin.framed()).notebook.cells}
    assert "twice_as_much" in sources["double_answer"]
    assert "total 90" in str(joined(handin.framed()).saved["long"])
    return str(notebook.file.path)


def text(data):
    return json.dumps(data, ensure_ascii=False)


# -- the notebook, wherever it lies --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "toys (1).ipynb", "TOYS.IPYNB", "toys.ipynb.txt", "toys.ipynb.json", "toys.json", "toys", "toys.ipynb.download",
        "Abgabe/toys.ipynb", "Abgabe/Gruppe 5/Kopie von toys.Ipynb", "a/b/c/d/e/solution.txt", "data/toys.ipynb",
        "Übung Lösung.ipynb",
    ],
)  # fmt: skip
def test_the_notebook_is_found_by_what_is_in_it(hand, honest, name):
    handin = hand({name: honest})
    assert name == taken(handin)
    assert (f"{name} was taken as the notebook, where toys.ipynb is expected.",) == handin.notes


@pytest.mark.parametrize("name", ["toys (1).ipynb", "Abgabe/toys.ipynb", "toys_final.ipynb.txt", "zz.json"])
def test_an_untouched_copy_loses_to_a_worked_one(hand, honest, blank, name):
    handin = hand({"toys.ipynb": blank, name: honest})
    assert name == taken(handin)
    assert "Beside it there is toys.ipynb, in which nothing was filled in." in handin.notes


@pytest.mark.parametrize(
    "litter",
    [
        "._toys.ipynb", "__MACOSX/._toys.ipynb", "__MACOSX/toys.ipynb", ".DS_Store", "Thumbs.db", "~$toys.ipynb",
        ".ipynb_checkpoints/toys-checkpoint.ipynb", ".~toys.ipynb", ".Trash-0/files/toys.ipynb", "__pycache__/a.pyc",
    ],
)  # fmt: skip
def test_litter_is_no_candidate_and_no_part_of_the_hand_in(hand, honest, tmp_path, litter):
    before = hand({"Abgabe.ipynb": honest}).came.digest
    changed = json.loads(text(honest).replace("twice_as_much", "litter"))
    handin = hand({litter: changed})
    assert "Abgabe.ipynb" == taken(handin)
    assert before == handin.came.digest
    assert [] == list(handin.staged())


def test_only_litter_is_for_a_person(hand, honest):
    (doubt,) = hand({".ipynb_checkpoints/toys-checkpoint.ipynb": honest}).doubts
    assert "What came holds no work that can be read: .ipynb_checkpoints/toys-checkpoint.ipynb." == doubt.sentence


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_mark_at_the_start_is_no_damage(hand, honest, start):
    handin = hand({"toys.ipynb": start + text(honest).encode()})
    assert "toys.ipynb" == taken(handin)
    assert () == handin.notes


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16-LE"), ("utf-16-be", "UTF-16-BE"), ("utf-32", "UTF-32"),
        ("latin-1", "WINDOWS-1252"), ("cp1252", "WINDOWS-1252"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["toys.ipynb", "toys.txt"])
def test_encodings_of_editors_are_read_and_told(hand, honest, encoding, said, name):
    cell(honest, "double_answer")["source"] = ["# Größe: twice_as_much\n", "double = lambda x: 2 * x"]
    handin = hand({name: text(honest).encode(encoding)})
    assert name == taken(handin)
    assert "# Größe" in {grade_id(c): c.source for c in joined(handin.framed()).notebook.cells}["double_answer"]
    assert f"{name} is saved as {said} where UTF-8 is expected; it was read all the same." in handin.notes


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.tar.gz", tarred), ("a.tgz", tarred), ("a.tar", lambda files: tarred(files, "w")), ("A.ZIP", zipped),
        ("a.tar.xz", lambda files: tarred(files, "w:xz")), ("toys.ipynb", zipped), ("abgabe", zipped),
        ("a.tbz", lambda files: tarred(files, "w:bz2")), ("abgabe", lambda files: tarred(files, "w")),
        ("Abgabe Gr. 5", zipped), ("abgabe_xz", lambda files: tarred(files, "w:xz")), ("a.zipx", zipped),
        ("more/a.zip", lambda files: zipped({"inner.tar.gz": tarred(files)})),
    ],
)  # fmt: skip
@pytest.mark.parametrize("inside", ["toys.ipynb", "Abgabe/toy/toys.ipynb"])
def test_archives_are_opened(hand, honest, name, pack, inside):
    handin = hand({name: pack({inside: honest, "__MACOSX/._toys.ipynb": b"\0", "Abgabe/toy/helper.py": b"x = 1"})})
    assert taken(handin).endswith(inside)
    if inside != "toys.ipynb":
        assert "helper.py" in [str(path) for _, path in handin.staged()]


@pytest.mark.parametrize(
    ("files", "there"),
    [
        ({"a.zip": {"toys.ipynb": None, "helper.py": b""}}, ["a.zip", "helper.py"]),
        (
            {"toys.ipynb": None, "code.zip": {"helper.py": b"", "x/y.py": b""}},
            ["code.zip", "code/helper.py", "code/x/y.py"],
        ),
        ({"Abgabe": {"toys.ipynb": None}, "b.csv": b""}, ["Abgabe", "b.csv"]),
        ({"toys.ipynb": None, "my code": {"b.py": b""}}, ["my code", "my code_unpacked/b.py"]),
    ],
    ids=range(4),
)
def test_what_came_in_an_archive_lies_beside_the_notebook_as_people_unpack_it(hand, honest, files, there):
    def filled(content):
        return {name: honest if data is None else data for name, data in content.items()}

    packed = {name: zipped(filled(data)) if isinstance(data, dict) else data for name, data in files.items()}
    handin = hand(filled(packed))
    places = {str(path): place for place, path in handin.staged()}
    assert there == sorted(places)
    assert all(place.is_file() for place in places.values())


def test_what_is_unpacked_goes_with_the_hand_in(hand, honest):
    handin = hand({"a.zip": zipped({"toys.ipynb": honest})})
    place = handin.notebooks[0].file.place
    assert place.is_file()
    del handin
    assert not place.exists()


@pytest.mark.parametrize(
    ("name", "content"), [("a.7z", b"7z\xbc\xaf\x27\x1c"), ("a.rar", b"Rar!\x1a\x07\x00"), ("a.zip", b"PK\x03\x04")]
)
def test_archives_that_are_not_opened_are_named(hand, honest, blank, name, content):
    for files in ({name: content}, {name: content, "toys.ipynb": blank}):
        assert any(name in doubt.sentence for doubt in hand(files).doubts)
    handin = hand({"toys.ipynb": honest})
    assert "toys.ipynb" == taken(handin)
    assert any(name in note for note in handin.notes)


def test_a_packed_notebook_that_differs_is_for_a_person(hand, honest):
    first = zipped({"toys.ipynb": honest})
    cell(honest, "half_answer")["source"] = "answer_half = 4"
    (doubt,) = hand({"Abgabe.zip": first, "Abgabe_neu.zip": zipped({"toys.ipynb": honest})}).doubts
    assert "Abgabe.zip/toys.ipynb and Abgabe_neu.zip/toys.ipynb were both worked on and differ" in doubt.sentence


# -- a person ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"toys.ipynb": b""}, "it is empty"),
        ({"toys.ipynb": b"<!DOCTYPE html><html>"}, "it is a web page"),
        ({"toys.ipynb": b'{"cells": [\n<<<<<<< HEAD\n'}, "the marks of a merge"),
        ({"toys.ipynb": b"%PDF-1.7"}, "it is a PDF"),
        ({"toys.ipynb": b'{"cells": [{"cell_type": "co'}, "it is not JSON"),
        ({"toys.py": b"def double(x): return 2 * x"}, "it contains toys.py, and no notebook that can be read"),
        ({"toys.html": b"<html>"}, "it contains toys.html"),
        ({"solution.docx": b"PK\x03\x04"}, "it contains solution.docx"),
    ],
)
def test_files_without_a_readable_notebook_are_for_a_person(hand, files, said):
    handin = hand(files)
    assert () == handin.notebooks
    assert said in handin.broken
    assert handin.broken in [doubt.sentence for doubt in handin.doubts]


def test_a_sheet_alone_is_for_a_person(hand, sheet):
    handin = hand({"exercise_sheet.pdf": sheet(**FILLED)})
    assert "it contains exercise_sheet.pdf, and no notebook that can be read" in handin.doubts[0].sentence


def test_really_nothing_is_no_doubt(hand):
    handin = hand({})
    assert ((), ()) == (handin.doubts, handin.notebooks)
    assert "it contains no file" in handin.broken
    handin = hand({"timestamp.txt": b"2024-01-08 19:30:00 UTC"})
    assert () == handin.doubts


@pytest.mark.parametrize("other", ["toys.py", "loesung.html", "mein_code.txt"])
def test_a_blank_notebook_beside_other_work_is_for_a_person(hand, blank, other):
    (doubt,) = hand({"toys.ipynb": blank, other: b"def double(x): return 2 * x"}).doubts
    assert f"Nothing was filled in in toys.ipynb; beside it there is {other}." == doubt.sentence


def test_a_blank_notebook_is_blank_beside_packed_copies_of_itself(hand, blank):
    handin = hand({"toys.ipynb": blank, "Abgabe.zip": zipped({"toys.ipynb": blank, "x/toys.ipynb": blank})})
    assert () == handin.doubts


def test_work_in_a_folder_of_data_is_seen(hand, blank):
    assert () == hand({"toys.ipynb": blank, "data/a.tsv": b"1\t2"}).doubts
    (doubt,) = hand({"data/loesung.py": b"x = 1"}).doubts
    assert "beside it there is data/loesung.py" in doubt.sentence


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet.docx", "answers.txt", "sheet.xfdf", "scan/1.HEIC", "sheet.7z"])
def test_answers_that_may_stand_in_what_is_not_read_are_for_a_person(hand, honest, blank, sheet, name):
    """Only those questions wait that neither the notebook nor the sheet answers."""
    content = b"7z\xbc\xaf" if name.endswith("7z") else b"?"
    assert () == hand({"toys.ipynb": honest, name: content}).doubts
    cell(honest, "half_answer")["source"] = cell(blank, "half_answer")["source"]
    (doubt,) = hand({"toys.ipynb": honest}).doubts
    assert "Notebook and sheet have no answer to question 1.2." in doubt.sentence
    assert name in doubt.sentence
    assert (HALF,) == doubt.questions
    assert () == hand({"exercise_sheet.pdf": sheet(**FILLED)}).doubts


def test_a_blank_notebook_alone_is_none(hand, blank):
    handin = hand({"toys.ipynb": blank})
    assert ((), ()) == (handin.doubts, handin.notes)


def test_a_broken_copy_beside_a_blank_one_is_for_a_person_and_beside_a_worked_one_a_note(hand, blank, honest):
    (doubt,) = hand({"toys.ipynb": blank, "toys (1).ipynb": b"{"}).doubts[:1]
    assert "toys (1).ipynb is no notebook" in doubt.sentence
    handin = hand({"toys.ipynb": honest})
    assert "toys.ipynb" == taken(handin)
    assert any("toys (1).ipynb is no notebook" in note for note in handin.notes)


def test_a_notebook_of_another_week_is_for_a_person(hand):
    cells = [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "other"}}, "source": "x = 1", "outputs": []}]
    (doubt,) = hand({"week2.ipynb": {"cells": cells, "nbformat": 4}}).doubts
    assert "week2.ipynb has no cell of this week's notebook" in doubt.sentence


def other_week(*names):
    """A worked notebook of another week, which has these cells."""
    cells = [
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": name}}, "source": f"x_{name} = 1", "outputs": []}
        for name in names
    ]
    return {"cells": cells, "nbformat": 4, "metadata": {}}


def test_another_weeks_notebook_that_shares_a_name_is_no_rival(hand, honest, blank):
    other = other_week("intro", "half_answer", "q2", "q3")
    assert "toys.ipynb" == taken(hand({"toys.ipynb": honest, "week2/other.ipynb": other}))
    (doubt,) = hand({"toys.ipynb": blank}).doubts
    assert "Nothing was filled in in toys.ipynb; beside it there is week2/other.ipynb." == doubt.sentence


def test_of_two_that_answer_alike_the_one_with_outputs_is_taken(hand, honest):
    bare = json.loads(text(honest))
    cell(bare, "long")["outputs"] = []
    assert "toys_run.ipynb" == taken(hand({"toys.ipynb": bare, "toys_run.ipynb": honest}))


def test_two_whose_training_printed_different_results_are_for_a_person(hand, honest):
    other = json.loads(text(honest))
    cell(other, "long")["outputs"][0]["text"] = ["total 91\n"]
    (doubt,) = hand({"toys.ipynb": honest, "toys_2.ipynb": other}).doubts
    assert "toys.ipynb and toys_2.ipynb answer alike, but their training printed different results" in doubt.sentence


def test_an_earlier_draft_is_covered_by_the_later_one(hand, honest):
    draft = json.loads(text(honest))
    cell(draft, "half_answer")["source"] = "answer_half = None\n# YOUR CODE HERE\nraise NotImplementedError()"
    handin = hand({"toys.ipynb": draft, "toys_final.ipynb": honest})
    assert "toys_final.ipynb" == taken(handin)
    assert any("toys.ipynb, which answers nothing else" in note for note in handin.notes)


def test_two_halves_of_the_work_are_for_a_person(hand, honest, blank):
    other = json.loads(text(blank))
    cell(other, "double_answer")["source"] = cell(honest, "double_answer")["source"]
    cell(honest, "double_answer")["source"] = cell(blank, "double_answer")["source"]
    (doubt,) = hand({"toys.ipynb": honest, "exercise1.ipynb": other}).doubts
    assert "toys.ipynb and exercise1.ipynb were both worked on and differ" in doubt.sentence


def test_other_notebooks_are_there_for_the_kernel(hand, honest):
    helper = {"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": []}], "nbformat": 4}
    handin = hand({"Abgabe/toys.ipynb": honest, "Abgabe/helper.ipynb": helper, "notes.txt": b"", "Abgabe/a/b.csv": b""})
    assert "Abgabe/toys.ipynb" == taken(handin)
    assert ["a/b.csv", "helper.ipynb", "notes.txt"] == sorted(str(path) for _, path in handin.staged())


# -- cells without metadata ----------------------------------------------------------------------------------------


def test_cells_without_metadata_are_recognised(hand, honest):
    handin = hand({"toys.ipynb": without_metadata(honest)})
    assert "toys.ipynb" == taken(handin)
    framed = joined(handin.framed())
    assert frozenset() == framed.lacking
    (note,) = framed.notes
    assert note.startswith("8 cells have lost the metadata by which nbgrader knows them")


def add(place, *cells):
    def change(data):
        data["cells"][place:place] = [{"cell_type": kind, "metadata": {}, "source": s} for kind, s in cells]

    return change


def rewrite(place, source):
    def change(data):
        data["cells"][place]["source"] = source

    return change


@pytest.mark.parametrize(
    "change",
    [
        add(0, ("markdown", "Ann Test, 5512345"), ("code", "!pip install numpy")),
        add(2, ("code", "import numpy as np"), ("code", "def helper(x):\n    return x")),
        add(4, ("code", "print(double(3))"), ("markdown", "works")),
        rewrite(2, "def helper(x): return x\n\ndef double(x):\n    twice_as_much = 2 * x\n    return twice_as_much"),
        rewrite(2, "double = lambda x: 2 * x  # twice_as_much"),
        rewrite(4, "from fractions import Fraction\nanswer_half = float(Fraction(7, 2))"),
        rewrite(0, "# Spielzeug"),
        lambda data: data["cells"].pop(0),
        lambda data: data["cells"].append({"cell_type": "code", "metadata": {}, "source": "print('done')"}),
    ],
    ids=range(9),
)
def test_cells_without_metadata_are_recognised_among_others(hand, honest, change):
    change(without_metadata(honest))
    handin = hand({"toys.ipynb": honest})
    assert "toys.ipynb" == taken(handin)
    assert frozenset() == joined(handin.framed()).lacking


def test_one_sentence_names_the_cause_where_cells_are_not_found(hand, honest):
    without_metadata(honest)
    honest["cells"][8]["source"] = "print('no total')"  # a given cell that was rewritten
    framed = joined(hand({"toys.ipynb": honest}).framed())
    (doubt,) = framed.doubts
    assert "have lost the metadata" in doubt.sentence
    assert len(framed.notes) == 1


# -- a notebook that is too large ----------------------------------------------------------------------------------


def test_a_large_notebook_is_read_without_its_largest_outputs(hand, honest):
    for name, size in (("double", 1000), ("half", 12 << 20), ("colour", 11 << 20)):
        data = {"image/png": "A" * size, "text/plain": "<Figure>"}
        cell(honest, name)["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    handin = hand({"toys.ipynb": honest})
    assert "toys.ipynb" == taken(handin)
    saved = joined(handin.framed()).saved
    assert [{}] == saved["half"]
    assert saved["double"]
    assert saved["colour"][0]["data"]
    assert "without the largest outputs, those of the cell 'half'." in handin.notes[0]


@pytest.mark.parametrize("place", ["attachments", "metadata", "widgets"])
def test_what_else_makes_a_notebook_large_is_left_out(hand, honest, place):
    large = {"x": "A" * (MAX_NOTEBOOK_BYTES + 1), '"q\\"': [{"cells": ["}"]}]}
    if place == "attachments":
        honest["cells"][0]["attachments"] = large
    else:
        honest["metadata"] = {place: large}
    assert "toys.ipynb" == taken(hand({"toys.ipynb": honest}))


def test_a_notebook_that_stays_too_large_is_for_a_person(hand, honest):
    cell(honest, "double_answer")["source"] = "#" * (MAX_NOTEBOOK_BYTES + 1)
    (doubt,) = hand({"toys.ipynb": honest}).doubts
    assert "larger than 20 MB, also without its outputs" in doubt.sentence


# -- the sheet, wherever it lies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "exercise_sheet (1).pdf",
        "exercise_sheet.PDF",
        "sheet_group5.pdf",
        "Abgabe/exercise_sheet.pdf",
        "blatt",
        "b.pdf.txt",
    ],
)
def test_the_sheet_is_found_by_its_form(hand, honest, sheet, toy_sheet, name):
    handin = hand({"toys.ipynb": honest, name: sheet("answer_colour-red", **FILLED)})
    assert {"answer_half": "3.5", "answer_colour": "red"} == handin.sheet.filled.answers
    assert () == handin.doubts
    assert (f"{name} was taken as the exercise sheet.",) == handin.notes
    beside = hand({"exercise_sheet.pdf": toy_sheet.read_bytes(), "a_printed.pdf": printed()})
    assert "3.5" == beside.sheet.filled.answers["answer_half"]
    assert () == beside.doubts
    assert any("exercise_sheet.pdf, in which nothing is filled in" in note for note in beside.notes)
    assert any("a_printed.pdf, which is not the exercise sheet's form" in note for note in beside.notes)


def printed(*lines):
    """A PDF of something else, with some lines of text."""
    import pikepdf

    content = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        shown = " ".join(f"0 -14 Td ({line.replace('(', '[').replace(')', ']')}) Tj" for line in lines)
        page.obj.Contents = pdf.make_stream(f"BT /F 10 Tf 20 700 Td {shown} ET".encode())
        pdf.save(content)
    return content.getvalue()


def test_a_print_of_the_notebook_is_no_sheet_and_no_doubt(hand, honest, week, monkeypatch):
    lines = [
        "total = sum", "answer_half = None", "answer_colour = None", "assert answer_half is not None",
        "raise NotImplementedError",
    ]  # fmt: skip
    handin = hand({"toys.ipynb": honest, "toys.pdf": printed(*lines)})
    assert () == handin.doubts
    assert ("toys.pdf is a print of the notebook; it was not read.",) == handin.notes


def test_a_pdf_that_may_hold_answers_is_for_a_person(hand, honest):
    (doubt,) = hand({"toys.ipynb": honest, "loesung.pdf": printed("1.2: 3.5", "1.3: red")}).doubts
    assert "loesung.pdf: This PDF is not the exercise sheet of toy." in doubt.sentence
    assert (HALF, COLOUR) == doubt.questions


def test_two_filled_sheets_that_differ_leave_only_their_question_to_a_person(hand, honest, sheet):
    files = {"toys.ipynb": honest, "sheet A.pdf": sheet("answer_colour-red", **FILLED)}
    handin = hand(files | {"sheet B.pdf": sheet("answer_colour-red", **FILLED | {"answer_half": "4"})})
    (doubt,) = handin.doubts
    assert "sheet A.pdf and sheet B.pdf are both filled in and differ (question 1.2)" in doubt.sentence
    assert (HALF,) == doubt.questions


def test_two_sheets_with_the_same_answers_are_one_with_all_members(hand, honest, sheet):
    other = {"member_1_name": "Bob Stone", "member_1_number": "2000008", "answer_half": "3.5"}
    handin = hand({"toys.ipynb": honest, "ann.pdf": sheet(**FILLED), "bob.pdf": sheet(**other)})
    assert () == handin.doubts
    assert ["Ann Test", "Bob Stone"] == [member.name for member in handin.sheet.filled.members]


def test_a_half_filled_sheet_says_where_the_notebook_counts(hand, honest, sheet):
    handin = hand({"toys.ipynb": honest, "exercise_sheet.pdf": sheet(**FILLED)})
    assert frozenset({"answer_colour"}) == handin.sheet.filled.empty
    assert ("The exercise sheet leaves question 1.3 open; there the notebook's answer counts.",) == handin.notes


# -- one value -----------------------------------------------------------------------------------------------------


def counted(function, calls):
    """Note each call of a function."""

    def call(*args, **more):
        calls.append(function.__name__)
        return function(*args, **more)

    return call


def test_a_hand_in_is_walked_once_and_its_pdfs_are_parsed_in_one_process(course, hand_in, fill_in, monkeypatch):
    hand_in(course, "g")
    fill_in(course, "g", "answer_colour-red", **FILLED)
    (course.submitted("toy", "g") / "b.pdf").write_bytes(printed("b"))
    calls = []
    for module, name in ((os, "walk"), (subprocess, "run")):
        monkeypatch.setattr(module, name, counted(getattr(module, name), calls))
    handin = open_handin(course, course.week("toy"), "g")
    for _ in range(2):
        assert all([handin.came.digest, handin.notes, joined(handin.framed()), handin.pdfs])
    assert ["walk", "run"] == calls


def test_one_pdf_that_ends_the_reader_does_not_hide_the_sheet(hand, honest, sheet):
    files = {"toys.ipynb": honest, "a.pdf": b"%PDF-1.7\n1 0 obj\n<<", "b.pdf": sheet(**FILLED), "c.pdf": b"\0" * 50}
    assert "3.5" == hand(files).sheet.filled.answers["answer_half"]


def test_the_digest_is_of_all_that_a_kernel_sees(hand, honest):
    digests = {
        hand(files).came.digest for files in ({"toys.ipynb": honest}, {"a.py": b"1"}, {"b/c.csv": gzip.compress(b"")})
    }
    assert 3 == len(digests)


def test_answer_cells_of_the_release_are_blank(week, hand, blank):
    assert {} == hand({"toys.ipynb": blank}).notebooks[0].answers
    assert any(is_answer(cell) for cell in frame(week).cells)


def test_a_notebook_that_is_missing_beside_others_is_said_and_not_run(tmp_path):
    """Its cells say why; those of the other notebook are whole."""
    course = make_course(tmp_path)
    adoption = Adoption("ps2", fingerprints(source_texts(course.source("ps2"))))
    write(adoption_path(course.root, "ps2"), adoption_text(adoption))
    (hand_in(course, "g", "ps2") / "text.ipynb").unlink()
    handin = open_handin(course, course.week("ps2"), "g")
    framed = joined(handin.framed())
    absent = [cell for cell in framed.notebook.cells if part_of(cell) == "text" and cell.cell_type == "code"]
    assert {cell.outputs[0].traceback[0] for cell in absent} == {"text.ipynb was not handed in."}
    assert len(framed.lacking) == len(absent)
    assert not handin.broken
    assert not handin.doubts

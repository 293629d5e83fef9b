"""Filled sheets: what counts as an answer, what is refused with a sentence, and that nothing raises or runs."""

import io
import os
import random
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String
from pypdf import PdfWriter

from nbviva.handin import apart
from nbviva.handin.filled import Filled, Member, read_form
from nbviva.handin.numerals import number_text
from nbviva.processes.job import Bounds
from nbviva.week.compare import Mismatch, as_number
from nbviva.week.typesetting import build_form

TEXTS = {
    "member_1_name": "Zoë Müller", "member_1_number": "5512345", "member_2_name": "Ada L.", "member_2_number": "77",
    "half": "3,5", "third": "7/3",
}  # fmt: skip
TICKS = ("colour-blue", "colours-red", "colours-green", "truth-incorrect")
ANSWERS = {
    "half": "3.5",
    "third": "7/3",
    "colour": "blue",
    "colours": frozenset({"red", "green"}),
    "truth": "incorrect",
}


@pytest.fixture(scope="module")
def form(kinds, tmp_path_factory):
    """The sheet of the week with a question of each kind, and its assignment."""
    return build_form(kinds, tmp_path_factory.mktemp("forms")), kinds.assignment


@pytest.fixture
def read(form, tmp_path):
    """A function that fills the sheet, changes the file as told, and reads it."""

    def fill(texts=TEXTS, ticks=TICKS, change=None, **saving):
        target = tmp_path / "exercise_sheet.pdf"
        with pikepdf.open(form[0]) as pdf:
            for field in pdf.Root.AcroForm.Fields:
                name = str(field.T)
                if name in texts:
                    field.V = String(texts[name])
                if name in ticks:
                    field.V = field.AS = Name.Yes
                for kid in field.get("/Kids", ()):
                    if f"{name}-{state_of(kid)}" in ticks:
                        field.V = kid.AS = Name(f"/{state_of(kid)}")
            if change is not None:
                change(pdf)
            pdf.save(target, **saving)
        return read_form(target, form[1])

    return fill


def state_of(button):
    """Give the name of the state in which a radio button is ticked."""
    return next(state[1:] for state in button.AP.N if state != "/Off")


def boxes(pdf):
    """A box for each option, as sheets had them that were given out before."""
    loose = []
    for group in [field for field in pdf.Root.AcroForm.Fields if "/Kids" in field]:
        for kid in group.Kids:
            kid.T, kid.FT = String(f"{group.T}-{state_of(kid)}"), Name.Btn
            kid.V = kid.AS = Name.Yes if kid.AS != Name.Off else Name.Off
            del kid.Parent
            loose.append(kid)
    pdf.Root.AcroForm.Fields = Array([field for field in pdf.Root.AcroForm.Fields if "/Kids" not in field] + loose)


def fields(pdf):
    """Give the fields of a PDF by their names."""
    return {str(field.T): field for field in pdf.Root.AcroForm.Fields}


def read_bytes(form, folder, content):
    """Read a file with this content."""
    path = folder / "any.pdf"
    path.write_bytes(content)
    return read_form(path, form[1])


def test_a_filled_sheet_gives_answers_and_members(read):
    members = (Member("Zoë Müller", "5512345"), Member("Ada L.", "77"))
    assert Filled(ANSWERS, members, (), readable=True) == read()


def test_an_empty_sheet_has_a_sentence_for_every_answer(read):
    found = read({}, ())
    assert found.readable
    assert {} == found.answers
    assert {"half", "third", "colour", "colours", "truth"} == set(found.refused)
    assert "Question 1 (half): nothing is filled in." in found.problems
    assert "Question 4: no box is ticked." in found.problems
    assert "No name and no matriculation number is filled in." in found.problems


def test_contradictory_boxes_are_no_answer(read):
    found = read(ticks=("truth-correct", "truth-incorrect", "colour-red", "colour-blue", "colours-red"))
    assert {"half", "third", "colours"} == set(found.answers)
    assert (
        'Question 4: the boxes "Correct" and "Incorrect" are ticked where one is asked, so none of them counts.'
        == found.refused["truth"]
    )
    assert '"Dark red" and "Light blue"' in found.refused["colour"]
    assert set(found.refused.values()) == set(found.problems)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.83", "0.83"), ("0,83", "0.83"), (" 0,830\u00a0", "0.830"), ("x1 = 0", "0"), ("x_1=0", "0"), ("= 1", "1"),
        ("\u22125/6", "-5/6"), ("\u20135", "-5"), ("- 5 / 6", "-5/6"), ("5\u20446", "5/6"), ("1e-3", "1e-3"),
        ("+2", "+2"), ("x1 = 1 - 0,5*2 = 0", "0"), ("-0", "-0"), ("dL/dw11 = -1", "-1"), (".5", ".5"),
        ("3.5.", "3.5"), ("(3,5)", "3.5"), ('"3.5";', "3.5"), ("half of 7: 3.5", "3.5"), ("x1: 0", "0"),
        ("1 - 1 = 0", "0"),
        ("\uff13\uff0e\uff15", "3.5"), ("7\u00f72", "7/2"), ("3.5 (gerundet)", "3.5"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_students_write_them(text, number):
    assert number == number_text(text)
    as_number(number)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing is filled in."),
        ("83 %", "'83 %' is a percentage; write a number such as 0.83."),
        ("about 1", "'about 1' is not a number; write one such as 0.83."),
        ("0.8 = 0.9", "'0.8 = 0.9' are two numbers where one is asked."),
        ("1/0", "'1/0' is not a number; write one such as 0.83."),
        ("nan", "'nan' is not a number; write one such as 0.83."),
        ("1e999", "'1e999' is not a number; write one such as 0.83."),
        ("1.234,5", "'1.234,5' is not a number; write one such as 0.83."),
        ("10²", "'10²' is not a number; write one such as 0.83."),
        ("1 000", "'1 000' is not a number; write one such as 0.83."),
        ("x1 =", "'x1 =' is not a number; write one such as 0.83."),
        ("__import__('os')", "\"__import__('os')\" is not a number; write one such as 0.83."),
    ],
)
def test_other_texts_are_refused_with_a_sentence(text, why):
    with pytest.raises(Mismatch) as caught:
        number_text(text)
    assert why == str(caught.value)


@given(st.text(max_size=60))
def test_reading_a_number_is_total(text):
    with suppress(Mismatch):
        as_number(number_text(text))


def test_a_refused_number_names_question_and_label(read):
    found = read(TEXTS | {"third": "83 %"})
    assert "Question 1 (third): '83 %' is a percentage; write a number such as 0.83." in found.problems


def test_texts_are_one_clean_line(read):
    found = read(TEXTS | {"member_1_name": " A\u202eb\x07\r\nc ", "half": "\u200b3.5\n"})
    assert "Ab c" == found.members[0].name
    assert "3.5" == found.answers["half"]


def test_lines_with_one_half_are_noted_without_names(read):
    found = read({**TEXTS, "member_1_number": "", "member_2_name": ""})
    assert (Member("Zoë Müller", ""), Member("", "77")) == found.members
    assert (
        "Line 1: the matriculation number is not filled in.",
        "Line 2: the name is not filled in.",
    ) == found.problems


def test_swapped_name_and_number_are_put_right(read):
    found = read({**TEXTS, "member_1_name": "5512345", "member_1_number": "Zoë"})
    assert Member("Zoë", "5512345") == found.members[0]
    assert ("Line 1: name and matriculation number were swapped and put right.",) == found.problems


def renamed(pdf):
    """What form designers do: a path of names before the name, an index after it."""
    for field in pdf.Root.AcroForm.Fields:
        field.T = String(f"topmostSubform[0].Page1[0].{field.T}[0]")


def numbered(pdf):
    """What some viewers do: other names, while the mapping name stays."""
    for i, field in enumerate(pdf.Root.AcroForm.Fields):
        field.T = String(f"Field{i}")


def nested(pdf):
    """A parent with the name, and its widget below it."""
    half = fields(pdf)["half"]
    parent = pdf.make_indirect(Dictionary(T=half.T, FT=half.FT, V=half.V, Kids=Array([half])))
    for key in ("/T", "/FT", "/V", "/TM"):
        del half[key]
    half.Parent = parent
    pdf.Root.AcroForm.Fields = Array([field for field in pdf.Root.AcroForm.Fields if field != half] + [parent])


def radio(pdf):
    """Radio buttons in the place of the boxes of one question."""
    boxes(pdf)
    named = fields(pdf)
    two = [named["colour-red"], named["colour-blue"]]
    group = pdf.make_indirect(Dictionary(T=String("colour"), FT=Name.Btn, Ff=1 << 15, V=Name("/blue"), Kids=Array(two)))
    for box in two:
        for key in ("/T", "/V", "/FT"):
            del box[key]
        box.Parent, box.AS = group, Name.Off
    two[1].AS = Name("/blue")
    pdf.Root.AcroForm.Fields = Array([field for field in pdf.Root.AcroForm.Fields if "/T" in field] + [group])


def numbered_radio(pdf):
    """Radio buttons with numbered states, whose names stand in /Opt."""
    radio(pdf)
    group = fields(pdf)["colour"]
    group.V, group.Opt = Name("/1"), Array([String("Dark red"), String("Light blue")])
    group.Kids[1].AS = Name("/1")


def only_on_pages(pdf):
    """Merging pages loses the form's list of fields."""
    pdf.Root.AcroForm.Fields = Array([])


def only_states(pdf):
    """Some programs tick a box by its look alone, others by its value alone."""
    boxes(pdf)
    named = fields(pdf)
    del named["colour-blue"].V
    named["truth-incorrect"].AS = Name.Off


def other_state_name(pdf):
    """Programs name the ticked state as they like."""
    boxes(pdf)
    named = fields(pdf)
    named["colour-blue"].V = named["colour-blue"].AS = Name("/1")


def only_button_states(pdf):
    """The same of radio buttons: by their looks alone, or by the group's value alone, as a text."""
    named = fields(pdf)
    named["colour"].V = Name.Off
    named["truth"].V = String("/incorrect")
    named["truth"].Kids[1].AS = Name.Off


def wide_strings(pdf):
    """Texts as UTF-16 and as UTF-8, each with its mark."""
    named = fields(pdf)
    named["member_1_name"].V = String("Zoë Müller".encode("utf-16"))
    named["half"].V = String(b"\xfe\xff" + "3,5".encode("utf-16-be"))
    named["third"].V = String(b"\xef\xbb\xbf7/3")


def with_xfa(pdf):
    """A form that comes in two descriptions."""
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")


def doubled(pdf):
    """The same field twice, with the same text."""
    half = fields(pdf)["half"]
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(Dictionary(FT=Name.Tx, T=half.T, V=half.V)))


@pytest.mark.parametrize(
    "change",
    [
        boxes, renamed, numbered, nested, radio, numbered_radio, only_states, only_button_states, other_state_name,
        wide_strings, with_xfa,
        doubled,
        pytest.param(only_on_pages, marks=pytest.mark.filterwarnings("ignore:This document has")),
    ],
)  # fmt: skip
def test_what_viewers_make_of_a_form_is_understood(read, change):
    found = read(change=change)
    assert ANSWERS == found.answers
    assert Member("Zoë Müller", "5512345") == found.members[0]


def test_compressed_and_linearized_files_are_understood(read):
    assert ANSWERS == read(object_stream_mode=pikepdf.ObjectStreamMode.generate).answers
    assert ANSWERS == read(linearize=True).answers


def test_an_incremental_update_counts(form, tmp_path):
    writer = PdfWriter(form[0], incremental=True)
    writer.update_page_form_field_values(writer.pages[0], {"half": "3.5", "truth": "/correct"})
    path = tmp_path / "updated.pdf"
    writer.write(path)
    assert path.read_bytes().startswith(form[0].read_bytes())
    assert {"half": "3.5", "truth": "correct"} == read_form(path, form[1]).answers


def test_two_texts_of_one_field_are_no_answer(read):
    def change(pdf):
        doubled(pdf)
        second = pdf.Root.AcroForm.Fields[-1]
        second.V, second.Subtype, second.Rect = String("4"), Name.Widget, Array([100, 100, 200, 120])
        pdf.pages[0].Annots.append(second)

    found = read(change=change)
    assert "more than once" in found.refused["half"]
    assert {"half": found.refused["half"]} == found.unsure


@pytest.mark.parametrize("state", ["Choice1", "green", "7"])
def test_a_ticked_box_that_nobody_can_tell_is_not_an_empty_one(read, state):
    def change(pdf):
        fields(pdf)["colour"].V = Name(f"/{state}")
        for kid in fields(pdf)["colour"].Kids:
            kid.AS = Name.Off

    found = read(change=change)
    assert "Question 2: a box is ticked, but the file does not tell which." == found.unsure["colour"]
    assert "colour" not in found.empty


@pytest.mark.parametrize(("glyphs", "shows"), [(b"(3.5) Tj", "'3.5'"), (b"<0012> Tj", "a text")])
def test_an_empty_field_whose_picture_shows_a_text_is_for_a_person(read, glyphs, shows):
    def change(pdf):
        half = fields(pdf)["half"]
        half.V, pdf.Root.AcroForm.NeedAppearances = String(""), False
        half.AP = Dictionary(N=pdf.make_stream(b"BT " + glyphs + b" ET"))

    found = read(change=change)
    assert {"half": f"The field 'half' of the sheet holds nothing, while its picture shows {shows}."} == found.unsure
    assert "half" in found.empty


def hostile(pdf):
    """Everything that a viewer might run or open."""
    script = Dictionary(S=Name.JavaScript, JS=String("app.launchURL('file:///etc/passwd')"))
    pdf.Root.OpenAction = script
    pdf.Root.AA = Dictionary(WC=Dictionary(S=Name.Launch, F=String("/bin/sh")))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
    pdf.attachments["secret.exe"] = b"MZ"
    fields(pdf)["half"].AA = Dictionary(K=Dictionary(S=Name.SubmitForm, F=String("http://example.org")))


def test_active_content_is_told_and_not_run(read):
    found = read(change=hostile)
    assert ANSWERS == found.answers
    (sentence,) = found.problems
    for part in ("JavaScript", "an action that starts a program", "an embedded file", "an action that sends the form"):
        assert part in sentence
    assert sentence.endswith("None of it was run or opened.")


def test_an_untouched_sheet_has_nothing_active(form):
    assert [] == [sentence for sentence in read_form(*form).problems if "contains" in sentence]


def endless(pdf):
    """Fields that are their own parents and children."""
    half = fields(pdf)["half"]
    half.Parent = half
    third = fields(pdf)["third"]
    loop = pdf.make_indirect(Dictionary(T=String("loop")))
    loop.Kids = Array([loop, third, loop])
    pdf.Root.AcroForm.Fields.append(loop)


def test_fields_that_contain_themselves_end(read):
    assert ANSWERS == read(change=endless).answers


def flattened(pdf):
    """Print to PDF: the page stays, the form goes."""
    del pdf.Root.AcroForm
    del pdf.docinfo["/Keywords"]
    for page in pdf.pages:
        del page.obj.Annots


def test_a_flattened_sheet_is_told(read):
    found = read(change=flattened)
    assert not found.readable
    assert found.problems[0].startswith("The exercise sheet has no fields any more, as after printing it to a PDF.")


def scanned(pdf):
    """A page with a picture and no text."""
    flattened(pdf)
    picture = pdf.make_stream(b"\x00" * 3, Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    for page in pdf.pages:
        page.obj.Contents = pdf.make_stream(b"q 500 0 0 700 0 0 cm /P Do Q")
        page.obj.Resources = Dictionary(XObject=Dictionary(P=picture))


def test_a_scan_is_told(read):
    found = read(change=scanned)
    assert not found.readable
    assert found.problems[0].startswith("The exercise sheet is a scan or a photo, which is not read.")


def test_another_weeks_sheet_is_told(read):
    def change(pdf):
        fields(pdf)["nbviva_sheet"].V = String("week2 0123456789ab")

    found = read(change=change)
    assert not found.readable
    assert found.problems[0].startswith("This is the exercise sheet of week2, not of week3.")
    assert {} == found.answers


def test_another_version_of_the_sheet_is_read_and_told(read):
    def change(pdf):
        fields(pdf)["nbviva_sheet"].V = String("week3 0123456789ab")
        del pdf.docinfo["/Keywords"]

    found = read(change=change)
    assert ANSWERS == found.answers
    assert ("This is another version of the exercise sheet; its fields were read by their names.",) == found.problems


def foreign():
    """A PDF of something else."""
    content = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(content)
    return content.getvalue()


def foreign_form():
    """A form of something else, with one field of the same name."""
    content = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        field = Dictionary(FT=Name.Tx, T=String("half"), V=String("3.5"))
        pdf.Root.AcroForm = Dictionary(Fields=Array([field, Dictionary(FT=Name.Tx, T=String("iban"))]))
        pdf.save(content)
    return content.getvalue()


@pytest.mark.parametrize("content", [foreign, foreign_form])
def test_a_foreign_pdf_is_told(form, tmp_path, content):
    found = read_bytes(form, tmp_path, content())
    assert not found.readable
    assert found.problems[0].startswith("This PDF is not the exercise sheet of week3.")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04", b"%PDF-1.7\n1 0 obj\n<<", b"\x00" * 5000])
def test_a_damaged_file_is_told(form, tmp_path, content):
    found = read_bytes(form, tmp_path, content)
    assert not found.readable
    assert found.problems[0].startswith("The exercise sheet is damaged or no PDF")


@pytest.mark.parametrize("user", ["", "password"])
@pytest.mark.parametrize("strength", [4, 6])
def test_an_encrypted_sheet_is_told_or_read(read, user, strength):
    """Without a user's password RC4 can be opened, and AES where cryptography is; other protection is told."""
    aes = strength == 6
    protection = pikepdf.Encryption(owner="o", user=user, R=6 if aes else 3, aes=aes, metadata=aes)
    found = read(encryption=protection)
    assert found.readable is (not user and (not aes or find_spec("cryptography") is not None))
    if not found.readable:
        assert found.problems[0].startswith("The exercise sheet is protected with a password")


def test_no_file_a_folder_and_a_link_are_told(form, tmp_path):
    assert "There is no exercise sheet" in read_form(tmp_path / "none.pdf", form[1]).problems[0]
    assert "a link or a folder" in read_form(tmp_path, form[1]).problems[0]
    (tmp_path / "link.pdf").symlink_to(form[0])
    assert "a link or a folder" in read_form(tmp_path / "link.pdf", form[1]).problems[0]
    os.mkfifo(tmp_path / "pipe.pdf")
    assert not read_form(tmp_path / "pipe.pdf", form[1]).readable


def test_a_large_file_is_not_parsed(form, tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    path = tmp_path / "large.pdf"
    path.touch()
    os.truncate(path, (10 << 20) + 1)
    assert "larger than 10 MB" in read_form(path, form[1]).problems[0]


def test_many_pages_and_many_parts_are_told(read):
    def pages(pdf):
        for _ in range(20):
            pdf.add_blank_page()

    def parts(pdf):
        pdf.Root.Many = Array([pdf.make_indirect(Dictionary(N=i)) for i in range(6000)])

    assert "far more pages" in read(change=pages).problems[0]
    assert "far more parts" in read(change=parts).problems[0]


def test_a_slow_file_is_ended(form, monkeypatch):
    monkeypatch.setattr(apart, "BOUNDS", Bounds(clock=0.001))
    assert "took too long" in read_form(*form).problems[0]


def test_a_bomb_is_no_answer_and_no_harm(form, tmp_path):
    """A stream of objects that unpacks to 300 MB ends within the limits."""
    with pikepdf.open(form[0]) as pdf:
        flattened(pdf)
        pdf.pages[0].obj.Contents = pdf.make_stream(b" " * (300 << 20))
        pdf.save(tmp_path / "bomb.pdf", compress_streams=True)
    assert (tmp_path / "bomb.pdf").stat().st_size < 1 << 20
    assert not read_form(tmp_path / "bomb.pdf", form[1]).readable


def mutate(content, seed):
    """Change, remove, repeat or cut some bytes."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    content = bytearray(content)
    for _ in range(rng.choice([1, 5, 50])):
        i = rng.randrange(len(content))
        match rng.randrange(4):
            case 0:
                content[i] = rng.randrange(256)
            case 1:
                del content[i : i + rng.randrange(200)]
            case 2:
                content[i:i] = content[i : i + rng.randrange(200)]
            case _:
                content[i : i + 1] = rng.choice([b"<<", b">>", b"[", b" 0 R ", b"(", b"/Kids", b"99999999999", b"-1"])
    return bytes(content[: rng.randrange(len(content))] if rng.random() < 0.1 else content)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**9))
def test_mutated_bytes_never_raise(form, tmp_path_factory, seed):
    found = read_bytes(form, tmp_path_factory.mktemp("mutant"), mutate(form[0].read_bytes(), seed))
    assert isinstance(found, Filled)
    assert found.readable or len(found.problems) == 1


def test_the_parser_stays_out_of_the_examiners_process():
    code = "import sys, nbviva.handin.filled; print('pypdf' in sys.modules)"
    assert "False" == subprocess.check_output([sys.executable, "-c", code], text=True).strip()


# -- field by field ------------------------------------------------------------------------------------------------


def streamed(pdf):
    """A text as a stream, as ISO 32000 allows; one of them wide."""
    named = fields(pdf)
    named["half"].V = pdf.make_stream(b"3,5")
    named["third"].V = pdf.make_stream(b"\xfe\xff" + "7/3".encode("utf-16-be"))
    named["member_1_name"].V = pdf.make_stream("Zoë Müller".encode("utf-8-sig"))


def rich(pdf):
    """Only the rich text has the answer."""
    half = fields(pdf)["half"]
    half.V = String("")
    half.RV = String('<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml"><p><b>3,5</b></p></body>')


@pytest.mark.parametrize("change", [streamed, rich])
def test_texts_in_other_clothes_are_read(read, change):
    assert ANSWERS == read(change=change).answers


def hidden(field):
    field.F = 2


def without_size(field):
    field.Rect = Array([100, 100, 100.4, 120])


def off_the_page(field):
    field.Rect = Array([2000, 2000, 2100, 2020])


def unseen(field):
    field.F = 32 | 4


@pytest.mark.parametrize("change", [hidden, without_size, off_the_page, unseen])
def test_a_field_that_nobody_sees_is_not_read_and_told(read, change):
    found = read(change=lambda pdf: change(fields(pdf)["half"]))
    assert "half" in found.empty
    assert "The field 'half' of the sheet is where nobody sees it; it was not read." in found.problems
    empty = read(TEXTS | {"half": ""}, change=lambda pdf: change(fields(pdf)["half"]))
    assert not [text for text in empty.problems if "nobody sees" in text]


def test_a_field_on_no_page_is_not_read(read):
    def change(pdf):
        half = fields(pdf)["half"]
        doubled(pdf)
        half.V, pdf.Root.AcroForm.Fields[-1].V = String(""), String("4")

    assert "half" in read(change=change).empty


def looks(pdf, text):
    """Give a field a picture with another text."""
    half = fields(pdf)["half"]
    half.AP = Dictionary(N=pdf.make_stream(f"/Tx BMC BT /Helv 10 Tf ({text}) Tj ET EMC".encode()))


def test_a_stale_picture_is_a_note_and_the_value_counts(read):
    found = read(change=lambda pdf: looks(pdf, "4"))
    assert "3.5" == found.answers["half"]
    assert ("The field 'half' of the sheet holds '3,5', while its picture shows '4'.",) == found.problems
    assert () == read(change=lambda pdf: looks(pdf, "3,5")).problems


def test_a_missing_picture_is_a_note_where_viewers_draw_none(read):
    def change(pdf):
        del pdf.Root.AcroForm.NeedAppearances
        del fields(pdf)["half"].AP

    found = read({"half": "3,5"}, change=change)
    assert "The field 'half' of the sheet holds '3,5', while its picture shows nothing." in found.problems


def annotated(kind, contents):
    def change(pdf):
        note = Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=Array([200, 400, 260, 420]), Contents=contents)
        page = pdf.pages[0].obj
        page.Annots = Array([*page.Annots, pdf.make_indirect(note)])

    return change


@pytest.mark.parametrize(
    ("kind", "contents"),
    [("/FreeText", "3.5"), ("/Text", "3.5"), ("/Ink", ""), ("/Stamp", ""), ("/Circle", ""), ("/Highlight", "3.5")],
)
def test_what_was_typed_or_drawn_over_the_fields_is_known(read, kind, contents):
    found = read({}, (), change=annotated(kind, contents))
    assert (contents,) == found.drawn
    assert not found.is_untouched
    assert () == read({}, (), change=annotated("/Link", "")).drawn


def test_a_sheet_that_lacks_only_our_mark_is_no_other_version(read):
    def change(pdf):
        pdf.Root.AcroForm.Fields = Array([f for f in pdf.Root.AcroForm.Fields if f.T != "nbviva_sheet"])
        del pdf.docinfo["/Keywords"]

    assert () == read(change=change).problems


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7/2 = 3,5", "7/2"), ("7/3 = 2,33", "7/3"), ("7/3 ≈ 2.3", "7/3"), ("0,50 = 0.5", "0.50"),
        ("half = 7/2 = 3.5", "7/2"), ("3.5 (7/2)", "7/2"), ("-5/6 = -0,83", "-5/6"),
    ],
)  # fmt: skip
def test_one_number_in_two_forms_is_one(text, number):
    assert number == number_text(text)


@pytest.mark.parametrize("text", ["7/2 = 3.4", "7/3 = 2", "0.8, 0.9 = 3", "1/0 = 1.0"])
def test_two_numbers_are_two(text):
    with pytest.raises(Mismatch, match="two numbers"):
        number_text(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("85 %", "0.85"),
        ("85,3%", "0.853"),
        ("AUC = 85 %", "0.85"),
        ("100 %", "1.00"),
        ("0,5 %", "0.005"),
        ("85", "85"),
        (".85", ".85"),
        ("85 Prozent", "0.85"),
        ("85 percent.", "0.85"),
        ("85\uff05", "0.85"),
        ("AUC: 85 %", "0.85"),
        ("0.85 = 85 %", "0.85"),
        ("85 % = 0,85", "0.85"),
        ("0,85 (85 %)", "0.85"),
    ],
)
def test_a_percentage_counts_where_a_share_is_asked(text, number):
    assert number == number_text(text, share=True)


@pytest.mark.parametrize("text", ["%", "% 85", "85 % 3", "85 %%", "about 85 %", "85 % or 86 %", "0.9 = 85 %"])
def test_other_percentages_do_not(text):
    with pytest.raises(Mismatch):
        number_text(text, share=True)

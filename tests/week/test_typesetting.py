"""The fillable sheet: its fields are those of assignment.toml, at their places, with looks, tips and an order."""

import re
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader

from nbviva.errors import SpecError
from nbviva.week.fields import MARK, form_fields, sheet_mark
from nbviva.week.spec import read_assignment
from nbviva.week.typesetting import build_form
from nbviva.week.week import Week

TOY = Path(__file__).parent.parent / "toy" / "graders" / "toy"
FIELDS = [
    "member_1_name", "member_1_number", "member_2_name", "member_2_number",
    "answer_half", "answer_colour-red", "answer_colour-blue",
]  # fmt: skip


def toy(folder):
    """Copy the toy week into a folder and give it; its checks are not needed."""
    place = folder / "toy"
    shutil.copytree(TOY, place, ignore=shutil.ignore_patterns("__pycache__"))
    return Week(place, read_assignment(place), ())


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The toy week's sheet."""
    folder = tmp_path_factory.mktemp("form")
    return build_form(toy(folder), folder / "release")


def refused(folder, old, new):
    """Change the toy's sheet.typ, and give the sentence with which it is refused."""
    week = toy(folder)
    sheet = week.folder / "sheet.typ"
    sheet.write_text(sheet.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(SpecError) as caught:
        build_form(week, folder)
    return str(caught.value).removeprefix(f"{sheet} ")


def test_the_fields_are_those_of_the_assignment_in_the_order_of_the_sheet(built):
    with pikepdf.open(built) as pdf:
        on_pages = [name_of(field) for page in pdf.pages for field in page.obj.get("/Annots", [])]
        in_form = [str(field.T) for field in pdf.Root.AcroForm.Fields]
    assert FIELDS == on_pages
    exclusive = dict.fromkeys(name.partition("-")[0] for name in FIELDS)
    assert [*exclusive, MARK] == in_form


def test_one_of_several_options_is_ticked_by_radio_buttons(built):
    with pikepdf.open(built) as pdf:
        group = next(field for field in pdf.Root.AcroForm.Fields if field.T == "answer_colour")
        assert int(group.Ff) & 1 << 15
        assert ["/Off", "/Off"] == [str(kid.AS) for kid in group.Kids]
        assert ["answer_colour-red", "answer_colour-blue"] == [name_of(kid) for kid in group.Kids]
        assert "Question 1.3, the colour" == str(group.TU)


def name_of(field):
    """Give the name of a field: of a radio button its group's, with its option."""
    if "/T" in field:
        return str(field.T)
    return f"{field.Parent.T}-{next(state[1:] for state in field.AP.N if state != '/Off')}"


def test_every_field_has_a_tip_a_look_and_a_place_on_its_page(built):
    with pikepdf.open(built) as pdf:
        for page in pdf.pages:
            for field in page.obj.get("/Annots", []):
                left, bottom, right, top = (float(corner) for corner in field.Rect)
                assert 0 < left < right < 596
                assert 0 < bottom < top < 842
                assert str(field.TU)
                assert "/N" in field.AP


def test_tips_say_question_and_label(built):
    with pikepdf.open(built) as pdf:
        tips = {name_of(field): str(field.TU) for field in pdf.pages[0].obj.Annots}
    assert "Name of student 1" == tips["member_1_name"]
    assert "Question 1.3, the colour: Red" == tips["answer_colour-red"]
    assert tips["answer_half"].endswith(": a number, such as 0.84")


def test_a_screen_reader_finds_language_title_and_tagged_fields(built):
    with pikepdf.open(built) as pdf:
        assert "en-GB" == str(pdf.Root.Lang)
        assert "Toys · Toy week" == str(pdf.docinfo["/Title"])
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert all(page.obj.Tabs == "/S" for page in pdf.pages)
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        tags = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for field in pdf.pages[0].obj.Annots:
            tag = tags[int(field.StructParent)]
            assert tag.S == "/Form"
            assert name_of(field) == name_of(tag.K[0].Obj)


def test_the_same_week_gives_the_same_bytes(built, tmp_path):
    assert built.read_bytes() == build_form(toy(tmp_path), tmp_path).read_bytes()


def test_nothing_of_the_machine_or_the_moment_is_in_it(built):
    content = built.read_bytes()
    assert [] == re.findall(rb"/CreationDate|/ModDate|/tmp|/home|/root|nbviva-", content)


def test_points_dates_and_labels_come_from_the_assignment(built):
    text = " ".join(PdfReader(built).pages[0].extract_text().split())
    for part in ("Assignment on 01.01.2024. Submit until 08.01.2024 8pm.", "Points: 3", "Extra Points: 1", "Blue:"):
        assert part in text


def test_the_mark_tells_week_and_fields_but_not_dates(tmp_path):
    week = toy(tmp_path)
    before = sheet_mark(week.assignment)
    toml = week.folder / "assignment.toml"
    toml.write_text(toml.read_text("utf-8").replace("2024-01-08", "2024-01-09"), "utf-8")
    assert before == sheet_mark(read_assignment(week.folder))
    toml.write_text(toml.read_text("utf-8").replace("blue =", "green ="), "utf-8")
    assert before != sheet_mark(read_assignment(week.folder))
    assert before.startswith("toy ")


def test_every_kind_of_answer_has_its_fields(tmp_path):
    toml = (TOY / "assignment.toml").read_text("utf-8")
    toml = toml.replace('kind = "numeric"', 'kind = "true_false"').replace('"choice"', '"multiple_choice"')
    (tmp_path / "assignment.toml").write_text(toml, "utf-8")
    names = [field.name for field in form_fields(read_assignment(tmp_path)) if field.box]
    assert ["answer_half-correct", "answer_half-incorrect", "answer_colour-red", "answer_colour-blue"] == names


def test_a_week_without_a_sheet_is_told(tmp_path):
    week = toy(tmp_path)
    (week.folder / "sheet.typ").unlink()
    with pytest.raises(SpecError, match=r"sheet\.typ is missing"):
        build_form(week, tmp_path)


def test_a_sheet_without_a_field_is_refused(tmp_path):
    assert "lacks the field answer_half." == refused(tmp_path, '#field("answer_half")', "none")


def test_a_sheet_with_a_foreign_field_is_refused(tmp_path):
    said = refused(tmp_path, "+ A total.", '+ A total. #field("other")')
    assert "has a field that is no answer of assignment.toml: other." == said


def test_a_sheet_with_a_field_twice_is_refused(tmp_path):
    said = refused(tmp_path, "+ A total.", '+ A total. #field("answer_half")')
    assert "has more than once the field answer_half." == said


def test_a_mistake_in_the_sheet_is_told_with_its_line(tmp_path):
    assert "cannot be typeset (sheet.typ, line 12): unknown variable: nothing." == refused(
        tmp_path, "+ A total.", "+ A total. #nothing"
    )


def test_a_line_that_runs_over_the_margin_is_refused_with_its_words(tmp_path):
    said = refused(tmp_path, "#ticks(", f"#box[{'far' * 40}] #ticks(")
    found = re.search(r"on page 1 the line that ends with '.*farfar' runs (\d+) pt over the right margin:", said)
    assert found, said
    assert 10 < int(found[1]) < 300


def test_the_sheet_cannot_read_the_weeks_other_files(tmp_path):
    assert "cannot be typeset" in refused(tmp_path, "+ A total.", '#read("checks.py")')


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_no_fault(built):
    done = subprocess.run(["qpdf", "--check", built], capture_output=True, text=True, check=False)
    assert "No syntax or stream encoding errors found" in done.stdout
    assert "" == done.stderr

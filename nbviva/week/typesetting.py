"""The fillable exercise sheet: the week's `sheet.typ` typeset, and the fields of a PDF form put at their places.

`sheet.typ` draws a box wherever a field belongs; `form.typ` notes the box's place; here each box gets its field. The
same week gives the same bytes: no date, no random identifier, no font of the machine.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import typst
from pikepdf import Array, Dictionary, Name, String

from nbviva.errors import SpecError
from nbviva.sandbox import scratch
from nbviva.week.drawn import line_ends
from nbviva.week.fields import FORM_NAME, MARK, FormField, form_fields, options, sheet_mark
from nbviva.week.spec import Assignment
from nbviva.week.week import Week

_LIBRARY = Path(__file__).with_name("form.typ")
_PICTURES = {".svg", ".png", ".jpg", ".jpeg", ".gif", ".typ"}
_TEXT_STYLE = "/Helv 10 Tf 0 0 0.4 rg"
_TICK_STYLE = "/ZaDb 0 Tf 0 0 0.4 rg"
_PRINT, _READ_ONLY, _RADIO = 4, 1, 1 << 15
_ON = Name.Yes
_RIGHT_MARGIN = 68.03  # points: the 2.4 cm of form.typ


@dataclass(frozen=True)
class FieldPlace:
    """Where a field belongs: its page from 1, and its box in points, y downwards from the top of the page."""

    name: str
    page: int
    x: float
    y: float
    width: float
    height: float

    def rectangle(self, page_height: float) -> Array:
        """Give the box as a PDF counts, upwards from the bottom."""
        corners = (self.x, page_height - self.y - self.height, self.x + self.width, page_height - self.y)
        return Array([round(corner, 2) for corner in corners])


def build_form(week: Week, folder: Path) -> Path:
    """Write `exercise_sheet.pdf` of a week into a folder, and give its path.

    Raises
    ------
    SpecError
        If `sheet.typ` cannot be typeset, or its fields are not exactly those of assignment.toml.
    """
    sheet = week.folder / "sheet.typ"
    if not sheet.exists():
        raise SpecError(f"{sheet} is missing: the exercise sheet is typeset from it.")
    content, places = _typeset(week)
    _check_lines(sheet, content)
    fields = form_fields(week.assignment)
    _check_places(sheet, fields, places)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FORM_NAME
    path.write_bytes(_with_fields(content, week.assignment, fields, {place.name: place for place in places}))
    return path


def _typeset(week: Week) -> tuple[bytes, list[FieldPlace]]:
    """Typeset `sheet.typ` in a folder that holds it, its pictures and `form.typ`, and nothing else of the week."""
    with scratch.folder() as place:
        for path in week.folder.iterdir():
            if path.suffix in _PICTURES:
                shutil.copyfile(path, Path(place, path.name))
        shutil.copyfile(_LIBRARY, Path(place, _LIBRARY.name))
        facts = {"sheet": json.dumps(_facts(week.assignment))}
        compiler = typst.Compiler(str(Path(place, "sheet.typ")), ignore_system_fonts=True, sys_inputs=facts)
        try:
            content = compiler.compile(format="pdf", timestamp=0)
            places = json.loads(compiler.query("<field>", field="value"))
        except typst.TypstError as error:
            line = re.search(r"\w+\.typ:\d+", error.diagnostic)
            where = f" ({line[0].replace(':', ', line ')})" if line else ""
            raise SpecError(f"{week.folder / 'sheet.typ'} cannot be typeset{where}: {error.message}.") from None
    if not isinstance(content, bytes):
        raise SpecError(f"{week.folder / 'sheet.typ'} gave no PDF.")
    return content, [FieldPlace(**item) for item in places]


def _facts(assignment: Assignment) -> dict[str, Any]:
    """Give what `form.typ` calls `sheet`."""
    return {
        **{name: getattr(assignment, name) for name in ("week", "course", "title", "term", "rule", "group_size")},
        "issued": assignment.issued.isoformat(),
        "due": assignment.due.isoformat(),
        "questions": [
            {
                "name": question.name,
                "points": question.points,
                "bonus": question.bonus,
                "answers": [{"name": name, "label": label} for name, label in question.answers],
                "options": [{"name": name, "label": label} for name, label in options(question)],
            }
            for question in assignment.questions
        ],
    }


def _check_places(sheet: Path, fields: tuple[FormField, ...], places: list[FieldPlace]) -> None:
    wanted, found = [field.name for field in fields], [place.name for place in places]
    mistakes = {
        "lacks the field": [name for name in wanted if name not in found],
        "has a field that is no answer of assignment.toml:": [name for name in found if name not in wanted],
        "has more than once the field": sorted({name for name in found if found.count(name) > 1}),
    }
    for mistake, names in mistakes.items():
        if names:
            raise SpecError(f"{sheet} {mistake} {', '.join(names)}.")


def _check_lines(sheet: Path, content: bytes) -> None:
    """Refuse a sheet with a line that runs over the right margin: the typesetter does not tell."""
    for page, beyond, words in line_ends(content):
        over = beyond + _RIGHT_MARGIN
        if over > 1:
            raise SpecError(
                f"{sheet}: on page {page} the line that ends with '{words}' runs {over:.0f} pt over the right margin: "
                "say it in fewer words, or let it break."
            )


def _with_fields(
    content: bytes, assignment: Assignment, fields: tuple[FormField, ...], places: dict[str, FieldPlace]
) -> bytes:
    """Put the fields on the pages, in the order of the sheet, which is also that of the tab key."""
    mark = sheet_mark(assignment)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        form = _empty_form(pdf)
        by_name = {field.name: field for field in fields}
        groups = {field.group: _radio_group(pdf, field) for field in fields if field.group}
        for place in places.values():
            page, field = pdf.pages[place.page - 1], by_name[place.name]
            widget = pdf.make_indirect(_widget(pdf, field, place.rectangle(float(page.mediabox[3]))))
            _add_to_form(form, widget, groups.get(field.group))
            _add(pdf, page, widget)
        form.Fields.append(_mark_field(pdf, mark))
        for page in pdf.pages:
            page.obj.Tabs = Name.S
        pdf.Root.AcroForm = pdf.make_indirect(form)
        pdf.Root.Lang = String("en-GB")
        pdf.Root.MarkInfo = Dictionary(Marked=True)  # Typst's says Suspects too, at which some readers complain
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        pdf.docinfo["/Keywords"] = String(mark)
        target = io.BytesIO()
        pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return target.getvalue()


def _empty_form(pdf: pikepdf.Pdf) -> Dictionary:
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    fonts = Dictionary(Helv=pdf.make_indirect(helvetica), ZaDb=pdf.make_indirect(_dingbats()))
    return Dictionary(Fields=Array(), DR=Dictionary(Font=fonts), DA=String(_TEXT_STYLE), NeedAppearances=True)


def _widget(pdf: pikepdf.Pdf, field: FormField, rectangle: Array) -> Dictionary:
    """Make a field with its looks: the box is drawn on the page, so an empty field looks like nothing."""
    widget = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        Rect=rectangle,
        T=String(field.name),
        TM=String(field.name),
        TU=String(field.tip),
        F=_PRINT,
        MK=Dictionary(),
    )
    size = [float(rectangle[2]) - float(rectangle[0]), float(rectangle[3]) - float(rectangle[1])]
    if not field.box:
        widget.FT, widget.V, widget.DA = Name.Tx, String(""), String(_TEXT_STYLE)
        widget.AP = Dictionary(N=_look(pdf, size, "/Tx BMC EMC"))
        return widget
    letter = round(min(size) * 0.95, 2)
    at = [round((size[0] - 0.846 * letter) / 2, 2), round((size[1] - 0.69 * letter) / 2, 2)]
    tick = f"q BT /ZaDb {letter} Tf 0 0 0.4 rg {at[0]} {at[1]} Td (4) Tj ET Q"
    widget.FT, widget.V, widget.AS, widget.DA = Name.Btn, Name.Off, Name.Off, String(_TICK_STYLE)
    widget.MK.CA = String("4")
    on = f"/{field.option}" if field.group else str(_ON)
    widget.AP = Dictionary(N=Dictionary({on: _look(pdf, size, tick), "/Off": _look(pdf, size, "q Q")}))
    return widget


def _radio_group(pdf: pikepdf.Pdf, field: FormField) -> pikepdf.Object:
    """Make the field of boxes of which a second tick takes the first one back."""
    group = Dictionary(FT=Name.Btn, Ff=_RADIO, T=String(field.group), TM=String(field.group), V=Name.Off, Kids=Array())
    group.TU = String(field.tip.rpartition(":")[0])
    return pdf.make_indirect(group)


def _add_to_form(form: Dictionary, widget: pikepdf.Object, group: pikepdf.Object | None) -> None:
    if group is None:
        form.Fields.append(widget)
        return
    if not len(group.Kids):
        form.Fields.append(group)
    for key in ("/T", "/TM", "/FT", "/V"):
        del widget[key]
    widget.Parent = group
    group.Kids.append(widget)


def _look(pdf: pikepdf.Pdf, size: list[float], drawing: str) -> pikepdf.Object:
    look = pdf.make_stream(drawing.encode())
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, *(round(side, 2) for side in size)])
    look.Resources = Dictionary()
    if "/ZaDb" in drawing:
        look.Resources = Dictionary(Font=Dictionary(ZaDb=_dingbats()))
    return look


def _dingbats() -> Dictionary:
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.ZapfDingbats)


def _add(pdf: pikepdf.Pdf, page: pikepdf.Page, item: pikepdf.Object) -> None:
    """Add a field to its page, and to the tags from which a screen reader reads."""
    item.P = page.obj
    page.obj.Annots = Array([*page.obj.get("/Annots", []), item])
    tags = pdf.Root.StructTreeRoot
    document = tags.K[0] if isinstance(tags.K, Array) else tags.K
    reference = Dictionary(Type=Name.OBJR, Obj=item, Pg=page.obj)
    element = Dictionary(Type=Name.StructElem, S=Name.Form, P=document, K=Array([reference]), Alt=item.TU)
    element = pdf.make_indirect(element)
    document.K.append(element)
    item.StructParent = int(tags.ParentTreeNextKey)
    tags.ParentTree.Nums.extend([item.StructParent, element])
    tags.ParentTreeNextKey = item.StructParent + 1


def _mark_field(pdf: pikepdf.Pdf, mark: str) -> pikepdf.Object:
    """Make the field that tells of which week the sheet is: it has no place on a page, so nobody sees or enters it."""
    return pdf.make_indirect(Dictionary(FT=Name.Tx, T=String(MARK), V=String(mark), Ff=_READ_ONLY))

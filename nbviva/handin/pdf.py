"""What stands in the fields of PDFs, as JSON: a program of its own, which `nbviva.handin.filled` runs with limits.

Whoever hands in a PDF chose all its bytes. So it is parsed outside of the examiner's process, in pure Python, with
limits on memory, time and files; nothing that it contains is run, opened or drawn. Run it as `python pdf.py FILE ...`:
it prints a line for each file.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

MAX_PAGES = 20
MAX_OBJECTS = 5000
MAX_FIELDS = 500
MAX_TEXT = 2000
MAX_DEPTH = 12
MAX_MEMORY = 1 << 30
MAX_CPU_SECONDS = 10

_ACTIVE = {
    "/JavaScript": "JavaScript",
    "/Launch": "an action that starts a program",
    "/ImportData": "an action that imports data",
    "/SubmitForm": "an action that sends the form",
    "/Rendition": "multimedia",
    "/RichMedia": "multimedia",
    "/Movie": "multimedia",
    "/Sound": "multimedia",
    "/GoToE": "an embedded file",
    "/EmbeddedFile": "an embedded file",
    "/FileAttachment": "an embedded file",
}


_DRAWN = frozenset(
    {"/FreeText", "/Text", "/Ink", "/Stamp", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Caret"}
)
_SILENT = frozenset({"/Widget", "/Link", "/Popup", "/PrinterMark", "/TrapNet", "/Watermark"})
_UNSEEN = 2 | 32  # the flags of an annotation that no viewer shows
_LEAST = 2.0  # points: a field that is narrower or lower is seen by nobody
_SHOWN = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)


def main() -> None:
    """Print what is in the files named on the command line; end with an error where one cannot be parsed."""
    import resource  # not on Windows, where an author may search a release

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in sys.argv[1:]:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib would be one import more to start
            try:
                content = read(PdfReader(file, strict=False))
            except DependencyError:  # its cipher would need one more library
                content = {"state": "encrypted"}
        sys.stdout.write(json.dumps(content) + "\n")
        sys.stdout.flush()  # what was read stays, whatever the next file does


def printed_text(path: Path) -> str:
    """Give the text that the pages of a PDF of our own show; none of one that is broken."""
    with suppress(PyPdfError):
        return "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return ""


def read(reader: PdfReader) -> dict[str, Any]:
    """Give the state of a PDF ("read", or why not), its fields, and what else matters of it."""
    if reader.is_encrypted and not reader.decrypt(""):  # without a password many a viewer only forbids changes
        return {"state": "encrypted"}
    places = {(number, generation) for generation, table in reader.xref.items() for number in table}
    places |= {(number, 0) for number in reader.xref_objStm}
    if len(places) > MAX_OBJECTS:
        return {"state": "objects"}
    if len(reader.pages) > MAX_PAGES:
        return {"state": "pages"}
    found = _Scan()
    for number, generation in sorted(places):
        with suppress(PyPdfError):  # a broken part that no field needs
            found.scan(reader.get_object(IndirectObject(number, generation, reader)))
    pages = _VisiblePages(reader)
    fields = [{**_field(chain), "seen": pages.show(chain)} for chain in _chains(reader)]
    text = "" if fields else "".join(page.extract_text() for page in reader.pages[:2])[: 4 * MAX_TEXT]
    keywords = _get(reader.trailer.get("/Info"), "/Keywords")
    return {
        "state": "read",
        "fields": fields,
        "redrawn": str(_get(_get(reader.trailer.get("/Root"), "/AcroForm"), "/NeedAppearances")) == "True",
        "drawn": pages.drawn,
        "active": sorted(found.active),
        "pictures": found.pictures,
        "text": text,
        "keywords": _text(keywords),
    }


class _VisiblePages:
    """What the pages show of a form, and what was typed or drawn over them: `drawn` has the texts, or empty ones."""

    def __init__(self, reader: PdfReader) -> None:
        self.boxes: dict[int, list[float]] = {}
        self.drawn: list[str] = []
        for page in reader.pages:
            box = [_get_number(side) for side in page.cropbox]
            for item in _items(_get(page, "/Annots"))[:MAX_FIELDS]:
                node = item.get_object() if isinstance(item, IndirectObject) else item
                if not isinstance(node, DictionaryObject):
                    continue
                kind, words = node.get("/Subtype"), _text(_get(node, "/Contents"))
                says = kind in _DRAWN or (words.strip() and kind not in _SILENT)
                if says and not _number(_get(node, "/F")) & _UNSEEN:
                    self.drawn.append(words)
                self.boxes[_identity(item, node)] = box

    def show(self, chain: list[DictionaryObject]) -> bool:
        """Whether a viewer shows a field: it lies on a page, is not hidden, and has a size."""
        leaf = chain[0]
        box = self.boxes.get(_identity(getattr(leaf, "indirect_reference", None), leaf))
        sides = [_get_number(item) for item in _items(_get(leaf, "/Rect"))]
        if box is None or len(sides) != 4 or _number(_get(leaf, "/F")) & _UNSEEN:
            return False
        left, right = max(min(sides[0::2]), min(box[0::2])), min(max(sides[0::2]), max(box[0::2]))
        low, high = max(min(sides[1::2]), min(box[1::2])), min(max(sides[1::2]), max(box[1::2]))
        return right - left >= _LEAST and high - low >= _LEAST


def _identity(reference: object, node: DictionaryObject) -> int:
    return reference.idnum if isinstance(reference, IndirectObject) else id(node)


def _get_number(value: Any) -> float:
    value = value.get_object() if isinstance(value, IndirectObject) else value
    return float(value) if isinstance(value, int | float) else 0.0


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) else 0


class _Scan:
    """What active content there is among a file's objects, and whether there are pictures."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.pictures = False

    def scan(self, value: Any, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            return
        if isinstance(value, DictionaryObject):
            for key in ("/S", "/Subtype", "/Type"):
                kind = _get(value, key)
                self.pictures |= kind == "/Image"
                self.active |= {_ACTIVE[kind]} if isinstance(kind, NameObject) and kind in _ACTIVE else set()
            self.active |= {"JavaScript"} if "/JS" in value else set()
            self.active |= {"an embedded file"} if "/EF" in value else set()
        inner = value.values() if isinstance(value, DictionaryObject) else value
        for item in inner if isinstance(value, DictionaryObject | ArrayObject) else ():
            if isinstance(item, DictionaryObject | ArrayObject):  # references lead to objects that are scanned anyway
                self.scan(item, depth + 1)


def _chains(reader: PdfReader) -> Iterator[list[DictionaryObject]]:
    """Give every field's leaf with its parents, leaf first: those of the form, and those that only a page has."""
    seen: set[int] = set()
    form = _get(reader.trailer.get("/Root"), "/AcroForm")
    roots = _items(_get(form, "/Fields"))
    todo = [(item, list[DictionaryObject]()) for item in reversed(roots)]
    while todo and len(seen) < MAX_FIELDS:
        item, parents = todo.pop()
        node = item.get_object() if isinstance(item, IndirectObject) else item
        number = item.idnum if isinstance(item, IndirectObject) else id(node)
        if not isinstance(node, DictionaryObject) or number in seen or len(parents) > MAX_DEPTH:
            continue
        seen.add(number)
        kids = _items(_get(node, "/Kids"))
        todo += [(kid, [node, *parents]) for kid in reversed(kids)]
        if not kids:
            yield [node, *parents]
    for page in reader.pages:
        for item in _items(_get(page, "/Annots"))[:MAX_FIELDS]:
            node = item.get_object() if isinstance(item, IndirectObject) else item
            number = item.idnum if isinstance(item, IndirectObject) else id(node)
            if isinstance(node, DictionaryObject) and number not in seen and node.get("/Subtype") == "/Widget":
                seen.add(number)
                yield _with_parents(node)


def _with_parents(node: DictionaryObject) -> list[DictionaryObject]:
    chain = [node]
    while len(chain) < MAX_DEPTH and isinstance(parent := _get(chain[-1], "/Parent"), DictionaryObject):
        chain.append(parent)
    return chain


def _field(chain: list[DictionaryObject]) -> dict[str, Any]:
    """Give a field's name, its second name, and its text, or the names of the states that it is in."""
    value = _inherited(chain, "/V")
    state = _get(chain[0], "/AS")
    names = [_text(_get(node, "/T")) for node in reversed(chain)]
    on = [_exported(chain, _text(item)) for item in (value, state)] if _inherited(chain, "/FT") == "/Btn" else []
    return {
        "name": ".".join(name for name in names if name),
        "second": _text(_inherited(chain, "/TM")),
        "box": _inherited(chain, "/FT") == "/Btn",
        "text": _text(value) or _plain(_text(_inherited(chain, "/RV"))),
        "looks": _looks(chain),
        "on": sorted({name for name in on if name not in ("", "Off")}),
    }


def _looks(chain: list[DictionaryObject]) -> str | None:
    """Give the text that a field's looks show, as far as it can be told; None where it has no looks."""
    look = _get(_get(chain[0], "/AP"), "/N")
    if not isinstance(look, StreamObject):
        return None
    with suppress(PyPdfError, ValueError):
        data = look.get_data()[: 8 * MAX_TEXT]
        if re.search(rb"<\s*[0-9A-Fa-f][0-9A-Fa-f\s]*>[^<>]*T[jJ]", data):
            return "?"  # the numbers of glyphs, which no letter can be told from
        return "".join(part[1:-1].decode("latin-1") for part in _SHOWN.findall(data))[:MAX_TEXT]
    return None


def _plain(rich: str) -> str:
    """Give the words of rich text, whose paragraphs are XHTML."""
    words = re.sub(r"<[^<>]*>", " ", rich)
    for name, letter in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&apos;", "'"),
        ("&#160;", " "),
        ("&amp;", "&"),
    ):
        words = words.replace(name, letter)
    return " ".join(words.split())


def _exported(chain: list[DictionaryObject], name: str) -> str:
    """Give what a state stands for: some programs number the states of radio buttons and name them in /Opt."""
    name = name.removeprefix("/")  # some programs write the name as a text, with its mark
    labels = _items(_inherited(chain, "/Opt"))
    return _text(labels[int(name)]) if name.isdecimal() and len(name) < 4 and int(name) < len(labels) else name


def _inherited(chain: list[DictionaryObject], key: str) -> Any:
    return next((found for node in chain if (found := _get(node, key)) is not None), None)


def _get(node: Any, key: str) -> Any:
    node = node.get_object() if isinstance(node, IndirectObject) else node
    value = node.get(key) if isinstance(node, DictionaryObject) else None
    return value.get_object() if isinstance(value, IndirectObject) else value


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, ArrayObject) else []


def _text(value: Any) -> str:
    """Give the text of a string, a stream, a name or number; empty for anything else. Odd bytes are Latin-1."""
    value = value.get_object() if isinstance(value, IndirectObject) else value
    if isinstance(value, StreamObject):
        data: bytes = value.get_data()[: 4 * MAX_TEXT]
        marks = {b"\xfe\xff": "utf-16", b"\xff\xfe": "utf-16", b"\xef\xbb": "utf-8-sig"}
        return data.decode(marks.get(data[:2], "latin-1"), "replace")[:MAX_TEXT]
    if isinstance(value, NameObject):
        return str(value)[1:MAX_TEXT]
    if isinstance(value, ArrayObject):  # of a list of which several can be chosen
        return " ".join(_text(item) for item in value[:20] if not isinstance(item, ArrayObject))[:MAX_TEXT]
    if isinstance(value, TextStringObject | int | float):
        return str(value)[:MAX_TEXT]
    return value[:MAX_TEXT].decode("latin-1") if isinstance(value, bytes) else ""


if __name__ == "__main__":
    main()

"""What a PDF of Typst's holds, and where its text ends."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, String


def pdf_parts(content: bytes) -> Iterator[bytes]:
    """Give what a PDF holds: its streams, unpacked, and its strings, such as the metadata's; none of a broken one."""
    with contextlib.suppress(pikepdf.PdfError), pikepdf.open(io.BytesIO(content)) as pdf:
        for item in (*pdf.objects, pdf.trailer):
            if isinstance(item, pikepdf.Stream):
                with contextlib.suppress(pikepdf.PdfError):  # a picture or a font that has no unpacked form
                    yield item.read_bytes()
            yield from _strings_of(item, 4)


def _strings_of(item: Any, depth: int) -> Iterator[bytes]:
    if isinstance(item, String):
        yield str(item).encode()
    elif isinstance(item, Array) and depth:
        yield from (found for part in item for found in _strings_of(part, depth - 1))
    elif isinstance(item, Dictionary | pikepdf.Stream) and depth:
        yield from (found for _, part in item.items() for found in _strings_of(part, depth - 1))


def line_ends(content: bytes) -> Iterator[tuple[int, float, str]]:
    """Give where each piece of text ends: its page from 1, points beyond the page's right edge, its last letters.

    A piece that ends within the page has fewer than 0 points.
    """
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for number, page in enumerate(pdf.pages, 1):
            yield from ((number, end - float(page.mediabox[2]), words) for end, words in _ends_of(page))


def _ends_of(page: pikepdf.Page) -> Iterator[tuple[float, str]]:
    fonts = {name: _Letters(font) for name, font in page.resources.get("/Font", {}).items() if "/ToUnicode" in font}
    matrix, kept, text, font, size = pikepdf.Matrix(), list[pikepdf.Matrix](), pikepdf.Matrix(), None, 0.0
    for step in pikepdf.parse_content_stream(page):
        operands: Any = step.operands
        match str(step.operator):
            case "q":
                kept.append(matrix)
            case "Q":
                matrix = kept.pop()
            case "cm":
                matrix = pikepdf.Matrix(*map(float, operands)) @ matrix
            case "Tm":
                text = pikepdf.Matrix(*map(float, operands))
            case "Tf":
                font, size = fonts.get(str(operands[0])), float(operands[1])
            case "Tj" | "TJ" if font:
                items = operands[0] if isinstance(operands[0], Array) else operands
                width, words = font.extent(list(items), size)
                at = text @ matrix
                yield at.a * width + at.e, words[-40:].strip()


class _Letters:
    """The letters of a font as a PDF of Typst's has it: two bytes each, with widths in thousandths of its size."""

    def __init__(self, font: pikepdf.Object) -> None:
        within = font.DescendantFonts[0]
        known = re.findall(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]{4})", font.ToUnicode.read_bytes())
        self._letters = {int(code, 16): chr(int(letter, 16)) for code, letter in known}
        self._default, self._widths = float(within.get("/DW", 1000)), dict[int, float]()
        entries = list(within.W)
        while entries:
            first, rest = int(entries.pop(0)), entries.pop(0)
            of = (
                list(map(float, rest)) if isinstance(rest, Array) else [float(entries.pop(0))] * (int(rest) - first + 1)
            )
            self._widths |= dict(enumerate(of, first))

    def extent(self, items: list[Any], size: float) -> tuple[float, str]:
        """Give how far a piece of text reaches, without spaces at its end, and the text."""
        reached, end, words = 0.0, 0.0, ""
        for item in items:
            if not isinstance(item, String):
                reached -= float(item) / 1000 * size
                continue
            for code in (int.from_bytes(pair) for pair in zip(*[iter(bytes(item))] * 2, strict=True)):
                reached += self._widths.get(code, self._default) / 1000 * size
                words += self._letters.get(code, "?")
                end = end if words.endswith(" ") else reached
        return end, words

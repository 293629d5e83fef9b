"""The pictures in a student's outputs: which are figures, and which of them may be shown.

A figure counts in whatever format it was saved. Shown is only what cannot run or load anything: PNG and JPEG.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbviva.notebooks import text_of

MAX_PICTURE = 2 << 20
_HEAD = 256 << 10  # characters, in which the size of a picture stands
LEAST_SIDE = 10  # pixels: what is smaller shows nothing
SHOWN = ("image/png", "image/jpeg")
_COUNTED = {"application/pdf": "PDF", "image/gif": "GIF", "image/webp": "WebP"}
_INTERACTIVE = re.compile(r"application/vnd\.(plotly|vega|vegalite|bokehjs_exec|holoviews_exec)\b")
_DRAWS = re.compile(r"<(path|rect|circle|ellipse|line|polyline|polygon|text|image|use)\b")
_SIDES = re.compile(r"<svg\b[^<>]*?\b(width|height)\s*=\s*[\"']\s*([0-9.]+)")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the segments of a JPEG that have its size


@dataclass(frozen=True)
class Picture:
    """A figure: its kind and data where it may be shown, else the words in its place."""

    kind: str = ""
    data: str = ""
    words: str = ""


def picture_of(data: Mapping[Any, Any]) -> Picture | None:
    """Give the figure among the forms in which one output was saved; None where there is none."""
    for kind in SHOWN:
        text = beginning(data.get(kind), MAX_PICTURE + 1)
        if not text or not _is_large_enough(text[:_HEAD].replace("\n", ""), kind):
            continue
        if len(text) > MAX_PICTURE:
            name = kind.rpartition("/")[2].upper()
            return Picture(words=f"[A figure saved as {name} is too large to be shown here.]")
        text = text.replace("\n", "")
        if _decoded(text):
            return Picture(kind, text)
    named = _unshown(data)
    return Picture(words=f"[A figure saved as {named} is not shown here.]") if named else None


def is_in_place(words: str) -> bool:
    """Whether a text is what stands in the place of a figure."""
    return re.fullmatch(r"\[A figure saved as [\w ]{3,24} is (not|too large to be) shown here\.\]", words) is not None


def beginning(value: Any, most: int) -> str:
    """Give the first characters of a multi-line string, however long it is."""
    return text_of(value[:most] if isinstance(value, str) else value)[:most]


def _unshown(data: Mapping[Any, Any]) -> str:
    svg = beginning(data.get("image/svg+xml"), MAX_PICTURE)
    if "<svg" in svg and _DRAWS.search(svg) and not _is_tiny(svg):
        return "SVG"
    if any(isinstance(kind, str) and _INTERACTIVE.match(kind) for kind in data):
        return "an interactive plot"
    if re.search(r"<img\b[^<>]*\bsrc\s*=\s*[\"']?data:image/", beginning(data.get("text/html"), MAX_PICTURE)):
        return "HTML"
    return next((name for kind, name in _COUNTED.items() if len(beginning(data.get(kind), 200)) > 100), "")


def _is_tiny(svg: str) -> bool:
    sides = [float(side) for _, side in _SIDES.findall(svg[:4000]) if side.count(".") < 2 and side != "."]
    return any(side < LEAST_SIDE for side in sides)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_large_enough(head: str, kind: str) -> bool:
    raw = _decoded(head[: len(head) // 4 * 4])
    width, height = _png_size(raw) if kind == "image/png" else _jpeg_size(raw)
    return min(width, height) >= LEAST_SIDE


def _png_size(raw: bytes) -> tuple[int, int]:
    if not raw.startswith(b"\x89PNG\r\n\x1a\n") or raw[12:16] != b"IHDR" or len(raw) < 24:
        return 0, 0
    width, height = struct.unpack(">II", raw[16:24])
    return width, height


def _jpeg_size(raw: bytes) -> tuple[int, int]:
    if not raw.startswith(b"\xff\xd8\xff"):
        return 0, 0
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        if raw[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        at += 2 + max(2, int.from_bytes(raw[at + 2 : at + 4], "big"))
    return 0, 0

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

MAX_PICTURE = 2 << 20
_HEAD = 256 << 10  # characters, in which the size of a picture stands
LEAST_SIDE = 10  # pixels: what is smaller shows nothing
SHOWN = ("image/png", "image/jpeg")
_SAVED_AS = {"image/png": "image/png", "image/jpeg": "image/jpeg", "image/jpg": "image/jpeg"}
_COUNTED = {"application/pdf": "PDF", "image/gif": "GIF", "image/webp": "WebP"}
_INTERACTIVE = re.compile(r"application/vnd\.(plotly|vega|vegalite|bokehjs_exec|holoviews_exec)\b")
_DRAWS = re.compile(r"<(path|rect|circle|ellipse|line|polyline|polygon|text|image|use)\b")
_SIDES = re.compile(r"<svg\b[^<>]*?\b(width|height)\s*=\s*[\"']\s*([0-9.]+)(?:px|pt)?\s*[\"']")
_LINKED = re.compile(r"<img\b[^<>]*\bsrc\s*=\s*[\"']?data:image/([a-z+]{3,8})[^,<>\"']{0,40},([^\"'<>]{0,65536})")
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the segments of a JPEG that have its size


@dataclass(frozen=True)
class Picture:
    """A figure: its kind and data where it may be shown, else the words in its place."""

    kind: str = ""
    data: str = ""
    words: str = ""


def picture_of(data: Mapping[str, str]) -> Picture | None:
    """Give the figure among the forms in which one output was saved; None where there is none."""
    for saved_as, kind in _SAVED_AS.items():
        text = data.get(saved_as, "")[: MAX_PICTURE + 1]
        if not text or not _is_large_enough(text[:_HEAD]):
            continue
        if len(text) > MAX_PICTURE:
            name = kind.rpartition("/")[2].upper()
            return Picture(words=f"[A figure saved as {name} is too large to be shown here.]")
        text = _bare(text)
        if (raw := _decoded(text)).startswith((_PNG, _JPEG)):
            return Picture("image/png" if raw.startswith(_PNG) else "image/jpeg", text)
    named = _unshown(data)
    return Picture(words=f"[A figure saved as {named} is not shown here.]") if named else None


def is_in_place(words: str) -> bool:
    """Whether a text is what stands in the place of a figure."""
    return re.fullmatch(r"\[A figure saved as [\w ]{3,24} is (not|too large to be) shown here\.\]", words) is not None


def _unshown(data: Mapping[str, str]) -> str:
    svg = data.get("image/svg+xml", "")[:MAX_PICTURE]
    if "<svg" in svg and (_DRAWS.search(svg) or _SIDES.search(svg)) and not _is_tiny(svg):
        return "SVG"
    if any(isinstance(kind, str) and _INTERACTIVE.match(kind) for kind in data):
        return "an interactive plot"
    if _is_drawn_in(data.get("text/html", "")[:MAX_PICTURE]):
        return "HTML"
    for kind, name in _COUNTED.items():
        head = data.get(kind, "")[:_HEAD]
        if len(head) > 100 and (kind != "image/gif" or _is_large_enough(head)):
            return name
    return ""


def _is_drawn_in(html: str) -> bool:
    """Whether a piece of HTML holds a figure: an SVG, or a picture that is no dot."""
    if "<svg" in html and _DRAWS.search(html) and not _is_tiny(html):
        return True
    return any(kind not in ("png", "jpeg", "gif") or _is_large_enough(head) for kind, head in _LINKED.findall(html))


def _is_tiny(svg: str) -> bool:
    sides = [float(side) for _, side in _SIDES.findall(svg[:4000]) if side.count(".") < 2 and side != "."]
    return any(side < LEAST_SIDE for side in sides)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _bare(text: str) -> str:
    """Give the letters of a picture alone: without the breaks of lines, and what an address of data begins with."""
    text = "".join(text.split())
    return text.partition(",")[2] if text.startswith("data:image/") else text


def _is_large_enough(head: str) -> bool:
    head = _bare(head)
    raw = _decoded(head[: len(head) // 4 * 4])
    return min(max(_png_size(raw), _jpeg_size(raw), _gif_size(raw))) >= LEAST_SIDE


def _gif_size(raw: bytes) -> tuple[int, int]:
    if not raw.startswith(b"GIF8") or len(raw) < 10:
        return 0, 0
    width, height = struct.unpack("<HH", raw[6:10])
    return width, height


def _png_size(raw: bytes) -> tuple[int, int]:
    if not raw.startswith(_PNG) or raw[12:16] != b"IHDR" or len(raw) < 24:
        return 0, 0
    width, height = struct.unpack(">II", raw[16:24])
    return width, height


def _jpeg_size(raw: bytes) -> tuple[int, int]:
    if not raw.startswith(_JPEG):
        return 0, 0
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        if raw[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        at += 2 + max(2, int.from_bytes(raw[at + 2 : at + 4], "big"))
    return 0, 0

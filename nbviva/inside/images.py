"""Pictures of PIL, as they are: mode, size and pixels, never a file's bytes. The one importer of PIL in this room."""

from __future__ import annotations

import re
from typing import Any

from PIL import Image

from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import is_size, refuse

_BYTES = {
    "L": 1,
    "P": 1,
    "LA": 2,
    "PA": 2,
    "I;16": 2,
    "RGB": 3,
    "YCbCr": 3,
    "LAB": 3,
    "HSV": 3,
    "RGBA": 4,
    "RGBX": 4,
    "CMYK": 4,
    "I": 4,
    "F": 4,
}  # fmt: skip - of a pixel; of the mode "1" eight share one
_PALETTES = ("RGB", "RGBA")
_SIDE_MOST = 1 << 20
_FORMAT = re.compile(r"[A-Z0-9_]{1,20}")


def _write(value: Any, to: Writer) -> Tree | None:
    kind = type(value)
    is_file = kind.__module__.startswith("PIL.") and issubclass(
        kind, Image.Image
    )  # one that was opened has its format's class
    if not is_file or (value.mode not in _BYTES and value.mode != "1"):
        return None
    pixels = value.tobytes()
    palette = value.palette.mode if value.mode in ("P", "PA") else None
    colours = None if palette is None else to.part(bytes(value.getpalette(palette) or b""))
    return ["picture", value.mode, list(value.size), to.buffer(pixels), palette, colours, value.format]


def _length(mode: str, width: int, height: int) -> int:
    return (width + 7) // 8 * height if mode == "1" else _BYTES[mode] * width * height


def _read(of: Reader, mode: Any, size: Any, index: Any, palette: Any, colours: Any, form: Any) -> Any:
    width, height = size
    if not (is_size(width) and is_size(height)) or max(width, height) > _SIDE_MOST:  # each line has a cost of its own
        refuse("a picture has a malformed size")
    if width * height > of.caps.total_bytes:
        refuse("a picture is too large")
    pixels = of.buffer(index)
    if _length(mode, width, height) != len(pixels):
        refuse("a picture has another size than it says")
    picture = Image.frombytes(mode, (width, height), bytes(pixels)) if len(pixels) else Image.new(mode, (width, height))
    if palette is not None:
        _colour(picture, of.part(colours), palette)
    if form is not None:
        picture.format = (
            form if type(form) is str and _FORMAT.fullmatch(form) else refuse("a picture's format is malformed")
        )
    return picture


def _colour(picture: Any, colours: Any, palette: Any) -> None:
    if palette not in _PALETTES or type(colours) is not bytes or picture.mode not in ("P", "PA") or len(colours) > 1024:
        refuse("a picture's colours are malformed")
    picture.putpalette(colours, palette)


KINDS = Kinds(_write, {"picture": _read})

"""Pictures of a notebook made small enough for the page: what decides their size is what is left, shared fairly.

A picture is read by Pillow in a sandboxed process of its own, never here. Where there is no Pillow (it comes with the
extra `report`) or no sandbox, a picture that does not fit is left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from nbviva.sandbox.once import answer_once

_LEAST = 4_000  # letters below which a picture shows nothing any more
# Run by another Python, without nbviva and files of ours. Colours are cut before sides are: lines stay sharp.
_PROGRAM = """
import base64, io, json, sys, time
from PIL import Image
Image.MAX_IMAGE_PIXELS = 40_000_000
def saved(image, kind):
    out = io.BytesIO()
    if kind == "png":
        image.quantize(256, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
    else:
        image.convert("RGB").save(out, "JPEG", quality=70, optimize=True)
    return base64.b64encode(out.getvalue()).decode()
def smaller(data, most):
    image = Image.open(io.BytesIO(base64.b64decode(data)), formats=("PNG", "JPEG")).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    image = Image.alpha_composite(white, image)
    width, height = image.size
    guess = 2.5 * (most / len(data)) ** 0.5
    for share in (share for share in (1, 0.8, 0.6, 0.45, 0.33, 0.25, 0.18, 0.12) if share <= max(guess, 0.12)):
        sides = max(1, round(width * share)), max(1, round(height * share))
        scaled = image if share == 1 else image.resize(sides, Image.Resampling.LANCZOS)
        for kind in ("png", "jpeg"):
            if len(text := saved(scaled, kind)) <= most:
                return {"kind": f"image/{kind}", "data": text, "before": [width, height], "after": list(sides)}
    return None
found = []
for data, most in json.load(sys.stdin):
    try:
        found.append(smaller(data, most) if time.process_time() < 12 else None)
    except Exception:
        found.append(None)
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True)
class FittedPicture:
    """A picture as it stands on the page, or nothing in its place; `note` says what was done to it."""

    kind: str = ""
    data: str = ""
    note: str = ""


def fitted(pictures: Sequence[tuple[str, str]], most: int) -> list[FittedPicture]:
    """Give pictures (kind and base64 text) that have at most `most` letters together; small ones stay as they are."""
    share = _share([len(data) for _, data in pictures], most)
    large = [i for i, (_, data) in enumerate(pictures) if len(data) > share]
    found = [FittedPicture(kind, data) for kind, data in pictures]
    for i, made in zip(large, _made_smaller([pictures[i][1] for i in large], share), strict=True):
        found[i] = made
    return found


def _share(sizes: Sequence[int], most: int) -> int:
    """Give the size above which a picture is made smaller, so that all of them fit."""
    left, number = most, len(sizes)
    for size in sorted(sizes):
        if size * number > left:
            return left // number
        left, number = left - size, number - 1
    return max(sizes, default=0)


def _made_smaller(pictures: Sequence[str], share: int) -> list[FittedPicture]:
    missing = FittedPicture(note="A figure is left out: the page would be too large.")
    if not pictures or share < _LEAST:
        return [missing] * len(pictures)
    answer = answer_once(["-c", _PROGRAM], json.dumps([[data, share] for data in pictures]).encode())
    try:
        read = json.loads(answer or b"[]")
        made = [_read(item, share) if item else missing for item in read]
    except (ValueError, TypeError, LookupError):
        return [missing] * len(pictures)
    return made if len(made) == len(pictures) else [missing] * len(pictures)


def _read(item: dict[str, object], share: int) -> FittedPicture:
    """Read what the other process gave: it has read what a student made, so it is believed in nothing."""
    kind, data, before, after = item["kind"], item["data"], _sides(item["before"]), _sides(item["after"])
    if kind not in ("image/png", "image/jpeg") or not isinstance(data, str) or len(data) > share:
        raise ValueError(kind)
    size = f"{before} pixels became {after}" if before != after else f"{before} pixels, with fewer colours"
    return FittedPicture(str(kind), data, f"Made smaller, so that the page stays small: {size}.")


def _sides(value: object) -> str:
    width, height = (int(side) for side in value)  # type: ignore[attr-defined]  # what is no pair is caught
    return f"{width} by {height}"

"""Outputs of a student's cells, made harmless: plain text and PNG pictures, limited in size.

What a student's cell shows is read by others in their browsers. HTML, JavaScript, SVG and every other rich type is
dropped in favour of its plain text, control characters and terminal escapes are taken out, so nothing in a student's
output can run, load anything, or look like the examiner's own words, which come as HTML.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from nbviva.notebooks import NotebookNode, new_output, text_of

MAX_TEXT = 20_000
MAX_PICTURE = 2 << 20
MAX_OUTPUTS = 60
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CUT = re.compile(r"\[\d{1,9} more outputs were cut\.\]")
_PNG = b"\x89PNG\r\n\x1a\n"


def clean(outputs: list[Any]) -> list[NotebookNode]:
    """Give the harmless part of a cell's outputs, wherever they come from; total, and the same when done twice."""
    kept = [output for item in outputs[:MAX_OUTPUTS] if (output := _clean(item)) is not None]
    if len(outputs) == MAX_OUTPUTS + 1 and _CUT.fullmatch(
        printed([last := _clean(outputs[-1]) or new_output("stream")])
    ):
        kept.append(last)  # it was cut before
    elif len(outputs) > MAX_OUTPUTS:
        kept.append(new_output("stream", name="stdout", text=f"[{len(outputs) - MAX_OUTPUTS} more outputs were cut.]"))
    return kept


def plain(text: str, limit: int = MAX_TEXT) -> str:
    """Give a text without terminal escapes, control and direction characters, cut at `limit` characters."""
    text = _CONTROL.sub("", _ESCAPE.sub("", text[: 4 * limit].replace("\r\n", "\n")))
    return text if len(text) <= limit else f"{text[:limit]}\n[cut]"


def literal(markdown: str) -> str:
    """Give a student's own prose as a block of plain text: Markdown may hold HTML, and pictures from anywhere."""
    text = plain(markdown)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}" if text.strip() else ""


def printed(outputs: list[NotebookNode]) -> str:
    """Give all text of a cell's clean outputs."""
    texts = (o.text if o.output_type == "stream" else o.get("data", {}).get("text/plain", "") for o in outputs)
    return "\n".join(texts)


def figures(outputs: list[NotebookNode]) -> int:
    """Count the pictures among a cell's clean outputs."""
    return sum("image/png" in output.get("data", {}) for output in outputs)


def _clean(item: Any) -> NotebookNode | None:
    kind = item.get("output_type") if isinstance(item, dict) else None
    if kind == "stream":
        name = "stderr" if item.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=plain(text_of(item.get("text"))))
    if kind == "error":
        lines = item.get("traceback")
        texts = [plain(line, 2000) for line in lines[:60] if isinstance(line, str)] if isinstance(lines, list) else []
        name, value = (plain(text_of(item.get(field)), 500) for field in ("ename", "evalue"))
        return new_output("error", ename=name, evalue=value, traceback=texts or [f"{name}: {value}"])
    data = item.get("data") if kind in ("display_data", "execute_result") else None
    return _picture_or_text(data) if isinstance(data, dict) else None


def _picture_or_text(data: dict[str, Any]) -> NotebookNode | None:
    picture = text_of(data.get("image/png"))
    text = plain(text_of(data.get("text/plain")))
    if picture and len(picture) <= MAX_PICTURE and _is_png(picture):
        return new_output("display_data", data={"image/png": picture.replace("\n", ""), "text/plain": text})
    return new_output("display_data", data={"text/plain": text}) if text else None


def _is_png(picture: str) -> bool:
    try:
        return base64.b64decode(picture.replace("\n", ""), validate=True).startswith(_PNG)
    except (binascii.Error, ValueError):
        return False

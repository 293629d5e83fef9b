"""Outputs of a student's cells, made harmless: plain text, PNG and JPEG pictures, limited in size.

What a student's cell shows is read by others in their browsers. HTML, JavaScript, SVG and every other rich type is
dropped in favour of its plain text, control characters and terminal escapes are taken out, so nothing in a student's
output can run, load anything, or look like the examiner's own words, which come as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbviva.kernel.pictures import SHOWN, is_in_place, picture_of
from nbviva.notebooks import NotebookNode, flat, new_output

MAX_TEXT = 20_000
MAX_OUTPUTS = 60
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CUT = re.compile(r"\[\d{1,9} more outputs were cut\.\]")
_CUT_HERE = "\n[cut]\n"
_STREAMS = ("stdout", "stderr")
_ENDS = ("error", "execute_result")


def clean(outputs: list[Any]) -> list[NotebookNode]:
    """Give the harmless part of a cell's outputs, wherever they come from; total, and the same when done twice.

    The pieces in which a stream was saved are joined where they follow on each other, and where they are many.
    """
    outputs = list(_joined(list(map(flat, outputs)), everywhere=False))
    if len(outputs) > MAX_OUTPUTS + 1:
        outputs = list(_joined(outputs, everywhere=True))
    kept = [output for item in _first(outputs) if (output := _clean(item)) is not None]
    if len(outputs) == MAX_OUTPUTS + 1 and _CUT.fullmatch(
        printed([last := _clean(outputs[-1]) or new_output("stream")])
    ):
        kept.append(last)  # it was cut before
    elif len(outputs) > MAX_OUTPUTS:
        words = f"[{len(outputs) - MAX_OUTPUTS} more outputs were cut.]"
        kept.append(new_output("display_data", data={"text/plain": words}))
    return kept


def _first(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the outputs that are kept: the first, and how the cell ended."""
    ends = [item for item in outputs[MAX_OUTPUTS:] if item.get("output_type") in _ENDS][:2]
    return outputs[: MAX_OUTPUTS - len(ends)] + ends


def _joined(outputs: list[dict[str, Any]], *, everywhere: bool) -> Iterator[dict[str, Any]]:
    """Give the outputs, each stream as one with its next piece, or with all of its pieces, which then come first."""
    pieces: dict[str, list[str]] = {}
    others: list[dict[str, Any]] = []
    for item in outputs:
        name = _stream_of(item)
        if not everywhere and name not in pieces:
            yield from _streams(pieces)
        if name:
            pieces.setdefault(name, []).append(item.get("text", ""))
        elif everywhere:
            others.append(item)
        else:
            yield item
    yield from _streams(pieces)
    yield from others


def _stream_of(item: dict[str, Any]) -> str:
    if item.get("output_type") != "stream":
        return ""
    return "stderr" if item.get("name") == "stderr" else "stdout"


def _streams(pieces: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    for name in list(pieces):
        yield {"output_type": "stream", "name": name, "text": "".join(pieces.pop(name))}


def plain(text: str, limit: int = MAX_TEXT) -> str:
    """Give a text as a terminal shows it, without control and direction characters, at most `limit` characters of it.

    What is too long loses its middle: results stand at the end.
    """
    if len(text) > 8 * limit:
        text = text[: 4 * limit] + _CUT_HERE + text[-4 * limit :]
    text = _ESCAPE.sub("", text.replace("\r\n", "\n"))
    if "\r" in text or "\b" in text:
        text = "\n".join(map(_written_over, text.split("\n")))
    text = _CONTROL.sub("", text)
    half = (limit - len(_CUT_HERE)) // 2
    return text if len(text) <= limit else text[:half] + _CUT_HERE + text[-half:]


def _written_over(line: str) -> str:
    """Give what is seen of a line that was written over, as bars of progress do."""
    line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
    if "\b" not in line:
        return line
    seen: list[str] = []
    at = 0
    for letter in line:
        if letter == "\b":
            at = max(0, at - 1)
        else:
            seen[at : at + 1] = [letter]
            at += 1
    return "".join(seen)


def literal(markdown: str) -> str:
    """Give a student's own prose as a block of plain text: Markdown may hold HTML, and pictures from anywhere."""
    text = plain(markdown)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}" if text.strip() else ""


def printed(outputs: list[NotebookNode]) -> str:
    """Give all text of a cell's clean outputs: each stream is one text, whatever came between its pieces."""
    streams = ["".join(o.text for o in outputs if o.output_type == "stream" and o.name == name) for name in _STREAMS]
    others = [o.get("data", {}).get("text/plain", "") for o in outputs if o.output_type != "stream"]
    return "\n".join([*filter(None, streams), *others])


def figures(outputs: list[NotebookNode]) -> int:
    """Count the pictures among a cell's clean outputs, those with them that are not shown."""
    return sum(
        any(kind in output.get("data", {}) for kind in SHOWN) or bool(output.get("metadata", {}).get("figure"))
        for output in outputs
    )


def _clean(item: dict[str, Any]) -> NotebookNode | None:
    kind = item.get("output_type")
    if kind == "stream":
        return new_output("stream", name=_stream_of(item), text=plain(item.get("text", "")))
    if kind == "error":
        lines = item.get("traceback")
        texts = [plain(line, 2000) for line in lines[:60] if isinstance(line, str)] if isinstance(lines, list) else []
        name, value = (plain(item.get(field, ""), 500) for field in ("ename", "evalue"))
        return new_output("error", ename=name, evalue=value, traceback=texts or [f"{name}: {value}"])
    data = item.get("data") if kind in ("display_data", "execute_result") else None
    if not isinstance(data, dict):
        return None
    metadata = item.get("metadata")
    is_result = kind == "execute_result" or (isinstance(metadata, dict) and metadata.get("result") is True)
    return _picture_or_text(data, metadata, is_result=is_result)


def _picture_or_text(data: dict[str, str], metadata: Any, *, is_result: bool) -> NotebookNode | None:
    picture, text = picture_of(data), plain(data.get("text/plain", ""))
    if picture is not None and picture.kind:
        return new_output("display_data", data={picture.kind: picture.data, "text/plain": text})
    was_figure = isinstance(metadata, dict) and metadata.get("figure") is True and is_in_place(text)
    if picture is not None or was_figure:
        words = picture.words if picture is not None else text
        return new_output("display_data", data={"text/plain": words}, metadata={"figure": True})
    result = {"metadata": {"result": True}} if is_result else {}
    return new_output("display_data", data={"text/plain": text}, **result) if text else None

"""The search for secrets: lines of solutions and of the examiner's files, hidden data, and the secret itself.

It reads what a file holds and not how it is packed: the strings of a notebook (metadata and outputs too), the streams,
text and metadata of a PDF, the members of archives.
"""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbviva.files import regular_files
from nbviva.handin.pdf import printed_text
from nbviva.notebooks import NotebookNode, grade_id, read
from nbviva.week.source import hidden_parts, releases
from nbviva.week.week import Week, notebook_texts

_MIN_LINE = 24
_MIN_TOKEN = 30
_HARMLESS = re.compile(r"import |from |def |class |return |[@#\"]")
_TAG = re.compile(r"<[^>]*>")
_GAPS = re.compile(r"\s+")


@dataclass(frozen=True)
class Secrets:
    """What nobody but the examiner may see: lines, items of data, names of files, and the course's secret."""

    lines: frozenset[str]
    tokens: frozenset[str]
    names: frozenset[str]
    key: str

    @cached_property
    def _starts(self) -> dict[str, str]:
        return {token[:_MIN_TOKEN]: token for token in self.tokens}

    def in_text(self, text: str, where: str) -> Iterator[str]:
        """Say which secrets a text holds."""
        if self.key and self.key in text:
            yield f"the course's secret in {where}"
        for line in sorted(self.lines.intersection(telling_lines(text))):
            yield f"the line '{line[:60]}' in {where}"
        if shared := self.tokens.intersection(tokens(text)) or self._wrapped(text):
            yield f"{len(shared)} items of the hidden data in {where}"

    def _wrapped(self, text: str) -> set[str]:
        """Find items that were cut into lines, as FASTA files do."""
        flat = _GAPS.sub("", text)
        if not self.tokens or len(flat) < _MIN_TOKEN:
            return set()
        places = ((i, flat[i : i + _MIN_TOKEN]) for i in range(len(flat) - _MIN_TOKEN + 1))
        return {t for i, start in places if (t := self._starts.get(start)) and flat.startswith(t, i)}


def secrets_of(week: Week, secret: bytes) -> Secrets:
    """Collect what a week's release, feedback and kernels must not hold."""
    files = [] if week.given else sorted(week.folder.rglob("*.py"))  # an adopted week's are given out
    own = [path for path in files if path.name != "__init__.py" and path not in notebook_texts(week.folder)]
    texts = [*hidden_parts(week), *(path.read_text("utf-8") for path in own)]
    hidden = [path.read_text("utf-8", errors="replace") for path in week.folder.glob(".data/hidden*")]
    return Secrets(
        lines=frozenset(line for text in texts for line in telling_lines(text)),
        tokens=frozenset(token for text in hidden for token in tokens(text)),
        names=frozenset(["gradebook.db", "notebook.py", *(path.name for path in own)]),
        key=secret.decode(errors="replace"),
    )


def find_leaks(week: Week, release: Path, secret: bytes) -> Iterator[str]:
    """Find what a release gives away: in its files' contents and names, and in cells that are not the template's."""
    secrets = secrets_of(week, secret)
    for path in regular_files(release):
        where = str(path.relative_to(release))
        if path.name in secrets.names:
            yield f"the examiner's file {where}"
        seen = dict.fromkeys(found for text in texts_of(path) for found in secrets.in_text(text, where))
        yield from seen
        if path.suffix == ".ipynb" and (known := releases(week).get(path.stem)):
            yield from _differences(read(path), known, where)


def _differences(notebook: NotebookNode, template: NotebookNode, where: str) -> Iterator[str]:
    sources = {name: cell.source for cell in template.cells if (name := grade_id(cell))}
    for cell in notebook.cells:
        name = grade_id(cell) or "without a name"
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"outputs of a run under the cell '{name}' in {where}"
        if sources.get(name, cell.source) != cell.source:
            yield f"more than the template's text in the cell '{name}' in {where}"


def texts_of(path: Path) -> Iterator[str]:
    """Give the texts that a file holds, however it is packed."""
    content = path.read_bytes()
    if content.startswith(b"%PDF"):
        yield from _pdf(path, content)
    else:
        yield from _unpacked(content)


def _pdf(path: Path, content: bytes) -> Iterator[str]:
    from nbviva.week.drawn import pdf_parts  # pikepdf comes with the extra for sheets

    yield content.decode("utf-8", "replace")
    yield printed_text(path)
    yield from (part.decode("utf-8", "replace") for part in pdf_parts(content))


def _unpacked(content: bytes) -> Iterator[str]:
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield from _unpacked(archive.read(member))
    text = content.decode("utf-8", "replace")
    yield text
    if "<html" in text[:2000]:
        yield html.unescape(_TAG.sub("", text))
    if text.lstrip().startswith(("{", "[")):
        yield "\n".join(_strings(_json(text)))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(data: Any) -> Iterator[str]:
    """Give all strings in JSON, a list of lines as one text."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        lines = all(isinstance(item, str) and item.endswith("\n") for item in data[:-1])
        yield from ["".join(data)] if lines and data and isinstance(data[-1], str) else _all(data)
    elif isinstance(data, dict):
        yield from _all([*data.keys(), *data.values()])


def _all(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        yield from _strings(item)


def telling_lines(text: str) -> set[str]:
    """Give the lines of a text that are long enough to be nobody else's."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return {line for line in lines if len(line) >= _MIN_LINE and not _HARMLESS.match(line)}


def tokens(text: str) -> set[str]:
    """Give the items of a table that are long enough to be nobody else's."""
    return {token for token in re.split(r"[\s,;\"']+", text) if len(token) >= _MIN_TOKEN}

"""PDFs are parsed apart from the examiner: by a process of its own, with limits, for all files of a hand-in at once."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbviva.processes.job import Bounds
from nbviva.processes.programs import program

MAX_BYTES = 10 << 20
BOUNDS = Bounds(clock=600.0)  # a busy machine refuses no sheet, for the reader limits its own CPU time and memory
MOST_ENDED = 3  # files of a hand-in that end the reader; what comes after them is not read
SAVE = "Fill in the exercise sheet of the release in a PDF viewer and save it."
_READER = Path(__file__).with_name("pdf.py")
_REFUSALS = {
    "damaged": f"The exercise sheet is damaged or no PDF, so it cannot be read. {SAVE}",
    "encrypted": "The exercise sheet is protected with a password, so it cannot be read. Save it without protection.",
    "objects": f"The exercise sheet has far more parts than the one that was given out and was not read. {SAVE}",
    "pages": f"The exercise sheet has far more pages than the one that was given out and was not read. {SAVE}",
    "slow": f"Reading the exercise sheet took too long and was ended. {SAVE}",
}


def contents(paths: Sequence[Path]) -> list[dict[str, Any] | str]:
    """Let `nbviva.handin.pdf` parse the files, and give what it found in each, or the sentence that says why not."""
    refused = {path: sentence for path in paths if (sentence := _too_odd(path))}
    found: dict[Path, dict[str, Any] | str] = dict(refused)
    ended = 0
    while (left := [path for path in paths if path not in found]) and ended < MOST_ENDED:
        read, why = _parsed(left)
        found |= zip(left, read, strict=False)
        if len(read) < len(left):  # one of them ended the program; the others are read without it
            found[left[len(read)]] = why
            ended += 1
    found |= dict.fromkeys(left, _REFUSALS["slow"])
    return [found[path] for path in paths]


def _too_odd(path: Path) -> str:
    try:
        status = path.lstat()
    except OSError:
        return f"There is no exercise sheet in the hand-in. {SAVE}"
    if not stat.S_ISREG(status.st_mode):
        return f"The exercise sheet is a link or a folder and was not read. {SAVE}"
    if status.st_size > MAX_BYTES:
        return f"The exercise sheet is larger than {MAX_BYTES >> 20} MB and was not read. {SAVE}"
    return ""


def _parsed(paths: Sequence[Path]) -> tuple[list[dict[str, Any] | str], str]:
    """Run the reader; give what it said of the first files, and the sentence for the one at which it ended."""
    command = [sys.executable, "-I", "-X", "utf8", str(_READER), *(str(path.resolve()) for path in paths)]
    done = program(command, environment={}, bounds=BOUNDS)
    why = _REFUSALS["slow" if done.is_late else "damaged"]
    lines = done.output.split(b"\n")[:-1]
    try:
        contents = [json.loads(line) for line in lines]
    except ValueError:
        return [], why
    return [content if content["state"] == "read" else _REFUSALS[content["state"]] for content in contents], why

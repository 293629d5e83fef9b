"""The working copy of a hand-in: all that its kernel finds beside the notebook that is run."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from pathlib import Path

from nbviva.deadline import STAMP
from nbviva.files import regular_files

MAX_EXTRA_BYTES = 50 << 20
MAX_EXTRA_FILES = 1000


def stage(handin: Path, data: Path, place: Path) -> None:
    """Copy what the kernel may see into its working copy: the hand-in's own files, and the release's data over them.

    When it was handed in is for no kernel to see, so that a report need not change with it.
    """
    budget = MAX_EXTRA_BYTES
    for path in itertools.islice(regular_files(handin), MAX_EXTRA_FILES):
        budget -= path.lstat().st_size
        if path.suffix != ".ipynb" and path != handin / STAMP and budget >= 0:
            target = place / path.relative_to(handin)
            with contextlib.suppress(PermissionError):  # the run says that the file is missing
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    if data.is_dir():
        shutil.rmtree(place / "data", ignore_errors=True)
        (place / "data").unlink(missing_ok=True)
        shutil.copytree(data, place / "data")

"""What a student's kernel can reach: a notebook that looks for secrets in its sandbox, knowing only their digests.

The text of this file runs in the kernel, as a cell. It must not hold what it looks for, or it would find itself; so the
examiner hands it digests of lines and items, and it digests all that it can read: files, the environment, the processes
that it sees, and the modules that are loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_LARGEST = 8 << 20
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/sys", "/dev", "/proc", "/etc")
_IN_PROC = ("environ", "cmdline", "maps", "mountinfo", "status")


def digest(text: str) -> str:
    """Give what stands for a secret."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def search(known: set[str], names: set[str]) -> Iterator[str]:
    """Give a sentence for every place that holds a secret, or a file or module with a secret one's name."""
    for place, text in _readable():
        if any(digest(item) in known for item in _items(text)):
            yield f"secret text can be read in {place}"
    for path in _files():
        if path.name in names and not _is_system(path) and not _is_of_nbviva(path):
            yield f"the examiner's file can be read as {path}"
    for name in sorted(sys.modules):
        if name.split(".")[0] == "graders":
            yield f"the examiner's module {name} is loaded"
    with contextlib.suppress(ImportError):
        __import__("graders")
        yield "the package graders can be imported"


def _readable() -> Iterator[tuple[str, str]]:
    yield "the environment", "\n".join(os.environ.values())
    yield "the loaded modules", "\n".join(_texts_of_modules())
    for path in [*(path for path in _files() if not _is_system(path)), *_processes()]:
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_size <= _LARGEST:  # no pipe or socket, which would wait for ever
                yield str(path), path.read_bytes().replace(b"\0", b"\n").decode("utf-8", "replace")


def _files() -> Iterator[Path]:
    for place, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if f"{place.rstrip('/')}/{name}" not in ("/proc", "/sys", "/dev")]
        yield from (Path(place, name) for name in names)


def _processes() -> Iterator[Path]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            yield from (process / name for name in _IN_PROC)
            with contextlib.suppress(OSError):
                yield from (process / "fd").iterdir()


def _is_system(path: Path) -> bool:
    """Whether a file belongs to the system, to Python, or to an installed package."""
    return str(path).startswith((*_SYSTEM, sys.base_prefix)) or "site-packages" in path.parts


def _is_of_nbviva(path: Path) -> bool:
    """Whether a file is a module of the nbviva that every kernel has, which a week's file may be called like."""
    return any(path.is_relative_to(place) for place in sys.modules["nbviva"].__path__)


def _texts_of_modules() -> Iterator[str]:
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if type(value) is str:
                yield value


def _items(text: str) -> Iterator[str]:
    yield from (" ".join(line.split()) for line in text.splitlines())
    yield from (token for token in re.split(r"[\s,;\"']+", text) if len(token) >= 30)

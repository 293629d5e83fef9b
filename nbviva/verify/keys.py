"""Digests of all that decides a result that `verify` keeps."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbviva.files import content_of, digest, digest_of_files
from nbviva.grading.digest import of_environment
from nbviva.grading.framework import of_framework


def of_week(folder: Path, without: Iterable[str] = ()) -> str:
    """Digest a week's files, but for those that a pattern of `without` names, all of nbviva, and what is installed.

    A mutant may meet any part of nbviva; what meets less of it is known by `key_of` the modules behind it.
    """
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    files = (path for path in found if not any(path.match(pattern) for pattern in without))
    return digest(digest_of_files(folder, files), of_framework(), of_environment())


def key_of(*parts: object) -> str:
    """Give a digest of files' contents (paths), texts and numbers, in their order."""
    return digest(*(content_of(part) if isinstance(part, Path) else repr(part) for part in parts))[:32]

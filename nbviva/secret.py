"""The secret of a course: every hidden question is drawn from it, and what nbviva keeps is sealed with it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from nbviva.configuration import share_with_group
from nbviva.errors import Refused, unwritable
from nbviva.week.draws import Draw, generators

SECRET = "NBVIVA_SECRET"  # noqa: S105 - the name of the variable that holds it


def secret_of(root: Path) -> bytes:
    """The secret that every hidden question is drawn from: `NBVIVA_SECRET`, or a file made at first use."""
    if given := os.environ.get(SECRET):
        return given.encode()
    path = root / ".nbviva" / "secret"
    if not path.exists():
        make_secret(root)
    return path.read_bytes()


def draw_of(root: Path, week: str, group: str) -> Draw:
    """Give the source of random generators of one hand-in: secret + week + group + name always give the same."""
    return generators(secret_of(root), week, group)


def make_secret(root: Path) -> None:
    """Make the course's own secret; raises FileExistsError where there is one."""
    path = root / ".nbviva" / "secret"
    try:
        path.parent.mkdir(exist_ok=True)
        share_with_group(root)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise Refused(unwritable(path, error)) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    share_with_group(root)

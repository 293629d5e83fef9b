"""What can go wrong that a person can mend: every message is one sentence that says what to do next."""

from __future__ import annotations

from pathlib import Path

# What of others is needed for a part of nbviva only, by the module that is imported and the extra that installs it.
EXTRAS = {
    "altair": "report",
    "matplotlib": "report",
    "vl_convert": "report",
    "pikepdf": "sheet",
    "typst": "sheet",
    "jupyterlab": "lab",
    "jupyter_server_mathjax": "lab",
    "libcst": "mutate",
    "cryptography": "cluster",
    "dask": "cluster",
    "distributed": "cluster",
    "psycopg": "postgresql",
}


class SpecError(ValueError):
    """A week's folder has a mistake; the text names file, line and field, or the check, and what to write instead."""


class SandboxUnavailable(RuntimeError):
    """No sandbox can be built here, or not this one; the message is a sentence that says what to do."""


class HandInTooLarge(ValueError):
    """The working copy does not fit into the space that a kernel gets."""


class CourseError(Exception):
    """The course directory does not have what was asked for; the text says what to do next."""


class Refused(Exception):
    """A step was not done; the text says why and what to do."""


class DiskFull(Refused):
    """Nothing more can be stored; the text says what to do. What was stored is whole."""


class InUse(Refused):
    """Another program holds the gradebook; the text says what to do."""


class Busy(CourseError):
    """Another command is at work on this course; the text says which process, and what to do."""


class NotInstalled(CourseError):
    """A package that only a part of nbviva needs is not installed; the text says which, and how to install it."""


def missing_extra(error: ModuleNotFoundError) -> NotInstalled | None:
    """Give the sentence on a module that an extra installs; None for any other."""
    module = (error.name or "").partition(".")[0]
    if module not in EXTRAS:
        return None
    return NotInstalled(f"This needs {module}, which is not installed: run 'pip install \"nbviva[{EXTRAS[module]}]\"'.")


def unwritable(path: Path, error: OSError) -> str:
    """Say that something cannot be written."""
    return f"{path} cannot be written ({error.strerror}), so nothing was done: what needs no writing still works."


def unreadable(path: Path, error: OSError) -> str:
    """Say that something that is there cannot be read."""
    return f"{path} cannot be read ({error.strerror}), so nothing was done: its owner has to let you read it."

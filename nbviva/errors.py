"""What can go wrong that a person can mend: every message is one sentence that says what to do next."""

from __future__ import annotations


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


class Busy(CourseError):
    """Another command is at work on this course; the text says which process, and what to do."""

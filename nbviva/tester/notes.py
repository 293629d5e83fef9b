"""What is noted while a test cell runs: that there was no answer, and what an object of the student's decided."""

from __future__ import annotations

ANY = "any"  # in the place of operations: whatever is done is noted, and decides nothing


class NotAnswered(BaseException):
    """The student's kernel gave no answer that can be used, or could not be asked; the text says why.

    It is no `Exception`, so that a test's own `except` takes it for nothing that the student's code raised. It is
    noted, too: a test that swallows it fails all the same.
    """


class Notes:
    """What the test cell that runs has met; made anew for each."""

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        """Begin; `allowed` are operations that objects of the instructor's solution do in this cell."""
        self._allowed = allowed
        self.failures: list[str] = []
        self.decided: dict[str, None] = {}
        self.operations: dict[str, None] = {}
        self.unequal: dict[str, None] = {}
        self.refused: dict[str, None] = {}

    def fail(self, why: str) -> NotAnswered:
        """Note that there is no answer, and give what is to be raised."""
        self.failures.append(why)
        return NotAnswered(why)

    def refuse(self, why: str) -> AttributeError:
        """Note that the student's code was refused what it may have had in one kernel, and give what it meets."""
        self.refused.setdefault(why)
        return AttributeError(why)

    def decide(self, what: str) -> None:
        """Note that an object of the student's decided something."""
        self.decided.setdefault(what)

    def operate(self, operation: str, what: str) -> None:
        """Note that an object of the student's computed something; it decides where the solution's objects do not."""
        self.operations.setdefault(operation)
        if operation not in self._allowed and ANY not in self._allowed:
            self.decided.setdefault(what)

"""A sitting: a notebook that is run and then asked, in a kernel or from a transcript; grading cannot tell which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from nbviva.kernel.student import Student
from nbviva.notebooks import NotebookNode

StandIn = Callable[[], Mapping[str, object]]
NO_STAGES: Mapping[int, str] = MappingProxyType({})
Tell = Callable[[str], None]  # is told in a few words what is being done


def untold(doing: str) -> None:
    """Tell nobody."""
    del doing


class Kernel(Protocol):
    """What a sitting needs of a kernel."""

    student: Student

    @property
    def kept_in(self) -> str:
        """How the student's code was kept apart."""

    @property
    def death(self) -> str:
        """Why the kernel ended early, or empty."""

    @property
    def dropped(self) -> int:
        """The number of messages that were none."""

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] = NO_STAGES
    ) -> None:
        """Run the code cells in order, mark the stages, and leave the cells' harmless outputs in the notebook."""


class Sitting(Kernel, Protocol):
    """What grading needs of a kernel that is listened to, or of what is in its place."""

    def settle(self, unasked: Iterable[Callable[[], None]]) -> None:
        """Called when all verdicts stand, with calls that ask what was left unasked."""

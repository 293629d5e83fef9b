"""Weeks of a course that nbviva does not mark: nbgrader goes on with them as it did before."""

from __future__ import annotations

from functools import cache
from typing import Any

from traitlets.utils.importstring import import_item

from nbviva.course import Course
from nbviva.notebooks import NotebookNode


def is_ours(resources: Any) -> bool:
    """Whether what nbgrader is at work on belongs to a week of nbviva's, or to none."""
    names = (resources or {}).get("nbgrader")
    return names is None or Course.find().is_ours(names["assignment"])


def as_ever(step: Any, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Do to a notebook what the course had configured before nbviva: the preprocessors in `step.others`."""
    for item in step.others:
        preprocessor = import_item(item) if isinstance(item, str) else item
        nb, resources = preprocessor(parent=step.parent)(nb, resources)
    return nb, resources


@cache
def _warning(week: str) -> str:
    return f"{week} is marked inside the student's kernel; `nbviva adopt {week}` changes that"


def warn_of(log: Any, week: str) -> None:
    """Say once of a week how it is marked."""
    before = _warning.cache_info().misses
    sentence = _warning(week)
    if _warning.cache_info().misses > before:
        log.warning(sentence)

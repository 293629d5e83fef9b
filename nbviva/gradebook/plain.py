"""What plain nbgrader makes of a week: its own commands, in a course directory of their own that knows no nbviva.

The notebooks that are run so are the instructor's own, with all rights of the instructor; never a student's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

from nbviva.adopt.markers import USUAL, Markers
from nbviva.configuration import CONFIG, configuration
from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.gradebook.book import grade_rows, opened
from nbviva.gradebook.nbgrader import nbgrader
from nbviva.naming import qualified
from nbviva.sandbox import scratch

SOLUTION, BLANK = "solution", "blank"
CELL_SECONDS = 300  # nbgrader itself has no limit
_KEPT = ("ClearSolutions", "ClearHiddenTests", "ClearMarkScheme", "CheckCellMetadata", "Execute", "ExecutePreprocessor")


def markers(course: Course) -> Markers:
    """Give what marks solutions, hidden tests and mark schemes by the course's configuration."""
    config: Any = configuration(course.root)
    solutions: Any = ClearSolutions(config=config)
    tests: Any = ClearHiddenTests(config=config)
    scheme: Any = ClearMarkScheme(config=config)
    return Markers(
        begin_solution=solutions.begin_solution_delimeter,
        end_solution=solutions.end_solution_delimeter,
        begin_hidden=tests.begin_test_delimeter,
        end_hidden=tests.end_test_delimeter,
        begin_scheme=scheme.begin_mark_scheme_delimeter,
        end_scheme=scheme.end_mark_scheme_delimeter,
        code_stub=solutions.code_stub.get("python", USUAL.code_stub),
        text_stub=solutions.text_stub,
    )


def plain_marks(course: Course, week: str) -> Mapping[str, Mapping[str, float | None]]:
    """Give the marks of `SOLUTION` and `BLANK` by the names of their questions; none where nbgrader gives up on one.

    Raises
    ------
    Refused
        With nbgrader's last words, if it cannot make a release.
    """
    with scratch.folder() as place:
        own = Course(Path(place) / "course")
        shutil.copytree(course.source(week), own.source(week), ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (own.root / CONFIG).write_text("", "utf-8")
        (own.root / Path(CONFIG).with_suffix(".json")).write_text(json.dumps(_settings(course)), "utf-8")
        nbgrader(own, "generate_assignment", week)
        shutil.copytree(own.source(week), own.submitted(week, SOLUTION))
        shutil.copytree(own.release(week), own.submitted(week, BLANK))
        for name in (SOLUTION, BLANK):
            _autograde(own, week, name)
        with opened(own) as book:
            rows = grade_rows(book, week)
    several = len({row.notebook for row in rows}) > 1
    found: dict[str, dict[str, float | None]] = {SOLUTION: {}, BLANK: {}}
    for row in rows:
        found[row.group][qualified(row.notebook if several else "", row.cell)] = row.auto
    return found


def _autograde(course: Course, week: str, name: str) -> None:
    try:
        nbgrader(course, "autograde", week, "--student", name)
    except Refused:  # a kernel that died, or too much credit: its cells have no marks then, which the table shows
        return


def _settings(course: Course) -> dict[str, Any]:
    """Give what of the course's configuration decides a mark in nbgrader and is plain data."""
    config = configuration(course.root)
    kept: dict[str, Any] = {
        name: {field: value for field, value in config[name].items() if _is_plain(value)} for name in _KEPT
    }
    kept["ExecutePreprocessor"] = {"timeout": CELL_SECONDS, "kernel_name": "python3", **kept["ExecutePreprocessor"]}
    kept["Exchange"] = {"root": "exchange"}
    return kept


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True

"""The course directory: where its stages lie, and its weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nbviva.adopt.adoption import adopted_weeks, is_adopted
from nbviva.configuration import CONFIG
from nbviva.errors import CourseError
from nbviva.naming import natural_order
from nbviva.week.deadline import Extensions, read_extensions
from nbviva.week.spec import Assignment, read_assignment

if TYPE_CHECKING:
    from nbviva.kernel.room import GivenFiles
    from nbviva.week.week import Week


@dataclass(frozen=True)
class Course:
    """An nbgrader course directory; all paths hang from `root`, the folder of `nbgrader_config.py`."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Course:
        """Find the course directory at `start` (default: the working directory) or above it."""
        place = (start or Path.cwd()).resolve()
        for folder in (place, *place.parents):
            if (folder / CONFIG).is_file():
                return cls(folder)
        raise CourseError(
            f"{place} lies in no course directory: go to the folder of {CONFIG}, or make a course with 'nbviva init'."
        )

    def week(self, name: str) -> Week:
        """Load a week by its name: what it asks, and its checks."""
        folder = self.folder(name)
        from nbviva.week.week import load

        return self._read(name) if self.is_adopted(name) else load(folder)

    def asked(self, name: str) -> Week:
        """Load a week without what its checks import: what it asks, and its notebooks."""
        if self.is_adopted(name):
            return self._read(name)
        from nbviva.week.week import Week

        return Week(self.folder(name), self.assignment(name), ())

    def assignment(self, name: str) -> Assignment:
        """Read what a week asks, without its checks, which import heavy libraries."""
        folder = self.folder(name)
        if self.is_adopted(name):
            return self._read(name).assignment
        return _assignment(folder, (folder / "assignment.toml").read_bytes())

    def extensions(self, assignment: Assignment) -> Extensions:
        """Read a week's extensions from `extensions.csv` at the root."""
        return read_extensions(self.root / "extensions.csv", assignment.week, assignment.due, self.weeks())

    def is_over(self, assignment: Assignment, now: datetime | None = None) -> bool:
        """Whether nobody may hand the week in any more without being late, with an extension or without.

        Where a line of extensions.csv cannot be read, somebody may have one that we do not know of.
        """
        found = self.extensions(assignment)
        last = max(moment.astimezone(UTC) for moment in [assignment.due, *found.by_group.values()])
        return (now or datetime.now(UTC)) > last and not found.problems

    def folder(self, name: str) -> Path:
        """What an author wrote: the week's folder in `graders/`, or in `source/` if the week is adopted."""
        if self.is_adopted(name):
            return self.source(name)
        if not self._is_own(name):
            if any(self.source(name).glob("*.ipynb")):
                raise CourseError(f"'{name}' is an ordinary nbgrader assignment: run 'nbviva adopt {name}' first.")
            raise CourseError(f"There is no week '{name}'; there are: {', '.join(self.weeks()) or 'none'}.")
        return self.root / "graders" / name

    def _read(self, name: str) -> Week:
        from nbviva.adopt.reading import read_week

        return read_week(self.root, name)

    def is_adopted(self, name: str) -> bool:
        """Whether a week is an ordinary nbgrader assignment that the course has adopted."""
        return not self._is_own(name) and is_adopted(self.root, name)

    def _is_own(self, name: str) -> bool:
        return (self.root / "graders" / name / "assignment.toml").is_file()

    def is_ours(self, name: str) -> bool:
        """Whether a week is marked by nbviva: it has a folder in `graders/`, or was adopted."""
        return self._is_own(name) or is_adopted(self.root, name)

    def require_as_adopted(self, name: str) -> None:
        """Refuse to mark an adopted week whose notebooks have changed since; raises CourseError with a sentence."""
        if self.is_adopted(name):
            from nbviva.adopt.reading import require_unchanged  # with nbformat, which most calls do without

            require_unchanged(self.root, name)

    def given_files(self, name: str) -> GivenFiles:
        """Give the files that a hand-in finds beside its notebook."""
        from nbviva.kernel.room import GivenFiles

        folder = self.source(name)
        return GivenFiles(folder) if self.is_adopted(name) else GivenFiles(folder / "data", "data")

    def weeks(self) -> list[str]:
        """Names of the weeks."""
        own = (path.parent.name for path in (self.root / "graders").glob("*/assignment.toml"))
        return sorted({*own, *adopted_weeks(self.root)}, key=natural_order)

    def source(self, week: str) -> Path:
        """The instructor's version, with solutions and tests."""
        return self.root / "source" / week

    def release(self, week: str) -> Path:
        """What students get."""
        return self.root / "release" / week

    def submitted(self, week: str, group: str) -> Path:
        """What a group handed in."""
        return self.root / "submitted" / group / week

    def report(self, week: str, group: str) -> Path:
        """What grading found about a hand-in."""
        return self.root / "reports" / week / group

    def autograded(self, week: str, group: str) -> Path:
        """The graded notebook of a group, as nbgrader's formgrader and feedback read it."""
        return self.root / "autograded" / group / week

    def feedback(self, week: str, group: str) -> Path:
        """The page that a group reads."""
        return self.root / "feedback" / group / week

    def groups(self, week: str) -> list[str]:
        """Groups that handed something in."""
        found = (path.parent.name for path in (self.root / "submitted").glob(f"*/{week}") if path.is_dir())
        return sorted(found, key=natural_order)

    def chosen_groups(self, week: str, groups: list[str] | None) -> list[str]:
        """Give the chosen groups, or all that handed in; say it where there are none, or one is unknown."""
        chosen = groups or self.groups(week)
        unknown = sorted(set(chosen) - set(self.groups(week)), key=natural_order)
        if unknown:
            raise CourseError(f"{', '.join(unknown)} handed nothing in: submitted/{unknown[0]}/{week} does not exist.")
        if not chosen:
            raise CourseError(f"Nothing was handed in: there is no submitted/GROUP/{week}.")
        return chosen


@lru_cache(maxsize=32)
def _assignment(folder: Path, content: bytes) -> Assignment:
    """Read a week's assignment.toml, once for each content: it is asked for with every hand-in."""
    del content
    return read_assignment(folder)

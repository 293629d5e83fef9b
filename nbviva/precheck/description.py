"""What a release says of itself in `nbviva.json`: the week's questions and the notebook as it was given out.

All of it is public: it stands in the release's notebook and sheet, too. There is no check in it, no secret, and no
answer nor the digest of one.
"""

from __future__ import annotations

import json
import platform
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbviva.adopt.adoption import Adoption
from nbviva.adopt.fields import read_fields
from nbviva.adopt.reading import asked_in
from nbviva.errors import CourseError, SpecError
from nbviva.files import write
from nbviva.handin.door import DESCRIPTION
from nbviva.notebooks import NotebookNode, to_text, upgrade
from nbviva.week.source import releases
from nbviva.week.spec import Assignment, assignment_of
from nbviva.week.week import Week

FIRST, SECOND = 1, 2  # formats: of one notebook of a week of ours; of several, and of adopted weeks
_MOMENTS = ("issued", "due")


@dataclass(frozen=True)
class Description:
    """A release, as far as a group may know it.

    Attributes
    ----------
    notebooks
        The release's notebooks, by their names.
    has_sheet
        Whether there is a sheet to fill in.
    """

    assignment: Assignment
    notebooks: Mapping[str, NotebookNode]
    has_sheet: bool = False


def write_description(week: Week, folder: Path) -> Path:
    """Write the description of a week into the folder of its source, from which the release is made."""
    data = tomllib.loads((week.folder / "assignment.toml").read_text("utf-8"))
    data["files"] = dict.fromkeys(data.get("files", {}), "")  # not where in the week's folder they come from
    return _write(week, folder, data, has_sheet=(week.folder / "sheet.typ").exists())


def describe_adopted(week: Week, said: Mapping[str, Any], folder: Path) -> Path:
    """Write the description of an adopted week into its release.

    Parameters
    ----------
    said
        What a person says of the week.
    """
    files = [path for path, _ in week.assignment.files]
    return _write(week, folder, {**said, "files": files}, has_sheet=False)


def _write(week: Week, folder: Path, data: Mapping[str, Any], *, has_sheet: bool) -> Path:
    found = {name: json.loads(to_text(release)) for name, release in releases(week).items()}
    is_first = not (week.assignment.adopted or week.assignment.parts)
    plain = {name: value.isoformat() if name in _MOMENTS else value for name, value in data.items()}
    described = {
        "format": FIRST if is_first else SECOND, "week": week.assignment.week, "python": platform.python_version(),
        "sheet": has_sheet, **({"adopted": True} if week.assignment.adopted else {}), "assignment": plain,
        **({"notebook": found[week.assignment.notebook]} if is_first else {"notebooks": found}),
    }  # fmt: skip
    path = folder / DESCRIPTION
    write(path, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    shutil.copymode(folder / f"{next(iter(found))}.ipynb", path)  # no secret: who may read that may read this
    return path


def find_description(folder: Path) -> Path:
    """Find the description in a hand-in's folder, one inside of it, or the one around it.

    Raises
    ------
    CourseError
        If there is none.
    """
    places = [folder / DESCRIPTION, *sorted(folder.glob(f"*/{DESCRIPTION}")), folder.resolve().parent / DESCRIPTION]
    if found := next((path for path in places if path.is_file()), None):
        return found
    raise CourseError(
        f"There is no {DESCRIPTION} in {folder}: it comes with the release; copy it beside your notebook, then run "
        "'nbviva check' there."
    )


def read_description(path: Path) -> Description:
    """Read what `write_description` wrote.

    Raises
    ------
    CourseError
        If it is not that, with a sentence that says what to do.
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if data["format"] not in (FIRST, SECOND):
            raise CourseError(f"A newer nbviva wrote {path.name}: install that version, then check again.")
        facts = dict(data["assignment"])
        facts |= {name: datetime.fromisoformat(facts[name]) for name in _MOMENTS if name in facts}
        if data.get("adopted"):
            return _adopted(str(data["week"]), facts, data["notebooks"], path)
        assignment = assignment_of(str(data["week"]), facts, path)
        given = {assignment.notebook: data["notebook"]} if data["format"] == FIRST else data["notebooks"]
        notebooks = {name: upgrade(given[name]) for name in assignment.notebooks}
        return Description(assignment, notebooks, bool(data["sheet"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SpecError):
        raise CourseError(f"{path.name} is damaged: take it from the release again.") from None


def _adopted(week: str, facts: dict[str, Any], given: Mapping[str, Any], path: Path) -> Description:
    files = tuple((str(name), str(name)) for name in facts.pop("files"))
    notebooks = {name: upgrade(notebook) for name, notebook in given.items()}
    return Description(asked_in(week, Adoption(week, {}), notebooks, files, read_fields(path, "", facts)), notebooks)

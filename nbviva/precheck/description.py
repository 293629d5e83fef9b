"""What a release says of itself in `nbviva.json`: the week's questions and the notebook as it was given out.

All of it is public: it stands in the release's notebook and sheet, too. There is no check in it, no secret, and no
answer nor the digest of one.
"""

from __future__ import annotations

import json
import platform
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbviva.errors import CourseError, SpecError
from nbviva.files import write
from nbviva.handin.door import DESCRIPTION
from nbviva.notebooks import NotebookNode, to_text, upgrade
from nbviva.week.source import release_template, source_notebook
from nbviva.week.spec import Assignment, assignment_of
from nbviva.week.week import Week

FORMAT = 1
_MOMENTS = ("issued", "due")


@dataclass(frozen=True)
class Description:
    """A release, as far as a group may know it.

    Attributes
    ----------
    template
        The release's notebook.
    has_sheet
        Whether there is a sheet to fill in.
    """

    assignment: Assignment
    template: NotebookNode
    has_sheet: bool = False


def write_description(week: Week, folder: Path) -> Path:
    """Write the description of a week into the folder of its source, from which the release is made."""
    data = tomllib.loads((week.folder / "assignment.toml").read_text("utf-8"))
    data |= {name: data[name].isoformat() for name in _MOMENTS}
    data["files"] = dict.fromkeys(data.get("files", {}), "")  # not where in the week's folder they come from
    notebook = json.loads(to_text(release_template(source_notebook(week))))
    has_sheet = (week.folder / "sheet.typ").exists()
    described = {
        "format": FORMAT, "week": week.assignment.week, "python": platform.python_version(), "sheet": has_sheet,
        "assignment": data, "notebook": notebook,
    }  # fmt: skip
    path = folder / DESCRIPTION
    write(path, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
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
        if data["format"] != FORMAT:
            raise CourseError(f"A newer nbviva wrote {path.name}: install that version, then check again.")
        facts = dict(data["assignment"])
        facts |= {name: datetime.fromisoformat(facts[name]) for name in _MOMENTS}
        assignment = assignment_of(str(data["week"]), facts, path)
        template = upgrade(data["notebook"])
        return Description(assignment, template, bool(data["sheet"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SpecError):
        raise CourseError(f"{path.name} is damaged: take it from the release again.") from None

"""Source and release of a week: what is generated, and the search that refuses a release with a secret in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbviva.adopt.adoption import adoption_path, read_adoption
from nbviva.course import Course
from nbviva.errors import CourseError, Refused
from nbviva.files import regular_files
from nbviva.gradebook.nbgrader import nbgrader, set_deadline
from nbviva.gradebook.outline import keep_up
from nbviva.precheck.description import describe_adopted, write_description
from nbviva.secret import secret_of
from nbviva.verify.leaks import find_leaks
from nbviva.week.source import write_source


def make_source(course: Course, name: str) -> list[Path]:
    """Generate `source/<week>` from the week's folder: the notebook and the files that the release holds beside it.

    Raises
    ------
    CourseError
        If the week is adopted: its source is what a person wrote.
    """
    if course.is_adopted(name):
        raise CourseError(f"{name} is adopted: source/{name} is its source, and nothing is generated.")
    week, folder = course.week(name), course.source(name)
    if (week.folder / "data.py").exists():
        week.module("data").build(week.folder / ".data")
    written = write_source(week, folder)
    written.append(write_description(week, folder))
    if (week.folder / "sheet.typ").exists():
        from nbviva.week.typesetting import build_form  # a week without a sheet needs no typesetting

        written.append(build_form(week, folder))
    for target, origin in week.assignment.files:
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(week.folder / origin, path)
        written.append(path)
    return written


def make_release(course: Course, name: str) -> list[Path]:
    """Generate `release/<week>` with nbgrader, tell the gradebook the deadline, and search the release for secrets.

    Raises
    ------
    Refused
        If something secret is in it; the release is then removed again.
    """
    if course.is_adopted(name):
        course.require_as_adopted(name)
    else:
        make_source(course, name)
    keep_up(course, name)
    nbgrader(course, "generate_assignment", name, "--force", "--create")
    week, folder = course.week(name), course.release(name)
    if course.is_adopted(name):
        path = adoption_path(course.root, name)
        describe_adopted(week, read_adoption(path, path.read_text("utf-8")).assignment, folder)
    set_deadline(course, name)
    leaks = list(find_leaks(week, folder, secret_of(course.root)))
    if leaks:
        shutil.rmtree(folder)
        raise Refused(f"The release was removed, since it gives away: {'; '.join(leaks[:5])}.")
    return sorted(regular_files(folder))

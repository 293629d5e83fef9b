"""The commands for what comes of marking: the class report, the marks list, and a student to be forgotten."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nbviva.cli.app import Json, Week, app
from nbviva.course import Course
from nbviva.wording import counted

PANEL = "Mark hand-ins"


@app.command(rich_help_panel=PANEL)
def report(
    week: Week,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Leave out names and links: pseudonyms in the place of groups.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the class report, one page that needs no server: reports/WEEK/index.html (or anonymous.html)."""
    from nbviva.cli.printing import print_json
    from nbviva.gradebook.record import record
    from nbviva.grading import pointers
    from nbviva.grading.bound import bounded_class
    from nbviva.results import auditpage, classreport, marks, page

    course = Course.find()
    with bounded_class("The class report", len(course.groups(week))):
        if not anonymous:
            auditpage.write_audits(course, week, course.groups(week))
        listed = marks.rows(course, week)
        found = classreport.class_report(course, week, listed, anonymous=anonymous)
        path = page.write_page(course, found, listed)
    if pointed := pointers.look(course, week):
        record(course, week, pointed)
    if as_json:
        print_json({"page": path, "pointed": pointed, **asdict(found)})
        return
    typer.echo(str(path.relative_to(course.root)))
    if pointed:
        typer.echo(f"The mistake is named now on the pages of: {', '.join(pointed)}.")


@app.command(name="export", rich_help_panel=PANEL)
def export_(
    week: Week,
    folder: Annotated[Path | None, typer.Option("--to", help="Where to write; default: marks/.")] = None,
    as_json: Json = False,
) -> None:
    """Write the marks list, one row a student: CSV, XLSX, and files for Moodle, Blackboard and Canvas."""
    from nbviva.cli.printing import print_json
    from nbviva.grading.bound import bounded_class
    from nbviva.results.export import export

    course = Course.find()
    with bounded_class("The marks list", len(course.groups(week))):
        found = export(course, week, folder or course.root / "marks")
    if as_json:
        print_json({"files": found.files, "problems": len(found.problems)})
        return
    for path in found.files:
        typer.echo(str(path))
    if count := len(found.problems):
        typer.echo(f"{counted(count, 'problem')}: read {found.files[-1].name}.", err=True)
    else:
        typer.echo("No problems were found.", err=True)


@app.command(name="forget", rich_help_panel=PANEL)
def forget_(
    person: Annotated[str, typer.Argument(help="A student's number, login, e-mail or name.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Remove a student from lists, reports and pages, and say where else they stand: hand-ins, gradebook."""
    from nbviva.cli.printing import print_json
    from nbviva.results.forget import forget

    found = forget(Course.find(), person)
    if as_json:
        print_json(asdict(found))
        return
    for path in found.changed:
        typer.echo(f"removed from {path}")
    for place in found.left:
        typer.echo(f"still in {place}")
    if found.left:
        typer.echo("What is still there is evidence of marks: remove it by hand when nobody needs it.", err=True)

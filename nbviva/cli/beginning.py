"""The commands for who begins: make a course directory, and see what machine and course lack."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbviva.cli.app import Json, app
from nbviva.cli.exits import ExitCode
from nbviva.configuration import require_configured
from nbviva.course import Course
from nbviva.errors import Refused

if TYPE_CHECKING:
    from nbviva.gradebook.before import Moved

PANEL = "Begin"


@app.command(name="init", rich_help_panel=PANEL)
def init_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The course's folder; default: this one.")] = Path(),
    week: Annotated[str, typer.Option("--week", help="Make a first week of this name, too, such as week1.")] = "",
    course_id: Annotated[
        str, typer.Option("--name", help="The course's name in nbgrader; default: the folder's.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Make a course directory, or add nbviva's two lines to an nbgrader course that is there already."""
    from nbviva.cli.printing import print_begun
    from nbviva.setup.begin import begin
    from nbviva.week.new import new

    begun = begin(folder, course_id)
    made = new(begun.root, week, datetime.now().astimezone()) if week else []
    print_begun(begun, [path.relative_to(begun.root).as_posix() for path in made], as_json=as_json)


@app.command(name="new-term", rich_help_panel=PANEL)
def new_term_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new term's folder.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Copy this course's weeks into DIR for the next class: a new secret, no hand-ins, the dates to be set."""
    from nbviva.cli.printing import print_json
    from nbviva.setup.new_term import new_term

    made = new_term(Course.find(), folder)
    if as_json:
        print_json(asdict(made))
        return
    typer.echo(f"{made.root}: {', '.join(made.weeks) or 'no week'}, a new secret, nothing of last term's students.")
    for sentence in made.to_do:
        typer.echo(sentence)


@app.command(rich_help_panel=PANEL)
def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Do not try the sandbox from inside.")] = False,
    as_json: Json = False,
) -> None:
    """Look at environment, sandbox, machine and course: a table, each fault with its mend; 1 where there is a fault."""
    from nbviva.cli.printing import print_json, print_symptoms
    from nbviva.setup.doctor import examine
    from nbviva.setup.symptom import State

    found = list(examine(Path.cwd(), lambda sentence: typer.echo(sentence, err=True), quick=quick))
    if as_json:
        print_json([asdict(item) for item in found])
    else:
        print_symptoms(found)
    if any(item.state is State.FAULT for item in found):
        raise typer.Exit(ExitCode.PERSON)


@app.command(name="adopt", rich_help_panel=PANEL)
def adopt_(
    week: Annotated[str, typer.Argument(help="An assignment's folder in source/, such as ps1.", show_default=False)],
    undo: Annotated[bool, typer.Option("--undo", help="Leave the week to nbgrader again; all is put back.")] = False,
    marks: Annotated[
        bool, typer.Option("--marks/--no-marks", help="Mark the hand-ins that are there, and compare.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Adopt an ordinary nbgrader assignment: measure its cells, say how each is marked; no notebook is changed."""
    from nbviva.cli.adoption import print_adopted, print_undone
    from nbviva.gradebook.before import keep_before, put_back
    from nbviva.sandbox.backends import backend
    from nbviva.verify.adopting import adopt

    course = Course.find()
    require_configured(course.root, thorough=False)
    if undo:
        print_undone(week, put_back(course, week), as_json=as_json)
        return
    if sentence := backend().refusal():
        raise Refused(sentence)
    keep_before(course, week)
    found = adopt(course, week, lambda doing: typer.echo(f"{week}: {doing}.", err=True))
    moved = _marked_now(course, week) if marks and course.groups(week) else ()
    print_adopted(course, week, found, moved, as_json=as_json)
    if found.differing:
        raise typer.Exit(ExitCode.PERSON)


def _marked_now(course: Course, week: str) -> tuple[Moved, ...]:
    """Mark the hand-ins that were marked before, and give the marks that are others; the gradebook is left alone."""
    from nbviva.cli.following import follower
    from nbviva.gradebook.before import marks_moved
    from nbviva.grading.batch import grade_batch
    from nbviva.grading.options import BatchOptions
    from nbviva.machine import cores

    groups = course.groups(week)
    grade_batch(course, week, groups, BatchOptions(cores()), follower(as_json=False))
    return marks_moved(course, week, groups)

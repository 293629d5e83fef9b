"""The commands for who writes a week: make it, prove it, release it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from nbviva.cli.app import Json, Week, app
from nbviva.cli.exits import ExitCode
from nbviva.configuration import require_configured
from nbviva.course import Course
from nbviva.errors import Refused

# Each command imports what it needs itself: nbgrader and a week's libraries take seconds, and a call that finds nothing
# to do, or only prints its help, needs neither.
PANEL = "Write a week"


@app.command(name="new", rich_help_panel=PANEL)
def new_(
    name: Annotated[str, typer.Argument(help="The new week's folder, such as week12.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Make a template week in graders/NAME, which is green under `nbviva verify` from the start."""
    from nbviva.cli.printing import print_files
    from nbviva.week.new import new

    print_files(new(Course.find().root, name, datetime.now().astimezone()), as_json=as_json)


@app.command(rich_help_panel=PANEL)
def source(week: Week, as_json: Json = False) -> None:
    """Generate source/WEEK, the instructor's notebook with solutions and tests, from graders/WEEK."""
    from nbviva.cli.printing import print_files
    from nbviva.verify.release import make_source

    print_files(make_source(Course.find(), week), as_json=as_json)


@app.command(name="verify", rich_help_panel=PANEL)
def verify_(
    week: Week,
    thorough: Annotated[bool, typer.Option("--thorough", help="Repeat costly checks as often as all others.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Try anew what has not changed, too.")] = False,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="How often each check is asked.")] = 20,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes at a time.")] = 2,
    as_json: Json = False,
) -> None:
    """Prove that the marking is fair before a release: one table, and an exit code of 1 for any defect."""
    from nbviva.cli.lines import gate
    from nbviva.sandbox.provisioner import refusal
    from nbviva.verify.verify import VerifyOptions

    if sentence := refusal():
        raise Refused(sentence)
    course = Course.find()
    require_configured(course.root)
    if not gate(course, week, VerifyOptions(thorough, again, workers, repeats), as_json=as_json):
        raise typer.Exit(ExitCode.PERSON)


@app.command(rich_help_panel=PANEL)
def mutate(
    week: Week,
    workers: Annotated[int | None, typer.Option("--workers", help="Mutants at a time; default: one a core.")] = None,
    as_json: Json = False,
) -> None:
    """Make every slip in the week's solutions that an operator can make, and name those that no check catches."""
    from nbviva.cli.printing import print_json, print_mutants, progress
    from nbviva.verify.mutation.mutate import mutation_score

    score = mutation_score(Course.find(), week, workers=workers, told=progress)
    if as_json:
        print_json(score.plain())
    else:
        print_mutants(score)
    if score.unexplained or score.errors:
        raise typer.Exit(ExitCode.PERSON)


@app.command(name="release", rich_help_panel=PANEL)
def release_(week: Week, as_json: Json = False) -> None:
    """Generate release/WEEK, what students get, and refuse it if it gives anything away."""
    from nbviva.cli.printing import print_files
    from nbviva.verify.release import make_release

    course = Course.find()
    require_configured(course.root)
    print_files(make_release(course, week), as_json=as_json)

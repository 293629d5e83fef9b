"""The command line. Exit codes: 0 fine, 1 some hand-ins need a person, 2 usage, 3 our own fault."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nbviva import record, release, store
from nbviva.collect import Action, Collected, collect
from nbviva.course import Course, CourseError
from nbviva.dates import recompute
from nbviva.deadline import spoken_moment
from nbviva.export import export
from nbviva.preprocessor import Refused
from nbviva.receipt import worksheet_times
from nbviva.room import Room
from nbviva.sandbox import refusal
from nbviva.source import SourceError
from nbviva.spec import Assignment, SpecError
from nbviva.table import Row, row

NEEDS_PERSON, USAGE, OUR_FAULT = 1, 2, 3

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Mark notebooks by asking them: student code never runs in the process that decides a mark.",
)
Week = Annotated[str, typer.Argument(help="The week's folder in graders/, such as week11.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]


@app.command()
def source(week: Week) -> None:
    """Generate source/WEEK, the instructor's notebook with solutions and tests, from graders/WEEK."""
    _print_files(release.make_source(Course.find(), week))


@app.command(name="release")
def release_(week: Week) -> None:
    """Generate release/WEEK, what students get, and refuse it if it gives anything away."""
    _print_files(release.make_release(Course.find(), week))


@app.command()
def grade(
    week: Week,
    groups: Annotated[
        list[str] | None, typer.Argument(help="Groups to grade; default: all.", show_default=False)
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade anew what has a fresh report, too.")] = False,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Run without a sandbox: for the instructor's own notebooks only.")
    ] = False,
) -> None:
    """Grade the hand-ins in submitted/*/WEEK, record the marks in the gradebook, write feedback, print the marks."""
    course = Course.find()
    chosen = groups or course.groups(week)
    unknown = sorted(set(chosen) - set(course.groups(week)))
    if unknown:
        raise CourseError(f"{', '.join(unknown)} handed nothing in: submitted/{unknown[0]}/{week} does not exist.")
    if not chosen:
        raise CourseError(f"Nothing was handed in: there is no submitted/GROUP/{week}.")
    if not unsandboxed and (sentence := refusal()):
        raise Refused(sentence)
    rows = []
    for number, group in enumerate(chosen, start=1):
        typer.echo(f"{number}/{len(chosen)} {group}", err=True)
        report, _ = store.graded(course, week, group, again=again, room=Room(sandboxed=not unsandboxed))
        rows.append(row(course, report))
    record.record(course, week, chosen)
    _print_marks(rows, course.week(week).assignment)
    if any(item.needs_person for item in rows):
        raise typer.Exit(NEEDS_PERSON)


@app.command(name="collect")
def collect_(
    week: Week,
    source: Annotated[Path, typer.Argument(help="A folder, a learning platform's zip archive, or an exchange.")],
    times: Annotated[Path | None, typer.Option("--times", help="Moodle's grading worksheet (CSV).")] = None,
    as_json: Json = False,
) -> None:
    """Collect hand-ins into submitted/GROUP/WEEK; the last counts, earlier ones are kept, nothing is deleted."""
    course = Course.find()
    zone = ZoneInfo(str(course.week(week).assignment.due.tzinfo))
    rows = collect(course, week, source, worksheet_times(times, zone) if times else None)
    if as_json:
        _print_json([asdict(item) for item in rows])
    else:
        _print_collected(week, rows)
    if any(item.action is Action.REFUSED for item in rows):
        raise typer.Exit(NEEDS_PERSON)


@app.command(name="export")
def export_(
    week: Week,
    folder: Annotated[Path | None, typer.Option("--to", help="Where to write; default: marks/.")] = None,
    as_json: Json = False,
) -> None:
    """Write the marks list, one row a student: CSV, XLSX, and files for Moodle and Blackboard."""
    course = Course.find()
    paths = export(course, week, folder or course.root / "marks")
    if as_json:
        _print_json({"files": paths})
        return
    for path in paths:
        typer.echo(str(path))


@app.command()
def deadline(week: Week, as_json: Json = False) -> None:
    """Recompute who is late and what that costs, after dates or extensions.csv changed; marks nothing again."""
    found = recompute(Course.find(), week)
    if as_json:
        _print_json(asdict(found))
        return
    typer.echo(
        f"{week}: submit until {spoken_moment(found.due)} ({found.due.tzinfo}), {found.due.astimezone(UTC):%H:%M} UTC."
    )
    for item in found.changed:
        due = f"{spoken_moment(item.due)}" if item.due != found.due else "the week's"
        typer.echo(f"{item.group}: loses {item.after:g} points, before {item.before:g}; its deadline is {due}.")
    typer.echo(f"{len(found.changed)} penalties changed.")
    for sentence in found.problems:
        typer.echo(sentence, err=True)


@app.command()
def report(
    week: Week,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Leave out names and links: pseudonyms in the place of groups.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the class report, one page that needs no server: reports/WEEK/index.html (or anonymous.html)."""
    from nbviva import classreport, page  # Altair takes a second, which the other commands need not wait for

    course = Course.find()
    found = classreport.class_report(course, week, anonymous=anonymous)
    path = page.write_page(course, found)
    if as_json:
        _print_json({"page": path, **asdict(found)})
        return
    typer.echo(str(path.relative_to(course.root)))


def _print_collected(week: str, rows: tuple[Collected, ...]) -> None:
    table = Table(title=f"{week}: what was collected", title_justify="left", show_lines=True)
    for heading in ("group", "handed in (UTC)", "what was done", "files", "notes"):
        table.add_column(heading, overflow="fold")
    for item in rows:
        when = f"{item.handed_in:%Y-%m-%d %H:%M:%S}" if item.handed_in else "-"
        cells = (item.group or "-", when, str(item.action), str(len(item.files)), "\n".join(item.notes))
        table.add_row(*map(escape, cells))
    _console().print(table)


def _print_json(value: object) -> None:
    typer.echo(
        json.dumps(value, indent=1, default=lambda item: item.isoformat() if isinstance(item, datetime) else str(item))
    )


def _console() -> Console:
    return Console(width=None if Console().is_terminal else 160)


def _print_files(paths: list[Path]) -> None:
    for path in paths:
        typer.echo(f"{path.relative_to(Course.find().root)}")


def _print_marks(rows: list[Row], assignment: Assignment) -> None:
    title = f"{assignment.title}: marks of {assignment.maximum:g}, and up to {assignment.extra:g} extra"
    table = Table(title=title, title_justify="left", show_lines=True)
    for heading in ("group", "points", "extra", "late"):
        table.add_column(heading, justify="left" if heading == "group" else "right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for item in rows:
        points = "a person decides" if item.needs_person else f"{item.points:g}"
        table.add_row(escape(item.group), points, f"{item.extra:g}", item.late, escape("\n".join(item.reasons)))
    _console().print(table)


def main() -> None:
    """Run the command line; a fault that a person can mend is one sentence."""
    try:
        app(standalone_mode=True)
    except (CourseError, SpecError, SourceError) as error:
        typer.echo(f"nbviva: {error}", err=True)
        raise SystemExit(USAGE) from None
    except Refused as error:
        typer.echo(f"nbviva: {error}", err=True)
        raise SystemExit(OUR_FAULT) from None

"""The command line. Exit codes: 0 fine, 1 some hand-ins need a person, 2 usage, 3 our own fault."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from nbviva import record, regrade, release, show, store
from nbviva.collect import Action, Collected, collect
from nbviva.course import Course, CourseError, Refused
from nbviva.dates import recompute, told
from nbviva.export import export
from nbviva.mutant_score import Score
from nbviva.mutate import mutation_score
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
    chosen = _groups(course, week, groups)
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
    for line in told(week, found):
        typer.echo(line)
    for sentence in found.problems:
        typer.echo(sentence, err=True)


@app.command(name="regrade")
def regrade_(
    week: Week,
    groups: Annotated[
        list[str] | None, typer.Argument(help="Groups to regrade; default: all.", show_default=False)
    ] = None,
    write: Annotated[bool, typer.Option("--apply", help="Replace the reports, and record the marks.")] = False,
    as_json: Json = False,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="For what was graded so: the instructor's own notebooks.")
    ] = False,
) -> None:
    """Mark again by today's checks, from the transcripts; without --apply nothing is written."""
    course = Course.find()
    marked = regrade.regrade(course, week, _groups(course, week, groups), Room(sandboxed=not unsandboxed))
    found = regrade.apply(course, week, marked) if write else tuple(replace(item, found=None) for item in marked)
    if as_json:
        _print_json([regrade.summary(item) for item in found])
    else:
        _print_lines(regrade.lines(found))
    typer.echo("Written and recorded." if write else "Nothing was written; --apply does.", err=True)
    if any(item.after.needs_person for item in found):
        raise typer.Exit(NEEDS_PERSON)


@app.command(name="show")
def show_(
    week: Week,
    group: Annotated[str, typer.Argument(help="The group.", show_default=False)],
    check: Annotated[str, typer.Argument(help="One check's name; default: all.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Show how a hand-in was marked: what was asked, answered, measured, and decided. For the examiner's eyes."""
    found = show.audit(Course.find(), week, group, check)
    if as_json:
        _print_json(asdict(found))
    else:
        _print_lines(show.lines(found))


def _groups(course: Course, week: str, groups: list[str] | None) -> list[str]:
    """Give the chosen groups, or all that handed in; say it where there are none, or one is unknown."""
    chosen = groups or course.groups(week)
    unknown = sorted(set(chosen) - set(course.groups(week)))
    if unknown:
        raise CourseError(f"{', '.join(unknown)} handed nothing in: submitted/{unknown[0]}/{week} does not exist.")
    if not chosen:
        raise CourseError(f"Nothing was handed in: there is no submitted/GROUP/{week}.")
    return chosen


def _print_collected(week: str, rows: tuple[Collected, ...]) -> None:
    table = Table(title=f"{week}: what was collected", title_justify="left", show_lines=True)
    for heading in ("group", "handed in (UTC)", "what was done", "files", "notes"):
        table.add_column(heading, overflow="fold")
    for item in rows:
        when = f"{item.handed_in:%Y-%m-%d %H:%M:%S}" if item.handed_in else "-"
        cells = (item.group or "-", when, str(item.action), str(len(item.files)), "\n".join(item.notes))
        table.add_row(*map(escape, cells))
    _console().print(table)


def _print_lines(lines: Iterable[tuple[str, str]]) -> None:
    console = _console()
    for style, line in lines:
        console.print(Text(line, style), soft_wrap=True)


def _print_json(value: object) -> None:
    typer.echo(
        json.dumps(value, indent=1, default=lambda item: item.isoformat() if isinstance(item, datetime) else str(item))
    )


@app.command()
def mutate(
    week: Week,
    workers: Annotated[int | None, typer.Option("--workers", help="Mutants at a time; default: one a core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make every slip in the week's solutions that an operator can make, and name those that no check catches."""
    score = mutation_score(Course.find(), week, workers=workers, told=_progress)
    if as_json:
        typer.echo(json.dumps(score.plain(), indent=1))
    else:
        _print_mutants(score)
    if score.unexplained or score.errors:
        raise typer.Exit(NEEDS_PERSON)


def _progress(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        typer.echo(f"{done}/{total} mutants", err=True)


def _print_mutants(score: Score) -> None:
    wrong = len(score.tried) - len(score.fair)
    typer.echo(
        f"{score.week}: {len(score.tried)} mutants, {score.caught} of {wrong} wrong ones caught ({score.score:.1%})."
    )
    table = Table(title="Mutants that pass every check", title_justify="left", show_lines=True)
    for heading in ("cell", "line", "operator", "before and after", "what came of it"):
        table.add_column(heading, overflow="fold")
    for item in (item for item in score.tried if not item.is_caught):
        why = f"{item.explained.kind}: {item.explained.why}" if item.explained else f"{item.fate}, to be explained"
        slip = f"{item.mutated.before}\n{item.mutated.after}"
        table.add_row(*map(escape, (item.cell, str(item.mutated.line), item.mutated.operator, slip, why)))
    _console().print(table)
    for error in score.errors:
        typer.echo(error)


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

"""The commands for who marks: collect hand-ins, grade them, look into a mark, put it right, hand out the marks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbviva.cli.app import Json, Sandbox, Week, app
from nbviva.cli.exits import ExitCode
from nbviva.configuration import require_configured
from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.machine import cores
from nbviva.naming import natural_order

if TYPE_CHECKING:
    from nbviva.grading.batch import Runner
    from nbviva.grading.options import BatchOptions
    from nbviva.grading.progress import Show
    from nbviva.grading.times import Profile
    from nbviva.kernel.room import Room

CORES = cores()
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, help="Hand-ins at a time; default: the cores.")]
Memory = Annotated[
    str, typer.Option("--memory", help="For all of them together, such as 16G; default: what is available.")
]
PANEL = "Mark hand-ins"


@app.command(name="collect", rich_help_panel=PANEL)
def collect_(
    week: Week,
    source: Annotated[Path, typer.Argument(help="A folder, a learning platform's archive, or an exchange.")],
    times: Annotated[
        Path | None, typer.Option("--times", help="Moodle's grading worksheet (CSV), or a list of names and times.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say whose hand-ins are there; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Collect hand-ins into submitted/GROUP/WEEK; the last counts, earlier ones are kept, nothing is deleted."""
    from nbviva.cli.printing import print_collected, print_json
    from nbviva.handin.collect import Action, collect, fingerprints, survey

    course = Course.find()
    rows = (survey if dry else collect)(course, week, source, times)
    prints = {} if dry else fingerprints(course, week, rows)
    if as_json:
        print_json([asdict(item) | {"fingerprint": prints.get(item.group, "")} for item in rows])
    else:
        print_collected(week, rows, prints, title="what would be collected" if dry else "what was collected")
    if any(item.action is Action.REFUSED for item in rows):
        raise typer.Exit(ExitCode.THEIRS)
    if any(item.needs_person for item in rows):
        raise typer.Exit(ExitCode.PERSON)


@app.command(rich_help_panel=PANEL)
def grade(
    week: Week,
    groups: Annotated[
        list[str] | None, typer.Argument(help="Groups to grade; default: all.", show_default=False)
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade anew what has a fresh report, too.")] = False,
    jobs: Jobs = CORES,
    memory: Memory = "",
    scheduler: Annotated[str, typer.Option("--scheduler", help="Grade on the Dask cluster at this address.")] = "",
    site: Annotated[
        Path | None, typer.Option("--cluster", help="Grade in jobs on SLURM, by this settings file (docs/scale.md).")
    ] = None,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Run without a sandbox: for the instructor's own notebooks only.")
    ] = False,
    sandbox: Sandbox = "",
    why: Annotated[
        bool, typer.Option("--why", help="Print the reason of each lost point, as for named groups.")
    ] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Print where the time of each hand-in went.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run a whole class anew without being asked.")] = False,
    as_json: Json = False,
) -> None:
    """Grade the hand-ins in submitted/*/WEEK, record the marks in the gradebook, write feedback, print the marks."""
    from nbviva.cli.following import follower
    from nbviva.grading.options import BatchOptions, read_size
    from nbviva.kernel.room import Room
    from nbviva.sandbox.backends import backend

    course = Course.find()
    require_configured(course.root, thorough=False)
    chosen = course.chosen_groups(week, groups)
    options = BatchOptions(
        jobs, read_size(memory), again, Room(sandboxed=not unsandboxed, backend=backend(sandbox).name)
    )
    show = follower(as_json=as_json)
    runner = _elsewhere(scheduler, site, course, week, options.room, show)
    faults = _graded(course, week, chosen, options, runner, show, _agreement(week, yes=yes))
    _print_marked(course, week, chosen, faults, as_json=as_json, why=why or bool(groups), profile=profile)


def _graded(
    course: Course, week: str, groups: list[str], options: BatchOptions, runner: Runner | None, show: Show,
    agree: Callable[[int], None],
) -> dict[str, str]:  # fmt: skip
    """Grade and record; give a sentence for each fault of ours, by group."""
    from nbviva.gradebook.done import is_settled
    from nbviva.grading.batch import grade_batch

    try:
        batch = grade_batch(course, week, groups, options, show, runner, agree)
    except KeyboardInterrupt:
        typer.echo("Interrupted. Nothing that was done is lost. Run the same command again to go on.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if not is_settled(course, week, groups):
        from nbviva.gradebook.record import record

        record(course, week, groups)
    return dict(batch.faults)


def _agreement(week: str, *, yes: bool) -> Callable[[int], None]:
    """Give what asks a person before kernels are started for a whole class that was graded before."""

    def agree(number: int) -> None:
        if yes:
            return
        said = (
            f"{number} hand-ins were graded before, and something that they have in common has changed since: the "
            "week, a package, or nbviva. Their transcripts do not answer what is asked today, so that their notebooks "
            f"have to be run. 'nbviva regrade {week} GROUP' does that with one, and shows whether it gains or loses."
        )
        if not sys.stdin.isatty():
            raise CourseError(f"{said} To run all of them anew, say --yes.")
        typer.echo(said, err=True)
        typer.confirm("Run all of them anew?", abort=True, err=True)

    return agree


def _print_marked(
    course: Course, week: str, groups: list[str], faults: dict[str, str], *, as_json: bool, why: bool, profile: bool
) -> None:
    """Print the marks, those that need a person first; exit with 1 where there are such."""
    from nbviva.cli.lines import profile_lines
    from nbviva.cli.printing import print_json, print_lines, print_marks, stored_rows

    rows = stored_rows(course, week, groups)
    profiles = _profiles(course, week, groups) if profile else []
    if as_json:
        said = {"marks": [asdict(item) for item in rows], "faults": faults}
        print_json(said | ({"profiles": [asdict(item) for item in profiles]} if profile else {}))
    else:
        print_marks(rows, course.assignment(week), why=why)
        print_lines(line for item in profiles for line in profile_lines(item))
    if any(item.needs_person for item in rows):
        raise typer.Exit(ExitCode.PERSON)


def _profiles(course: Course, week: str, groups: list[str]) -> list[Profile]:
    from nbviva.grading.times import profile

    return [found for group in groups if (found := profile(course, week, group))]


def _elsewhere(
    scheduler: str, site: Path | None, course: Course, week: str, room: Room, show: Show
) -> Runner | None:  # fmt: skip
    """Give the runner of the cluster that was named; None: this machine."""
    if scheduler and site:
        raise CourseError("--scheduler names a cluster that is there, --cluster makes one: use one of the two.")
    if not scheduler and not site:
        return None
    from nbviva.cluster.launch import on_site
    from nbviva.cluster.runner import on_cluster
    from nbviva.cluster.site import read_site
    from nbviva.grading.progress import SaidOfAll

    def say(sentence: str) -> None:
        show(SaidOfAll(sentence))

    return on_site(read_site(site), course, week, room, say) if site else on_cluster(scheduler, course, week, room, say)


@app.command(name="show", rich_help_panel=PANEL)
def show_(
    week: Week,
    group: Annotated[str, typer.Argument(help="The group.", show_default=False)],
    question: Annotated[
        str,
        typer.Argument(help="A question's number or title, such as 3.4, or a check; default: all.", show_default=False),
    ] = "",
    as_html: Annotated[
        bool, typer.Option("--html", help="Write all of it as a page, reports/WEEK/GROUP/audit.html, and say where.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how a hand-in was marked: what was asked, answered, measured, and decided. For the examiner's eyes."""
    if as_html:
        from nbviva.cli.printing import print_files
        from nbviva.results.auditpage import write_audit

        print_files([write_audit(Course.find(), week, group)], as_json=as_json)
        return
    from nbviva.cli.lines import audit_lines
    from nbviva.cli.printing import print_json, print_lines
    from nbviva.grading import audit

    found = audit.audit(Course.find(), week, group, question)
    if as_json:
        print_json(asdict(found))
    else:
        print_lines(audit_lines(found))


@app.command(name="regrade", rich_help_panel=PANEL)
def regrade_(
    week: Week,
    groups: Annotated[
        list[str] | None, typer.Argument(help="Groups to regrade; default: all.", show_default=False)
    ] = None,
    write: Annotated[bool, typer.Option("--apply", help="Replace the reports, and record the marks.")] = False,
    jobs: Jobs = CORES,
    as_json: Json = False,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="For what was graded so: the instructor's own notebooks.")
    ] = False,
    sandbox: Sandbox = "",
) -> None:
    """Mark again by today's checks, from the transcripts; without --apply nothing is written."""
    from nbviva.cli.lines import regrade_lines, regrade_summary
    from nbviva.cli.printing import print_json, print_lines
    from nbviva.gradebook.record import apply
    from nbviva.grading import regrade
    from nbviva.grading.options import BatchOptions, workers_that_fit
    from nbviva.kernel.room import Room
    from nbviva.sandbox.backends import backend

    course, room = Course.find(), Room(sandboxed=not unsandboxed, backend=backend(sandbox).name)
    chosen = course.chosen_groups(week, groups)
    marked = regrade.regrade(course, week, chosen, room, workers_that_fit(BatchOptions(jobs, room=room)))
    done = apply(course, week, marked) if write else tuple(replace(item, found=None) for item in marked)
    found = sorted(done, key=lambda item: natural_order(item.group))
    if as_json:
        print_json([regrade_summary(item) for item in found])
    else:
        print_lines(regrade_lines(found))
    typer.echo("Written and recorded." if write else "Nothing was written; --apply does.", err=True)
    if any(item.after.needs_person for item in found):
        raise typer.Exit(ExitCode.PERSON)


@app.command(name="confirm", rich_help_panel=PANEL)
def confirm_(
    week: Week,
    group: Annotated[str, typer.Argument(help="The group.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Give a group what nbviva would have given, where a doubt left its marks to a person: you have decided."""
    from nbviva.cli.lines import confirmed_lines
    from nbviva.cli.printing import print_json
    from nbviva.gradebook.confirm import confirm

    found = confirm(Course.find(), week, group)
    if as_json:
        print_json(asdict(found))
    else:
        typer.echo("\n".join(confirmed_lines(found)))
    if found.waiting:
        raise typer.Exit(ExitCode.PERSON)


@app.command(rich_help_panel=PANEL)
def deadline(week: Week, as_json: Json = False) -> None:
    """Recompute who is late and what that costs, after dates or extensions.csv changed; marks nothing again."""
    from nbviva.cli.lines import deadline_lines
    from nbviva.cli.printing import print_json
    from nbviva.gradebook.penalties import recompute

    found = recompute(Course.find(), week)
    if as_json:
        print_json(asdict(found))
        return
    for line in deadline_lines(week, found):
        typer.echo(line)
    for sentence in found.problems:
        typer.echo(sentence, err=True)

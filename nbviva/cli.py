"""The command line: `nbviva COMMAND`, with one sentence for a fault that a person can mend."""

from __future__ import annotations

import typer

from nbviva import authoring_commands, marking_commands
from nbviva.command import OUR_FAULT, USAGE, app
from nbviva.course import CourseError, Refused
from nbviva.spec import SpecError

<<<<<<< HEAD
__all__ = ["authoring_commands", "main", "marking_commands"]  # that they are imported makes the commands known
=======
# Each command imports what it needs itself: nbgrader and a week's libraries take seconds, and a call that finds nothing
# to do, or only prints its help, needs neither.
if TYPE_CHECKING:
    from nbviva.batch import Runner
    from nbviva.room import Room

CORES = len(os.sched_getaffinity(0))
NEEDS_PERSON, USAGE, OUR_FAULT, INTERRUPTED = 1, 2, 3, 130

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
    from nbviva.printing import print_files
    from nbviva.release import make_source

    print_files(make_source(Course.find(), week))


@app.command(name="release")
def release_(week: Week) -> None:
    """Generate release/WEEK, what students get, and refuse it if it gives anything away."""
    from nbviva.printing import print_files
    from nbviva.release import make_release

    print_files(make_release(Course.find(), week))


@app.command()
def grade(
    week: Week,
    groups: Annotated[
        list[str] | None, typer.Argument(help="Groups to grade; default: all.", show_default=False)
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade anew what has a fresh report, too.")] = False,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Hand-ins at a time; default: the cores.")] = CORES,
    memory: Annotated[
        str, typer.Option("--memory", help="For all of them together, such as 16G; default: what is available.")
    ] = "",
    scheduler: Annotated[str, typer.Option("--scheduler", help="Grade on the Dask cluster at this address.")] = "",
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Run without a sandbox: for the instructor's own notebooks only.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Grade the hand-ins in submitted/*/WEEK, record the marks in the gradebook, write feedback, print the marks."""
    from nbviva.batch import Options, grade_batch, read_size
    from nbviva.printing import print_json, print_marks
    from nbviva.progress import watch
    from nbviva.room import Room
    from nbviva.table import stored_rows

    course = Course.find()
    chosen = course.chosen_groups(week, groups)
    options = Options(jobs, read_size(memory), again, Room(sandboxed=not unsandboxed))
    runner = _cluster(scheduler, course, week, options.room) if scheduler else None
    try:
        batch = grade_batch(course, week, chosen, options, watch(as_json=as_json), runner)
    except KeyboardInterrupt:
        typer.echo("Interrupted. Nothing that was done is lost. Run the same command again to go on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _record(course, week, chosen)
    rows = stored_rows(course, week, chosen)
    if as_json:
        print_json({"marks": [asdict(item) for item in rows], "faults": dict(batch.faults)})
    else:
        print_marks(rows, course.assignment(week))
    if any(item.needs_person for item in rows):
        raise typer.Exit(NEEDS_PERSON)


def _record(course: Course, week: str, groups: list[str]) -> None:
    from nbviva.settled import is_settled

    if not is_settled(course, week, groups):
        from nbviva.record import record

        record(course, week, groups)


def _cluster(address: str, course: Course, week: str, room: Room) -> Runner:
    try:
        from nbviva.cluster import on_cluster
    except ModuleNotFoundError as error:
        raise CourseError(f"--scheduler needs {error.name}: run 'pip install \"nbviva[cluster]\"'.") from None
    return on_cluster(address, course, week, room)


@app.command(name="collect")
def collect_(
    week: Week,
    source: Annotated[Path, typer.Argument(help="A folder, a learning platform's zip archive, or an exchange.")],
    times: Annotated[Path | None, typer.Option("--times", help="Moodle's grading worksheet (CSV).")] = None,
    as_json: Json = False,
) -> None:
    """Collect hand-ins into submitted/GROUP/WEEK; the last counts, earlier ones are kept, nothing is deleted."""
    from nbviva.collect import Action, collect
    from nbviva.printing import print_collected, print_json
    from nbviva.receipt import worksheet_times

    course = Course.find()
    zone = ZoneInfo(str(course.assignment(week).due.tzinfo))
    rows = collect(course, week, source, worksheet_times(times, zone) if times else None)
    if as_json:
        print_json([asdict(item) for item in rows])
    else:
        print_collected(week, rows)
    if any(item.action is Action.REFUSED for item in rows):
        raise typer.Exit(NEEDS_PERSON)


@app.command(name="export")
def export_(
    week: Week,
    folder: Annotated[Path | None, typer.Option("--to", help="Where to write; default: marks/.")] = None,
    as_json: Json = False,
) -> None:
    """Write the marks list, one row a student: CSV, XLSX, and files for Moodle and Blackboard."""
    from nbviva.export import export
    from nbviva.printing import print_json

    course = Course.find()
    paths = export(course, week, folder or course.root / "marks")
    if as_json:
        print_json({"files": paths})
        return
    for path in paths:
        typer.echo(str(path))


@app.command()
def deadline(week: Week, as_json: Json = False) -> None:
    """Recompute who is late and what that costs, after dates or extensions.csv changed; marks nothing again."""
    from nbviva.dates import recompute, told
    from nbviva.printing import print_json

    found = recompute(Course.find(), week)
    if as_json:
        print_json(asdict(found))
        return
    for line in told(week, found):
        typer.echo(line)
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
    from nbviva import classpage, classreport
    from nbviva.printing import print_json

    course = Course.find()
    found = classreport.class_report(course, week, anonymous=anonymous)
    path = classpage.write_page(course, found)
    if as_json:
        print_json({"page": path, **asdict(found)})
        return
    typer.echo(str(path.relative_to(course.root)))


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
    from nbviva import regrade
    from nbviva.printing import print_json, print_lines
    from nbviva.room import Room

    course = Course.find()
    marked = regrade.regrade(course, week, course.chosen_groups(week, groups), Room(sandboxed=not unsandboxed))
    found = regrade.apply(course, week, marked) if write else tuple(replace(item, found=None) for item in marked)
    if as_json:
        print_json([regrade.summary(item) for item in found])
    else:
        print_lines(regrade.lines(found))
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
    from nbviva import show
    from nbviva.printing import print_json, print_lines

    found = show.audit(Course.find(), week, group, check)
    if as_json:
        print_json(asdict(found))
    else:
        print_lines(show.lines(found))


@app.command()
def mutate(
    week: Week,
    workers: Annotated[int | None, typer.Option("--workers", help="Mutants at a time; default: one a core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make every slip in the week's solutions that an operator can make, and name those that no check catches."""
    from nbviva.mutate import mutation_score
    from nbviva.printing import print_mutants, progress

    score = mutation_score(Course.find(), week, workers=workers, told=progress)
    if as_json:
        typer.echo(json.dumps(score.plain(), indent=1))
    else:
        print_mutants(score)
    if score.unexplained or score.errors:
        raise typer.Exit(NEEDS_PERSON)


@app.command(name="verify")
def verify_(
    week: Week,
    thorough: Annotated[bool, typer.Option("--thorough", help="Repeat costly checks as often as all others.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Try anew what has not changed, too.")] = False,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="How often each check is asked.")] = 20,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes at a time.")] = 2,
    as_json: Json = False,
) -> None:
    """Prove that the marking is fair before a release: one table, and an exit code of 1 for any defect."""
    from nbviva.gate import gate
    from nbviva.printing import console
    from nbviva.sandbox import refusal
    from nbviva.verify import Options

    if sentence := refusal():
        raise Refused(sentence)
    if not gate(Course.find(), week, Options(thorough, again, workers, repeats), console(), as_json=as_json):
        raise typer.Exit(NEEDS_PERSON)


@app.command(name="new")
def new_(
    name: Annotated[str, typer.Argument(help="The new week's folder, such as week12.", show_default=False)],
) -> None:
    """Make a template week in graders/NAME, which is green under `nbviva verify` from the start."""
    from nbviva.new import new
    from nbviva.printing import print_files

    print_files(new(Course.find(), name, datetime.now().astimezone()))
>>>>>>> attack


def main() -> None:
    """Run the command line; a fault that a person can mend is one sentence."""
    try:
        app(standalone_mode=True)
    except (CourseError, SpecError) as error:
        typer.echo(f"nbviva: {error}", err=True)
        raise SystemExit(USAGE) from None
    except Refused as error:
        typer.echo(f"nbviva: {error}", err=True)
        raise SystemExit(OUR_FAULT) from None

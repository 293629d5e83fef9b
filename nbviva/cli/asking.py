"""The command for regrade requests: gather them, look at each beside its audit, ask again, decide."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbviva.cli.app import Json, Sandbox, Week, app
from nbviva.cli.exits import ExitCode
from nbviva.course import Course
from nbviva.errors import CourseError

if TYPE_CHECKING:
    from nbviva.results.requestpage import RequestBesideAudit
    from nbviva.results.requests import RegradeRequest


@app.command(name="requests", rich_help_panel="Mark hand-ins")
def requests_(
    week: Week,
    source: Annotated[
        Path | None,
        typer.Argument(help="A folder of text files or saved mails to take in; default: none.", show_default=False),
    ] = None,
    again: Annotated[
        str, typer.Option("--again", help="Ask the hand-in of a request again, under two other secrets.")
    ] = "",
    decide: Annotated[str, typer.Option("--decide", help="Decide a request, by its short name.")] = "",
    points: Annotated[
        float | None, typer.Option("--points", help="The points from now on; without it the mark stays.")
    ] = None,
    because: Annotated[str, typer.Option("--because", help="Why; the group reads it on its page.")] = "",
    sandbox: Sandbox = "",
    as_json: Json = False,
) -> None:
    """Gather regrade requests, show each beside its audit, ask again, and note what was decided."""
    from nbviva.results.requests import take_in

    course = Course.find()
    course.assignment(week)
    taken = take_in(course, week, source) if source else ()
    if decide:
        _decide(course, week, decide, points, because)
    if again:
        _ask_again(course, week, again, sandbox)
    if _shown(course, week, taken, as_json=as_json):
        raise typer.Exit(ExitCode.PERSON)


def _shown(course: Course, week: str, taken: tuple[str, ...], *, as_json: bool) -> bool:
    """Write the page, print a line for each request, and tell whether a person has something to do."""
    from nbviva.cli.printing import print_json
    from nbviva.results.requestpage import write_requests
    from nbviva.results.requests import gather

    requests = gather(course, week)
    path, found = write_requests(course, week, requests)
    unplaced = requests.unplaced
    where = str(path.relative_to(course.root))
    if as_json:
        said = [asdict(item) for item in found]
        print_json({"page": where, "taken": taken, "requests": said, "unplaced": [asdict(item) for item in unplaced]})
    else:
        lines = [*map(_line, found), *(f"not placed: {left.file}: {left.sentence}" for left in unplaced), where]
        typer.echo("\n".join(lines))
    return bool(unplaced) or any(item.request.decision is None for item in found)


def _line(item: RequestBesideAudit) -> str:
    asked = item.request
    points = "no mark" if item.points is None else f"{item.points:g} of {asked.question.points:g}"
    state = "decided" if asked.decision else "open"
    others = f", asked anew: {', '.join(other.outcome for other in item.others)}" if item.others else ""
    return f"{asked.name}  {asked.question.number} {asked.question.title}, {asked.group}: {points}, {state}{others}"


def _named(course: Course, week: str, name: str) -> RegradeRequest:
    from nbviva.results.requests import gather

    found = gather(course, week).found
    chosen = [item for item in found if item.name.startswith(name)]
    if len(chosen) != 1:
        known = ", ".join(item.name for item in found) or "none"
        raise CourseError(f"There is no one request '{name}' on {week}; there are: {known}.")
    return chosen[0]


def _decide(course: Course, week: str, name: str, points: float | None, because: str) -> None:
    from nbviva.gradebook.decide import decide
    from nbviva.results.requests import Decision, keep_decision, now

    item = _named(course, week, name)
    if not because.strip():
        raise CourseError("Say why, for the group: --because '...'.")
    said = "Asked to look again" + (": the mark stays. " if points is None else f": {points:g} points now. ")
    done = decide(course, week, item.group, item.question, points, said + because.strip())
    keep_decision(course, week, item.name, Decision(done.before, done.after, because.strip(), now()))
    if not done.commented:
        typer.echo("No cell of the question takes a comment in the gradebook: tell the group yourself.", err=True)


def _ask_again(course: Course, week: str, name: str, sandbox: str) -> None:
    from nbviva.grading.again import ask_again
    from nbviva.kernel.room import Room
    from nbviva.results.requestpage import keep_others
    from nbviva.sandbox.backends import backend

    item = _named(course, week, name)
    room = Room(backend=backend(sandbox).name)
    keep_others(course, week, item.name, ask_again(course, week, item.group, item.question.name, room))

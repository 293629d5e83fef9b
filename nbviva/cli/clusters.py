"""The command for who marks on a cluster: what its nodes lack, before anything is sent to them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbviva.cli.app import Json, Sandbox, app
from nbviva.cli.exits import ExitCode
from nbviva.course import Course
from nbviva.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from nbviva.cluster.fitness import Fitness

cluster = typer.Typer(help="Look at a cluster that hand-ins could be graded on.", no_args_is_help=True)
app.add_typer(cluster, name="cluster", rich_help_panel="Mark hand-ins")


@cluster.callback()
def _group() -> None:
    """Look at a cluster that hand-ins could be graded on."""


@cluster.command(name="check")
def check_workers(
    site: Annotated[
        Path, typer.Argument(metavar="FILE", help="The cluster's settings, such as slurm.toml.", show_default=False)
    ],
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", min=1, help="So many jobs; default: as in the file.")
    ] = None,
    wait: Annotated[int, typer.Option("--wait", min=1, help="Seconds to wait for workers.")] = 300,
    sandbox: Sandbox = "",
    as_json: Json = False,
) -> None:
    """Start the workers of a cluster and say of each what it lacks; 1 where one lacks something. Nothing is sent."""
    from nbviva.cli.printing import print_json
    from nbviva.cluster.launch import check
    from nbviva.cluster.site import read_site
    from nbviva.kernel.room import Room
    from nbviva.sandbox.backends import backend

    settings = read_site(site)
    wanted = replace(settings, jobs=jobs or settings.jobs)
    folders = []
    with suppress(CourseError):
        folders = [Course.find().root]
    typer.echo(f"Waiting for the workers of {wanted.jobs} jobs, {wait} s at most ...", err=True)
    found = check(wanted, Room(backend=backend(sandbox).name), folders, wait)
    if as_json:
        print_json([asdict(row) | {"good": row.good} for row in found])
    else:
        _print_fitness(found)
    if not all(row.good for row in found):
        raise typer.Exit(ExitCode.PERSON)


def _print_fitness(found: list[Fitness]) -> None:
    """Print a row for each worker that lacks nothing, and for each thing that another lacks."""
    from nbviva.cli.tables import print_table
    from nbviva.wording import counted

    workers = dict.fromkeys(row.worker for row in found)
    unfit = {row.worker for row in found if not row.good}
    rows = (line for worker in workers for line in _about(worker, [row for row in found if row.worker == worker]))
    print_table(("worker", "looked at", "", "found", "what to do"), rows, framed=False)
    typer.echo(f"{counted(len(workers) - len(unfit), 'worker')} fit, {len(unfit)} not.")


def _about(worker: str, rows: list[Fitness]) -> Iterator[tuple[str | Text, ...]]:
    from rich.text import Text

    if all(row.good for row in rows):
        yield worker, "all", Text("fit", "green"), "; ".join(f"{row.name}: {row.found}" for row in rows), ""
    for row in rows:
        if not row.good:
            yield worker, row.name, Text("lacks", "bold red"), row.found, row.mend

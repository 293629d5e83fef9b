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
    from rich.markup import escape
    from rich.table import Table

    from nbviva.cli.printing import console
    from nbviva.wording import counted

    table = Table(show_lines=False, box=None)
    for heading in ("worker", "looked at", "", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    workers = dict.fromkeys(row.worker for row in found)
    unfit = {row.worker for row in found if not row.good}
    for worker in workers:
        rows = [row for row in found if row.worker == worker]
        if worker not in unfit:
            said = "; ".join(f"{row.name}: {row.found}" for row in rows)
            table.add_row(escape(worker), "all", "[green]fit[/]", escape(said), "")
        for row in rows:
            if not row.good:
                table.add_row(escape(worker), row.name, "[bold red]lacks[/]", escape(row.found), escape(row.mend))
    console().print(table)
    typer.echo(f"{counted(len(workers) - len(unfit), 'worker')} fit, {len(unfit)} not.")

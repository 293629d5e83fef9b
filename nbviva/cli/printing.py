"""What the commands print: tables and lines for people, a row a hand-in with the reason for every lost point, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from nbviva.cli.tables import console, print_table
from nbviva.course import Course
from nbviva.gradebook.names import LEFT, takes
from nbviva.grading.reports import stored_report
from nbviva.grading.verdict import NO_NOTEBOOK, Mark, Outcome, Report, combine
from nbviva.handin.arrival import arrival
from nbviva.listing import shown
from nbviva.week.deadline import Extensions
from nbviva.week.spec import Assignment
from nbviva.wording import counted

if TYPE_CHECKING:
    from nbviva.handin.collect import Collected
    from nbviva.results.marks import Marked
    from nbviva.setup.begin import Begun
    from nbviva.setup.symptom import Symptom
    from nbviva.verify.mutation.score import Score, TriedMutant

_MARKS = ("group", "points", "extra", "late")
_STATES = {"good": "green", "warning": "yellow", "fault": "bold red"}
_EXISTING = (
    "This was an nbgrader course before: the assignments that it has are marked as they were, inside the student's "
    "kernel, until they are adopted: 'nbviva adopt WEEK'. New weeks ('nbviva new') are marked by nbviva."
)


@dataclass(frozen=True)
class MarkLine:
    """What the table of marks says about one hand-in.

    Attributes
    ----------
    lost
        Numbers of the questions without full points; where no notebook was read, a word on that.
    needs_person
        Whether a mark is missing, and no person has given it in the gradebook.
    provisional
        What nbviva would give beside the points that stand, where a person decides because of a doubt.
    """

    group: str
    points: float
    extra: float
    late: str
    reasons: tuple[str, ...]
    needs_person: bool
    provisional: float = 0.0
    lost: tuple[str, ...] = ()


def stored_rows(course: Course, week: str, groups: Sequence[str]) -> list[MarkLine]:
    """Give the rows of the stored reports of these groups, those that need a person first."""
    reports = (stored_report(course.report(week, group)) for group in groups)
    assignment = course.assignment(week)
    extensions = course.extensions(assignment)
    rows = [row(course, report, extensions) for report in reports if report]
    rows = [item if takes(item.group) else _left(item) for item in rows]
    if any(item.needs_person for item in rows):
        from nbviva.results.marks import gradebook_marks

        booked = gradebook_marks(course, assignment)
        rows = [_decided(item, booked.get(item.group), assignment) for item in rows]
    return sorted(rows, key=lambda item: not item.needs_person)


def _left(item: MarkLine) -> MarkLine:
    return replace(item, needs_person=True, reasons=(LEFT, *item.reasons))


def _decided(item: MarkLine, booked: Marked | None, assignment: Assignment) -> MarkLine:
    """Give the row with the gradebook's points, where a person has given what was missing."""
    if not item.needs_person or booked is None or booked.needs_person:
        return item
    marks = list(zip(assignment.questions, booked.points, strict=True))
    points, extra = (sum(given or 0 for asked, given in marks if asked.bonus is bonus) for bonus in (False, True))
    reasons = ("A person has decided.", *item.reasons)
    return replace(item, points=points, extra=extra, reasons=reasons, needs_person=False, provisional=0.0)


def row(course: Course, report: Report, extensions: Extensions | None = None) -> MarkLine:
    """Give the row of a report; the week's extensions are read where they are not given."""
    read = any(verdict.cause != NO_NOTEBOOK for verdict in report.verdicts)
    lost = tuple(_reason(mark, report) for mark in report.marks if read and mark.outcome is not Outcome.PASSED)
    late = lateness(course, report.week, report.group, extensions)
    reasons = (*(doubt.sentence for doubt in report.doubts), *report.notes, *filter(None, lost))
    numbers = [mark.number for mark in report.marks if mark.outcome is not Outcome.PASSED]
    return MarkLine(
        report.group,
        report.points,
        report.extra_points,
        late,
        reasons,
        report.needs_person,
        report.provisional,
        tuple(dict.fromkeys(numbers)) if read else ("no notebook",),
    )


def lateness(course: Course, week: str, group: str, extensions: Extensions | None = None) -> str:
    """Say how late a hand-in came, by its timestamp.txt; a dash where it is in time or has none."""
    minutes = arrival(course, course.assignment(week), group, extensions).late_minutes
    return "?" if minutes is None else f"{minutes} min" if minutes else "-"


def _reason(mark: Mark, report: Report) -> str:
    verdicts = [verdict for verdict in report.verdicts if verdict.exercise == mark.question]
    outcome = combine([verdict.outcome for verdict in verdicts])
    first = next(verdict for verdict in verdicts if verdict.outcome is outcome)
    return "" if outcome is Outcome.PASSED else f"{mark.number} {mark.title}: {first.detail}"


def print_collected(
    week: str, rows: tuple[Collected, ...], prints: Mapping[str, str], title: str = "what was collected"
) -> None:
    """Print what was collected, a row a hand-in, with the fingerprint that `nbviva check` showed its group."""
    headings = ("group", "handed in (UTC)", "what was done", "files", "fingerprint", "notes")
    cells = (
        (
            item.group or "-",
            f"{item.handed_in:%Y-%m-%d %H:%M:%S}" if item.handed_in else "-",
            str(item.action),
            str(len(item.files)),
            prints.get(item.group, "-"),
            "\n".join(item.notes),
        )
        for item in rows
    )
    print_table(headings, cells, title=f"{week}: {title}", lines=True)


def print_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Print lines, each in its style."""
    out = console()
    for style, line in lines:
        out.print(Text(line, style), soft_wrap=True)


def print_json(value: object) -> None:
    """Print plain data as JSON."""
    typer.echo(
        json.dumps(value, indent=1, default=lambda item: item.isoformat() if isinstance(item, datetime) else str(item))
    )


def progress(done: int, total: int) -> None:
    """Say now and then how many mutants are done."""
    if done % 50 == 0 or done == total:
        typer.echo(f"{done}/{total} mutants", err=True)


def print_mutants(score: Score) -> None:
    """Print the score of generated mutants, and a row for each that passes every check."""
    wrong = len(score.tried) - len(score.fair)
    caught = f"{score.caught} of {wrong} wrong ones caught ({score.score:.1%})"
    typer.echo(f"{score.week}: {counted(len(score.tried), 'mutant')}, {caught}.")
    headings = ("cell", "line", "operator", "before and after", "what came of it")
    rows = (_passing(item) for item in score.tried if not item.is_caught)
    print_table(headings, rows, title="Mutants that pass every check", lines=True)
    for error in score.errors:
        typer.echo(error)


def _passing(item: TriedMutant) -> tuple[str, ...]:
    why = f"{item.explained.kind}: {item.explained.why}" if item.explained else f"{item.fate}, to be explained"
    slip = item.mutated
    return item.cell, str(slip.line), slip.operator, f"{slip.before}\n{slip.after}", why


def print_files(paths: list[Path], *, as_json: bool = False) -> None:
    """Print files, by their paths in the course; one that lies elsewhere by its own."""
    root = Course.find().root
    names = [str(path.relative_to(root) if path.is_relative_to(root) else path) for path in paths]
    if as_json:
        print_json({"files": names})
    else:
        typer.echo("\n".join(names))


def print_symptoms(found: list[Symptom]) -> None:
    """Print what `doctor` found, and a count."""
    areas = [item.area for item in found]
    rows = (
        (
            item.area if item.area != before else "",
            item.name,
            Text(item.state, _STATES[item.state]),
            item.found,
            item.mend,
        )
        for item, before in zip(found, ["", *areas], strict=False)
    )
    print_table(("area", "looked at", "", "found", "what to do"), rows, framed=False)
    faults, warnings = (sum(item.state == state for item in found) for state in ("fault", "warning"))
    typer.echo(f"{counted(faults, 'fault')}, {counted(warnings, 'warning')}.")


def print_begun(begun: Begun, week: list[str], *, as_json: bool) -> None:
    """Print what `init` made, and what comes next."""
    if as_json:
        print_json({**asdict(begun), "written": [*begun.written, *week]})
        return
    for name in (*begun.written, *week):
        typer.echo(begun.root / name)
    for name in begun.kept:
        typer.echo(f"{begun.root / name} was there already and stays as it is.", err=True)
    if begun.existing:
        typer.echo(_EXISTING, err=True)
    there = "" if begun.root.resolve() == Path.cwd() else f"cd {begun.root}; "
    first = next(iter(week), "graders/week1").split("/")[1]
    made = "" if week else f"nbviva new {first}; "
    typer.echo(f"Next: {there}{made}nbviva verify {first}. 'nbviva doctor' says what this machine lacks.", err=True)


def print_marks(rows: list[MarkLine], assignment: Assignment, *, why: bool) -> None:
    """Print the table of marks, a line a hand-in, or with the reason of each lost point; then how many there are."""
    extra = f", and up to {assignment.extra:g} extra" if assignment.extra else ""
    typer.echo(f"{assignment.title}: marks of {assignment.maximum:g}{extra}")
    if why:
        _print_reasons(rows)
    else:
        _print_points(rows)
    console().print(*_summary(rows, assignment, why=why), sep="\n", highlight=False, markup=False, soft_wrap=True)


def _print_reasons(rows: list[MarkLine]) -> None:
    cells = ((*_marks(item), "\n".join(item.reasons)) for item in rows)
    print_table((*_MARKS, "why"), cells, right=_MARKS[1:], lines=True)


def _print_points(rows: list[MarkLine]) -> None:
    """Print a line a hand-in; a table of rich's takes a second for some hundred."""
    lines = [(*_MARKS, "points lost in"), *((*_marks(item), ", ".join(item.lost)) for item in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    width = console().width
    for place, (group, *numbers, lost) in enumerate(lines):
        padded = (f"{' ' * (most - cell_len(text))}{text}" for text, most in zip(numbers, widths[1:-1], strict=True))
        line = f" {'  '.join((set_cell_size(group, widths[0]), *padded, lost))}"
        line = line if cell_len(line) <= width else f"{set_cell_size(line, width - 1)}…"
        typer.secho(line.rstrip(), bold=place == 0)


def _marks(item: MarkLine) -> tuple[str, str, str, str]:
    points = _waiting(item) if item.needs_person else f"{item.points:g}"
    return shown(item.group), points, f"{item.extra:g}", item.late


def _summary(rows: list[MarkLine], assignment: Assignment, *, why: bool) -> Iterator[str]:
    """Say how many are marked, and where to read on."""
    waiting = sum(item.needs_person for item in rows)
    parts = [f"{len(rows) - waiting} marked"]
    parts += [f"{counted(waiting, 'needs', 'need')} a person"] if waiting else []
    parts += [f"{late} late"] if (late := sum(item.late not in {"-", "?"} for item in rows)) else []
    yield f"{counted(len(rows), 'hand-in')}: {', '.join(parts)}."
    week = assignment.week
    if not why:
        yield f"Why: nbviva grade {week} GROUP, or --why for all. What was asked: nbviva show {week} GROUP QUESTION."
    yield f"Feedback: feedback/GROUP/{week}/{'*' if assignment.parts else assignment.notebook}.html"
    yield f"Class report: reports/{week}/index.html, written by nbviva report {week}"


def _waiting(item: MarkLine) -> str:
    so_far = f", {item.points + item.extra + item.provisional:g} in all so far"
    return "a person decides" + (so_far if item.provisional else "")

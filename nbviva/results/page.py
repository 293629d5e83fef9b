"""The class report as one HTML page that needs no other file and no server; nothing on it may ask for another.

Its policy allows its own two scripts and its style sheet by their digests, and no request at all. All that is shown is
escaped by the template, or written as text by the page's script.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from nbviva.course import Course
from nbviva.feedback.html import template
from nbviva.files import write
from nbviva.listing import said
from nbviva.results import charts
from nbviva.results.auditpage import with_code
from nbviva.results.classreport import ClassReport, HandIn
from nbviva.results.export import marks_table
from nbviva.results.faults import ADVICE, FaultKind, counts
from nbviva.results.marks import NEEDS_PERSON, StudentRow, rows
from nbviva.results.statistics import Distribution
from nbviva.results.walk import QuestionWalk
from nbviva.wording import counted

_FOLDER = Path(__file__).parent / "templates"
_COSTS = {"seconds": "seconds a hand-in", "mebibytes": "MiB a hand-in"}
_FIELDS = (
    "group",
    "people",
    "feedback",
    "audit",
    "formgrader",
    "points",
    "extra",
    "late",
    "penalty",
    "total",
    "status",
    "sandbox",
    "seconds",
    "mebibytes",
)


@dataclass(frozen=True)
class Download:
    """A file that the page offers: inside of it, or beside it in the course."""

    name: str
    link: str
    what: str


def write_page(course: Course, report: ClassReport, listed: tuple[StudentRow, ...] | None = None) -> Path:
    """Write the page to `reports/WEEK/index.html`, or `anonymous.html`; it is its owner's alone, as the marks are.

    It offers the marks list `listed`; None: as it is now.
    """
    path = course.root / "reports" / report.week / ("anonymous.html" if report.anonymous else "index.html")
    write(path, page(report, downloads(course, report, listed)))
    return path


def page(report: ClassReport, files: Sequence[Download] = ()) -> str:
    """Give the page's HTML."""
    library = charts.script()
    own = "".join((_FOLDER / name).read_text("utf-8") for name in ("report.js", "walk.js"))
    style = (_FOLDER / "report.css").read_text("utf-8")
    drawn = _charts(report)
    return template("results", "report.html.j2", number=_number, code=with_code).render(
        report=report,
        charts={chart.name: chart for chart in drawn},
        faults=[(kind, ADVICE[kind], number, _said(report, kind)) for kind, number in counts(report.faults)],
        agreed=_agreed(report),
        links={handin.group: handin.feedback for handin in report.handins},
        summary=_summary(report),
        files=files,
        data=_data(report, drawn),
        policy=_policy(style, library, own),
        style=Markup(style),  # noqa: S704 - these three are our own files
        library=Markup(library),  # noqa: S704
        own=Markup(own),  # noqa: S704
    )


def _said(report: ClassReport, kind: FaultKind) -> list[tuple[str, list[str]]]:
    """Give each sentence of a kind once, with the groups that it is about."""
    found: dict[str, dict[str, None]] = {}
    for fault in report.faults:
        if fault.kind is kind:
            found.setdefault(fault.sentence, {})[fault.group] = None
    return [(sentence, list(groups)) for sentence, groups in found.items()]


def _agreed(report: ClassReport) -> list[tuple[str, int]]:
    """Give the questions all of whose answers are right, and by how many checks."""
    right = [f"{a.number} {a.title}" for a in report.answers if all(given.right for given in a.given)]
    return list(Counter(right).items())


def _policy(style: str, *scripts: str) -> str:
    hashes = " ".join(_source(script) for script in scripts)
    places = "style-src-attr 'unsafe-inline'"  # Vega places its tooltip so
    rest = "img-src data:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {hashes}; style-src {_source(style)}; {places}; {rest}"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(report: ClassReport, drawn: Sequence[charts.Chart]) -> dict[str, Any]:
    """Give what the page's script draws: the hand-ins as rows of plain values, and the charts."""
    numbers = [name for name, _ in report.handins[0].questions] if report.handins else []
    return {
        "fields": [
            *_FIELDS,
            *(f"q{i}" for i in range(len(numbers))),
            *(f"v{i}" for i in range(len(report.distributions))),
        ],
        "questions": numbers,
        "rows": [_row(handin, report.distributions) for handin in report.handins],
        "walks": [_walk(item) for item in report.walks],
        "charts": [{"name": chart.name, "field": chart.field, "spec": chart.spec} for chart in drawn],
    }


def _row(handin: HandIn, found: Sequence[Distribution]) -> list[Any]:
    values = dict(handin.values)
    measured = [values.get(item.name) if handin.group in dict(item.numbers) else None for item in found]
    return [
        handin.group, ", ".join(handin.people), handin.feedback, handin.audit, handin.formgrader,
        handin.points, handin.extra, handin.late_minutes,
        handin.penalty, handin.total, handin.status, handin.sandbox, handin.seconds, handin.mebibytes,
        *(points for _, points in handin.questions), *measured,
    ]  # fmt: skip


def _walk(walk: QuestionWalk) -> dict[str, Any]:
    stops = [
        {
            "group": stop.group, "kind": str(stop.kind), "points": stop.points, "told": stop.told, "like": stop.like,
            "cluster": stop.cluster, "size": stop.size,
        }
        for stop in walk.stops
    ]  # fmt: skip
    head = {
        "name": walk.name,
        "number": walk.number,
        "title": walk.title,
        "maximum": walk.maximum,
        "notebook": walk.notebook,
    }
    return {**head, "stops": stops}


def _charts(report: ClassReport) -> list[charts.Chart]:
    return [
        *_points_charts(report),
        *_question_charts(report),
        *(_value_chart(f"value{i}", f"v{i}", found) for i, found in enumerate(report.distributions) if found.numbers),
        *(
            charts.curves(f"curve{i}", f"{curve.title} at each setting, one line a hand-in.", curve)
            for i, curve in enumerate(report.curves)
        ),
        *(_cost_chart(report, field) for field in _COSTS if _costs(report, field)),
    ]


def _costs(report: ClassReport, field: str) -> tuple[tuple[str, float], ...]:
    found = ((handin.group, getattr(handin, field)) for handin in report.handins)
    return tuple((group, number) for group, number in found if number is not None)


def _cost_chart(report: ClassReport, field: str) -> charts.Chart:
    return _value_chart(field, field, Distribution(_COSTS[field], None, None, _costs(report, field), 0))


def _points_charts(report: ClassReport) -> Iterator[charts.Chart]:
    for name, title, top in (("points", "points", report.maximum), ("extra", "extra points", report.extra)):
        reached = [value for handin in report.handins if (value := getattr(handin, name)) is not None]
        if top and reached:
            text = f"How many hand-ins have how many {title}, of {top:g}. {_middle(reached)}"
            yield charts.steps(name, text, name, title, (0, max(top, *reached)), _step(reached, top))


def _question_charts(report: ClassReport) -> Iterator[charts.Chart]:
    if report.items:
        yield charts.shares("shares", "The mean share of the points that each question gave.", report.items)
    if any(item.discrimination is not None for item in report.items):
        text = "Each question's mean share of the points against its discrimination."
        yield charts.difficulties("difficulties", text, report.items)


def _value_chart(name: str, field: str, found: Distribution) -> charts.Chart:
    numbers = [number for _, number in found.numbers]
    low, high = min(numbers), max(numbers)
    if all(number.is_integer() for number in numbers) and high - low <= 60:
        return charts.steps(name, _words(found), field, found.title, (low - 1, high + 1), 1.0)
    return charts.distribution(name, _words(found), field, found)


def _words(found: Distribution) -> str:
    numbers = [number for _, number in found.numbers]
    words = f"{found.title} of {counted(len(numbers), 'hand-in')}. {_middle(numbers)}"
    if found.bound is not None:
        words += f" Bound: {_number(found.bound, 6)}; {sum(number < found.bound for number in numbers)} are below."
    if found.reference is not None:
        words += f" Our own solution: {_number(found.reference)}."
    return words + (f" {found.infinite} are infinite or no number." if found.infinite else "")


def _middle(numbers: Sequence[float]) -> str:
    found = (min(numbers), max(numbers), statistics.median(numbers), statistics.fmean(numbers))
    low, high, middle, mean = map(_number, found)
    return f"From {low} to {high}, median {middle}, mean {mean}."


def _step(reached: Sequence[float], top: float) -> float:
    """Give the width of a bar: whole points where all are, else halves or quarters, and few enough bars to read."""
    steps = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0)
    exact = next((step for step in (1.0, 0.5, 0.25) if all(value % step == 0 for value in reached)), 0.25)
    return next((step for step in steps if step >= exact and top / step <= 40), 50.0)


def _summary(report: ClassReport) -> dict[str, str]:
    handins = report.handins
    marked = [handin.points for handin in handins if handin.points is not None]
    people = sum(handin.status == NEEDS_PERSON for handin in handins)
    late = sum(bool(handin.late_minutes) for handin in handins)
    return {
        "hand-ins": str(len(handins)),
        "median points": f"{statistics.median(marked):g} of {report.maximum:g}" if marked else "-",
        "mean points": f"{statistics.fmean(marked):.3g} of {report.maximum:g}" if marked else "-",
        "need a person": str(people),
        "late": str(late),
    }


def downloads(course: Course, report: ClassReport, listed: tuple[StudentRow, ...] | None) -> list[Download]:
    """Give the marks as files: the list inside of the page, and what `nbviva export` has written."""
    if report.anonymous:
        return [
            _inside(f"{report.week}-anonymous.csv", _anonymous_table(report), "the hand-ins under their pseudonyms")
        ]
    assignment = course.assignment(report.week)
    table = marks_table(assignment, rows(course, report.week) if listed is None else listed)
    written = sorted((course.root / "marks").glob(f"{report.week}-*"))
    return [
        _inside(f"{report.week}-marks.csv", table, "the marks as they stand now, one row a student"),
        *(Download(path.name, f"../../marks/{path.name}", "as nbviva export wrote it") for path in written),
    ]


def _inside(name: str, table: Sequence[Sequence[str | float | None]], what: str) -> Download:
    text = io.StringIO()
    csv.writer(text).writerows([[said(value) for value in line] for line in table])
    coded = base64.b64encode(text.getvalue().encode("utf-8-sig")).decode()
    return Download(name, f"data:text/csv;charset=utf-8;base64,{coded}", what)


def _anonymous_table(report: ClassReport) -> list[tuple[str | float | None, ...]]:
    numbers = tuple(name for name, _ in report.handins[0].questions)
    head = ("hand-in", *numbers, "points", "extra points", "late minutes", "penalty", "total", "status")
    return [
        head,
        *(
            (h.group, *(p for _, p in h.questions), h.points, h.extra, h.late_minutes, h.penalty, h.total, h.status)
            for h in report.handins
        ),
    ]


def _number(value: float | None, digits: int = 3) -> str:
    """Say a number by its first digits, and never with an exponent where it is large."""
    return "-" if value is None else f"{float(f'{value:.{digits}g}'):.12g}"

"""The whole route in a copy of the course: source, release, hand-ins, sandbox, checks, gradebook, feedback.

The reference and the blank release are handed in and marked there, so that the instructor's gradebook and hand-ins are
not touched. On the way the release, the feedback and a student's kernel (`probe`) are searched for secrets.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbviva.configuration import configuration
from nbviva.course import Course
from nbviva.files import regular_files
from nbviva.gradebook import record
from nbviva.gradebook.nbgrader import nbgrader, set_deadline
from nbviva.grading import stored
from nbviva.grading.verdict import Outcome, Report
from nbviva.handin.walk import walk
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.outputs import clean, printed
from nbviva.kernel.room import Clock, GivenFiles, Room, stage
from nbviva.notebooks import copy, is_answer, new_cell, new_notebook, to_text
from nbviva.records import Measured
from nbviva.results.marks import gradebook_marks
from nbviva.results.statistics import noted
from nbviva.sandbox import scratch
from nbviva.secret import secret_of
from nbviva.verify import probe, release
from nbviva.verify.leaks import Secrets, find_leaks, secrets_of, texts_of
from nbviva.week.source import release_template, source_notebooks

_DONE = "The search went through."


REFERENCE, BLANK = "reference", "blank"


def reachable(secrets: Secrets, handin: Path, data: Path, room: Room) -> list[str]:
    """Give a sentence for each secret that a hand-in's kernel can reach.

    Parameters
    ----------
    handin, data
        The folder of a hand-in and that of the release's data, which are staged as they are for marking.
    """
    known = {probe.digest(item) for item in (*secrets.lines, *secrets.tokens, secrets.key) if item}
    names = set(secrets.names)
    code = f"{inspect.getsource(probe)}\nprint(*sorted(set(search({known!r}, {names!r}))), {_DONE!r}, sep='\\n')"
    notebook = new_notebook([new_cell("code", code.replace("from __future__ import annotations\n", ""))], {})
    with scratch.folder() as place:
        stage(((file.place, file.path) for file in walk(handin).files), GivenFiles(data, "data"), Path(place))
        with KernelStudent(Path(place), room, Clock(cell=120)) as kernel:
            kernel.run(notebook, {})
    said = printed(clean(notebook.cells[0].outputs)).strip().splitlines()
    if not said or said[-1] != _DONE:
        return ["the search in the kernel did not end: look at nbviva/verify/probe.py"]
    return said[:-1]


@dataclass(frozen=True)
class Taken:
    """What the route gave: for each hand-in the points in the gradebook, what went wrong, and its seconds.

    Attributes
    ----------
    points
        By hand-in: points and extra points, as the gradebook and the report have them.
    failures
        For the reference what did not pass, for the blank release what got points; each a few words.
    leaks
        What the release, the feedback and the kernel give away.
    cpu, wall
        Seconds of marking, by hand-in.
    values
        What checks measured on the reference, by name.
    """

    points: dict[str, tuple[float, float]]
    failures: dict[str, tuple[str, ...]]
    leaks: tuple[str, ...]
    cpu: dict[str, float]
    wall: dict[str, float]
    values: dict[str, Measured] = field(default_factory=dict)


def take(course: Course, week: str, room: Room, say: Callable[[str], None]) -> Taken:
    """Take the route in a copy of the course's week, which is removed again."""
    with scratch.folder() as place:
        twin = _copied(course, week, Path(place) / "course")
        say("route: source and release")
        leaks = _released(twin, week, secret_of(course.root))
        secrets = secrets_of(twin.week(week), secret_of(course.root))
        _hand_in(twin, week)
        reports, cpu = {}, {}
        for group in (REFERENCE, BLANK):
            say(f"route: marking the {group}")
            before = _cpu()
            reports[group] = stored.graded(twin, week, group, room=room)[0]
            cpu[group] = round(_cpu() - before, 2)
        say("route: gradebook and feedback")
        record.record(twin, week, [REFERENCE, BLANK])
        say("route: searching a kernel for secrets")
        found = (*leaks, *_in_feedback(twin, secrets), *_in_kernel(twin, week, secrets, room))
        return Taken(
            points=_points(twin, week, reports),
            failures={
                REFERENCE: tuple(_failures(reports[REFERENCE])),
                BLANK: tuple(f"'{m.question}' gets {m.points:g}" for m in reports[BLANK].marks if m.points),
            },
            leaks=found,
            cpu=cpu,
            wall={group: report.seconds.get("total", 0.0) for group, report in reports.items()},
            values={name: number for name, (number, _) in noted(reports[REFERENCE]).items()},
        )


def _copied(course: Course, week: str, root: Path) -> Course:
    """Copy what the route needs; a secret of its own is drawn there unless the environment gives one."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(course.root / "graders" / week, root / "graders" / week, ignore=ignored)
    for path in (*course.root.glob("*.py"), *_header_and_footer(course)):  # the configuration, and what it names
        target = root / path.relative_to(course.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    # There the week is never over: where its pages show solutions afterwards, they do not while somebody can hand in.
    (root / "extensions.csv").write_text(f"group,week,due\nnobody,{week},2999-01-01 00:00\n", "utf-8")
    return Course(root)


def _header_and_footer(course: Course) -> Iterator[Path]:
    """Give the notebooks whose cells nbgrader puts around each release, where they lie in the course."""
    named = configuration(course.root).IncludeHeaderFooter
    for name in (named.get("header", ""), named.get("footer", "")):
        path = (course.root / str(name)).resolve()
        if name and path.is_file() and course.root.resolve() in path.parents:
            yield course.root / path.relative_to(course.root.resolve())


def _released(course: Course, week: str, secret: bytes) -> list[str]:
    """Make source and release, and give what the release gives away, rather than refuse it."""
    release.make_source(course, week)
    nbgrader(course, "generate_assignment", week, "--force", "--create")
    set_deadline(course, week)
    return [f"The release gives away {leak}" for leak in find_leaks(course.week(week), course.release(week), secret)]


def _hand_in(course: Course, week: str) -> None:
    for name, source in source_notebooks(course.week(week)).items():
        blank = release_template(source)
        solved = copy(blank)
        for cell, original in zip(solved.cells, source.cells, strict=True):
            if is_answer(cell):
                cell.source = original.source
        for group, notebook in ((REFERENCE, solved), (BLANK, blank)):
            folder = course.submitted(week, group)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.ipynb").write_text(to_text(notebook), encoding="utf-8")


def _cpu() -> float:
    import resource  # not on Windows, where an author may make a release

    use = (resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF))
    return sum(item.ru_utime + item.ru_stime for item in use)


def _points(course: Course, week: str, reports: dict[str, Report]) -> dict[str, tuple[float, float]]:
    """Give the points that the gradebook has; a difference to the report shows as a mark that is not right."""
    questions = course.assignment(week).questions
    found = {}
    for group, marked in gradebook_marks(course, course.assignment(week)).items():
        points = [0.0 if given is None else given for given in marked.points]
        extra = sum(given for question, given in zip(questions, points, strict=True) if question.bonus)
        found[group] = (sum(points) - extra, extra)
    return {group: found.get(group, (-1.0, 0.0)) for group in reports}


def _failures(report: Report) -> Iterator[str]:
    yield from report.notes
    for verdict in report.verdicts:
        if verdict.outcome is not Outcome.PASSED:
            yield f"'{verdict.check}' {verdict.outcome}: {verdict.detail}"


def _in_feedback(course: Course, secrets: Secrets) -> Iterator[str]:
    """Search the blank hand-in's feedback; the reference's holds the solutions, since they were handed in."""
    for path in regular_files(course.root / "feedback" / BLANK):
        for text in texts_of(path):
            yield from (f"The feedback gives away {leak}" for leak in secrets.in_text(text, path.name))


def _in_kernel(course: Course, week: str, secrets: Secrets, room: Room) -> Iterator[str]:
    handin, data = course.submitted(week, BLANK), course.source(week) / "data"
    yield from (f"In a student's kernel {found}" for found in reachable(secrets, handin, data, room))

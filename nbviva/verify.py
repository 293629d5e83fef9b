"""`nbviva verify`: the gate before a release. It joins the rows; each says what is wrong in sentences of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nbviva import reference_values
from nbviva.checks import Week
from nbviva.cost import cost
from nbviva.course import Course
from nbviva.files import regular_files
from nbviva.finding import Finding, Origin
from nbviva.flakes import Plan, flakes, reference
from nbviva.imports import files_behind
from nbviva.leaks import Secrets, secrets_of
from nbviva.mutant_score import Score
from nbviva.mutate import mutation_score
from nbviva.overlays import alternatives, mutants
from nbviva.release import make_source
from nbviva.results import Cache, environment, key_of
from nbviva.room import Room
from nbviva.route import BLANK, REFERENCE, Taken, take
from nbviva.tryouts import Bench, Pools, Tried

LEAST_SCORE = 0.9  # of the generated mutants that are wrong


@dataclass(frozen=True)
class Options:
    """How much is tried.

    Attributes
    ----------
    again
        Whether what the cache has is made anew.
    workers
        Processes at a time; 0: everything in this process.
    """

    thorough: bool = False
    again: bool = False
    workers: int = 2
    repeats: int = 20
    room: Room = field(default_factory=Room)


def verify(course: Course, name: str, options: Options, say: Callable[[str], None]) -> Iterator[Finding]:
    """Give the rows of a week one after another; a defect in any of them should stop the release."""
    cache = Cache(course.root / ".nbviva" / "cache", fresh=options.again)
    week = course.week(name)
    if not (course.source(name) / f"{week.assignment.notebook}.ipynb").is_file():
        say("source")
        make_source(course, name)
    taken, origin = _route(course, week, cache, options, say)
    reference_values.keep(course, name, taken.values)
    yield _marks(week, taken, origin)
    with Pools(options.workers) as pools:
        bench = Bench(week, cache, pools, say)
        wrong_row, wrong = mutants(bench)
        yield wrong_row
        yield _generated(course, name, options, say)
        right_row, right = alternatives(bench, thorough=options.thorough)
        yield right_row
        first = reference(bench) + right
        plan = Plan(options.repeats, options.thorough)
        flaky_row, repeated = flakes(bench, first, plan, course.source(name))
        yield flaky_row
    yield _leaks(taken, origin, wrong, secrets_of(week, course.secret()))
    yield cost(course, name, taken, (*first.trials, *repeated.trials), max(1, options.workers))


def _route(
    course: Course, week: Week, cache: Cache, options: Options, say: Callable[[str], None]
) -> tuple[Taken, Origin]:
    """Take the route, unless nothing that decides it has changed since it was taken."""
    here = Path(__file__).parent
    code = files_behind(["nbviva.route", "nbviva.agent", "nbviva.pages", "nbviva.template"], {"nbviva": here})
    files = [path for path in regular_files(week.folder) if "__pycache__" not in path.parts]
    secret = course.secret()
    key = key_of(environment(), *code, *sorted(here.glob("*.typ")), *sorted(files), secret, options.room)
    kept = cache.get("route", key)
    if kept is not None:
        return Taken.from_json(kept.value), Origin(kept=1, oldest=kept.made)
    taken = take(course, week.assignment.week, options.room, say)
    cache.put("route", key, asdict(taken))
    return taken, Origin(made=1)


def _marks(week: Week, taken: Taken, origin: Origin) -> Finding:
    """Give the row on the reference and the blank release."""
    full = (week.assignment.maximum, week.assignment.extra)
    defects = []
    if taken.points[REFERENCE] != full:
        why = " ".join(taken.failures[REFERENCE]) or "The gradebook has other marks than the report."
        got = f"{taken.points[REFERENCE][0]:g} points and {taken.points[REFERENCE][1]:g} extra"
        defects.append(f"The reference gets {got} of {full[0]:g} and {full[1]:g}: mend notebook.py or the check. {why}")
    if taken.points[BLANK] != (0, 0):
        why = ", ".join(taken.failures[BLANK]) or "in the gradebook"
        defects.append(f"The blank release gets points ({why}): let that question's check ask for an answer.")
    said = [f"{name} {points:g} of {full[0]:g}, extra {extra:g}" for name, (points, extra) in taken.points.items()]
    return Finding("marks", "; ".join(said), tuple(defects), origin=origin)


def _generated(course: Course, name: str, options: Options, say: Callable[[str], None]) -> Finding:
    """Give the row on generated mutants; those that pass and that the author explained are no defects."""

    def told(done: int, of: int) -> None:
        if done % 50 == 0 or done == of:
            say(f"generated mutants: {done} of {of}")

    score = mutation_score(course, name, workers=options.workers or 1, told=told)
    wrong = len(score.tried) - len(score.fair)
    summary = (
        f"{score.caught} of {wrong} wrong ones are caught ({score.score:.1%}); {len(score.fair)} are right as well"
    )
    defects = [
        f"The slip '{item.mutated.after.strip()}' for '{item.mutated.before.strip()}' in '{item.cell}' (line "
        f"{item.mutated.line}) passes every check: catch it, or say in {name}/survivors.toml why it may."
        for item in score.unexplained
    ]
    defects += score.errors
    if wrong and score.score < LEAST_SCORE:
        defects.append(f"Only {score.score:.1%} of the generated mutants are caught; {LEAST_SCORE:.0%} are expected.")
    details = tuple(
        f"'{item.cell}' line {item.mutated.line}: '{item.mutated.before.strip()}' became '{item.mutated.after.strip()}'"
        f"; {item.explained.why}"
        for item in score.survivors
        if item.explained
    )
    return Finding("generated mutants", summary, tuple(defects), details, _tried(score))


def _tried(score: Score) -> Origin:
    return Origin(made=len(score.tried) - score.cached, kept=score.cached)


def _leaks(taken: Taken, origin: Origin, wrong: Tried, secrets: Secrets) -> Finding:
    """Give the row on leaks: on the route, and in what wrong answers are told."""
    told = [(trial.overlay, item.detail) for trial in wrong.trials for item in trial.judged]
    said = [
        f"What a student is told about '{overlay}' gives away {leak}"
        for overlay, detail in told
        for leak in secrets.in_text(detail, "its verdict")
    ]
    found = [f"{leak}: take it out." for leak in dict.fromkeys((*taken.leaks, *said))]
    summary = f"release, feedback, kernel, and {len(told)} sentences on wrong answers: {len(found) or 'no'} leaks"
    return Finding("leaks", summary, tuple(found), origin=origin)

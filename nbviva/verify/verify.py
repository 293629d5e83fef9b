"""`nbviva verify`: the gate before a release. It joins the rows; each says what is wrong in sentences of its own.

The row on cost stands here: seconds a check and a hand-in, and what marking everybody will take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from nbviva.cache import ResultCache
from nbviva.course import Course
from nbviva.files import regular_files
from nbviva.grading.digest import of_environment
from nbviva.grading.framework import NBVIVA, RUN
from nbviva.grading.rehearsal import closure
from nbviva.handin.people import read_roster
from nbviva.kernel.room import Room
from nbviva.results import statistics
from nbviva.secret import secret_of
from nbviva.verify.adopted_rows import adopted_rows
from nbviva.verify.answers import CHEAP_SECONDS, Plan, alternatives, flakes, mutants, rates, reference
from nbviva.verify.beside import beside_hidden_data
from nbviva.verify.best import best_possible
from nbviva.verify.keys import key_of
from nbviva.verify.leaks import Secrets, secrets_of
from nbviva.verify.mutation.mutate import alternatives_score, mutation_score
from nbviva.verify.mutation.score import LEAST_SCORE, Fate, Score, explained
from nbviva.verify.odd import odd_answers
from nbviva.verify.release import make_source
from nbviva.verify.route import BLANK, REFERENCE, Taken, take
from nbviva.verify.row import Finding, Origin
from nbviva.verify.trials import Bench, Crews, Trial, TriedAnswers
from nbviva.week.imports import files_behind
from nbviva.week.week import Week
from nbviva.wording import counted

COSTLIEST = 5
LONGEST_HOURS = 12.0  # what a night gives
_ASSUMED = 100


def cost(course: Course, week: str, taken: Taken, trials: Sequence[Trial], cores: int) -> Finding:
    """Give the row: measured on the reference, projected on the roster, or else on what was handed in."""
    cpu, wall = taken.cpu[REFERENCE], taken.wall[REFERENCE]
    number, whence = hand_ins(course, week)
    hours = number * max(wall, cpu) / cores / 3600
    each = f"{wall:.0f} s a hand-in ({cpu:.0f} s CPU of the examiner's)"
    summary = f"{each}; {_time(hours)} for {number} {whence} on {cores} cores"
    defects: tuple[str, ...] = ()
    if hours > LONGEST_HOURS:
        defects = (f"Marking everybody takes {hours:.0f} hours: make the costliest checks cheaper, or use more cores.",)
    return Finding("cost", summary, defects, tuple(_checks(trials)), Origin())


def hand_ins(course: Course, week: str) -> tuple[int, str]:
    """Give how many hand-ins to expect, and how that is known."""
    people = read_roster(course.root / "roster.csv").people
    groups = len({person.group for person in people if person.group})
    size = course.assignment(week).group_size
    if people:
        return groups or -(-len(people) // size), "groups of the roster"
    submitted = len(course.groups(week))
    return (submitted, "hand-ins") if submitted else (_ASSUMED, "hand-ins (there is no roster.csv)")


def _checks(trials: Sequence[Trial]) -> Iterator[str]:
    """Give the costliest checks of the reference, on real data where there are such trials."""
    own = [trial for trial in trials if not trial.overlay]
    own = [trial for trial in own if trial.real] or own
    seconds: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for trial in own:
        for item in trial.judged:
            seconds[item.check].append((item.cpu, item.wall))
    mean = {name: [fmean(column) for column in zip(*found, strict=True)] for name, found in seconds.items()}
    ranked = sorted(mean.items(), key=lambda entry: -entry[1][0])
    if ranked:
        listed = ", ".join(f"{name} {cpu:.2g} s ({wall:.2g} s)" for name, (cpu, wall) in ranked[:COSTLIEST])
        total = sum(cpu for cpu, _ in mean.values())
        yield f"Seconds of CPU (and wall clock) a check: {listed}; all {len(ranked)}: {total:.2g} s."


def _time(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"


@dataclass(frozen=True)
class VerifyOptions:
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


def verify(course: Course, name: str, options: VerifyOptions, say: Callable[[str], None]) -> Iterator[Finding]:
    """Give the rows of a week one after another; a defect in any of them should stop the release."""
    if course.is_adopted(name):
        yield from adopted_rows(course, name, options.workers, say)
        return
    cache = ResultCache(course.root, anew=options.again)
    week = course.week(name)
    explained(week.folder)  # what cannot be read is refused before anything is tried
    for ending in ("mutants", "alternatives"):
        week.modules(ending)
    if not all((course.source(name) / f"{part}.ipynb").is_file() for part in week.assignment.notebooks):
        say("source")
        make_source(course, name)
    taken, origin = _route(course, week, cache, options, say)
    statistics.keep(course, name, taken.values)
    yield _marks(week, taken, origin)
    with Crews(options.workers) as crews:
        bench = Bench(week, cache, crews, say)
        wrong_row, wrong = mutants(bench)
        yield wrong_row
        yield _generated(course, name, options, say)
        right_row, right = alternatives(bench, thorough=options.thorough)
        yield right_row
        own = reference(bench)
        yield _generated_alternatives(course, week, own, options, say)
        first = own + right
        plan = Plan(options.repeats, options.thorough)
        flaky_row, repeated = flakes(bench, first, plan, course.source(name))
        yield flaky_row
    yield rates(week, first + repeated, wrong)
    yield best_possible((first + repeated).trials)
    yield odd_answers(week, sorted(_cheap(own.trials)), secret_of(course.root), say)
    yield beside_hidden_data(week)
    yield _leaks(taken, origin, wrong, secrets_of(week, secret_of(course.root)))
    yield cost(course, name, taken, (*first.trials, *repeated.trials), max(1, options.workers))


def _route(
    course: Course, week: Week, cache: ResultCache, options: VerifyOptions, say: Callable[[str], None]
) -> tuple[Taken, Origin]:
    """Take the route, unless nothing that decides it has changed since it was taken."""
    code = files_behind([*RUN, "nbviva.verify.route", "nbviva.feedback.nbgrader"], {"nbviva": NBVIVA})
    files = [path for path in regular_files(week.folder) if "__pycache__" not in path.parts]
    secret = secret_of(course.root)
    key = key_of(of_environment(), *code, *sorted(NBVIVA.rglob("*.typ")), *sorted(files), secret, options.room)
    kept = cache.get(Taken, key)
    if kept is not None:
        return kept.value, Origin(kept=1, oldest=kept.made)
    taken = take(course, week.assignment.week, options.room, say)
    cache.put(key, taken)
    return taken, Origin(made=1)


def _marks(week: Week, taken: Taken, origin: Origin) -> Finding:
    """Give the row on the reference and the blank release."""
    full = (week.assignment.maximum, week.assignment.extra)
    defects = []
    if taken.points[REFERENCE] != full:
        why = " ".join(taken.failures[REFERENCE]) or "The gradebook has other marks than the report."
        got = f"{taken.points[REFERENCE][0]:g} points and {taken.points[REFERENCE][1]:g} extra"
        defects.append(
            f"The reference gets {got} of {full[0]:g} and {full[1]:g}: mend the notebook or the check. {why}"
        )
    if taken.points[BLANK] != (0, 0):
        why = ", ".join(taken.failures[BLANK]) or "in the gradebook"
        defects.append(f"The blank release gets points ({why}): let that question's check ask for an answer.")
    said = [f"{name} {points:g} of {full[0]:g}, extra {extra:g}" for name, (points, extra) in taken.points.items()]
    return Finding("marks", "; ".join(said), tuple(defects), origin=origin)


def _generated(course: Course, name: str, options: VerifyOptions, say: Callable[[str], None]) -> Finding:
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
    if score.score < LEAST_SCORE:
        defects.append(f"Only {score.score:.1%} of the generated mutants are caught; {LEAST_SCORE:.0%} are expected.")
    details = tuple(
        f"'{item.cell}' line {item.mutated.line}: '{item.mutated.before.strip()}' became '{item.mutated.after.strip()}'"
        f"; {item.explained.why}"
        for item in score.survivors
        if item.explained
    ) + tuple(f"ready for survivors.toml, but for its reason:\n{item.entry}" for item in score.unexplained)
    return Finding("generated mutants", summary, tuple(defects), details, _tried(score))


def _generated_alternatives(
    course: Course, week: Week, own: TriedAnswers, options: VerifyOptions, say: Callable[[str], None]
) -> Finding:
    """Give the row on slips in alternatives; those whose checks cost much are left to `--thorough`."""

    def told(done: int, of: int) -> None:
        if done % 50 == 0 or done == of:
            say(f"mutated alternatives: {done} of {of}")

    cheap = _cheap(own.trials)
    known = week.overlays("alternatives")
    chosen = {
        name: tuple(check.name for check in week.checks if check in overlay.checks)
        for name, overlay in known.items()
        if options.thorough or {check.name for check in closure(overlay.checks)} <= cheap
    }
    name = week.assignment.week
    score = alternatives_score(course, name, chosen, workers=options.workers or 1, told=told)
    wrong = len(score.tried) - len(score.fair)
    summary = f"{score.caught} of {wrong} slips in {len(chosen)} alternatives are caught ({score.score:.1%})"
    summary += f"; {len(known) - len(chosen)} costly ones are left to --thorough" * (len(chosen) < len(known))
    defects = [
        f"The slip '{item.mutated.after.strip()}' for '{item.mutated.before.strip()}' in the alternative '{item.cell}' "
        "makes a check of ours fail itself: let it expect such answers."
        for item in score.tried
        if item.fate is Fate.BROKE
    ]
    if score.score < LEAST_SCORE:
        defects.append(f"Only {score.score:.1%} of these slips are caught; {LEAST_SCORE:.0%} are expected.")
    details = tuple(
        f"'{item.cell}' line {item.mutated.line}: '{item.mutated.before.strip()}' became '{item.mutated.after.strip()}'"
        " and passes."
        for item in score.survivors
    )
    return Finding("mutated alternatives", summary, tuple(defects), details, _tried(score))


def _cheap(trials: Sequence[Trial]) -> set[str]:
    """Name the checks that cost little on the reference."""
    own = [item for trial in trials if not trial.overlay for item in trial.judged]
    return {item.check for item in own} - {item.check for item in own if item.cpu > CHEAP_SECONDS}


def _tried(score: Score) -> Origin:
    return Origin(made=len(score.tried) - score.cached, kept=score.cached)


def _leaks(taken: Taken, origin: Origin, wrong: TriedAnswers, secrets: Secrets) -> Finding:
    """Give the row on leaks: on the route, and in what wrong answers are told."""
    told = [(trial.overlay, item.detail) for trial in wrong.trials for item in trial.judged]
    said = [
        f"What a student is told about '{overlay}' gives away {leak}"
        for overlay, detail in told
        for leak in secrets.in_text(detail, "its verdict")
    ]
    found = [f"{leak}: take it out." for leak in dict.fromkeys((*taken.leaks, *said))]
    summary = f"release, feedback, kernel, and {counted(len(told), 'sentence')} on wrong answers: "
    summary += counted(len(found), "leak") if found else "no leaks"
    return Finding("leaks", summary, tuple(found), origin=origin)

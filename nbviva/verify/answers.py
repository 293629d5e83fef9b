"""Rows of `verify` on single answers: mutants are caught, alternatives pass, and chance decides nothing.

For chance every trial has another secret, another group, and one or two threads, and what a check measures has to keep
its distance from its bound. Small stand-ins for data make most checks cheap; the reference is also tried on the real
data, which costs more and is what a bound such as a ROC-AUC of 0.75 is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbviva.grading.rehearsal import closure
from nbviva.grading.verdict import Outcome
from nbviva.verify.margin import FEWEST, Margin, margin
from nbviva.verify.row import Finding
from nbviva.verify.trials import Bench, Job, Judged, Trial, TriedAnswers
from nbviva.week.declare import Overlay
from nbviva.week.week import Week

CHEAP_SECONDS = 0.5  # CPU of a check, up to which it is repeated in full by default
FEW, FEW_REAL = 2, 3
Runs = dict[tuple[str, str], list[tuple[int, str, str]]]


def mutants(bench: Bench) -> tuple[Finding, TriedAnswers]:
    """Try every hand-written wrong answer once: the row, and the trials (what they were told is searched for leaks)."""
    known = bench.week.overlays("mutants")
    tried = bench.run(jobs(bench.week, known), "mutants")
    defects = tuple(sentence for trial in tried.trials for sentence in _not_caught(trial, known[trial.overlay]))
    missed = {trial.overlay for trial in tried.trials if any(_not_caught(trial, known[trial.overlay]))}
    summary = f"{len(known) - len(missed)} of {len(known)} are caught by the checks that they name"
    bare = _without(bench.week, known, "mutant", "a wrong answer that it catches", "mutants.py")
    return Finding("mutants", summary, (*defects, *bare), origin=tried.origin), tried


def alternatives(bench: Bench, *, thorough: bool) -> tuple[Finding, TriedAnswers]:
    """Try every right answer written differently once: on the checks that it names, or (thorough) on all."""
    known = bench.week.overlays("alternatives")
    names = tuple(check.name for check in bench.week.checks) if thorough else ()
    tried = bench.run(jobs(bench.week, known, names), "alternatives")
    defects = tuple(sentence for trial in tried.trials for sentence in _refused(trial, known[trial.overlay]))
    refused = {trial.overlay for trial in tried.trials if any(_refused(trial, known[trial.overlay]))}
    summary = f"{len(known) - len(refused)} of {len(known)} pass every check{'' if thorough else ' that they name'}"
    bare = _without(bench.week, known, "alternative", "a right answer written differently", "alternatives.py")
    return Finding("alternatives", summary, (*defects, *bare), origin=tried.origin), tried


def jobs(week: Week, known: Mapping[str, Overlay], names: Sequence[str] = ()) -> list[Job]:
    """Give one job an overlay, for these checks or those that it names."""
    return [
        Job(str(week.folder), name, tuple(names) or tuple(check.name for check in overlay.checks))
        for name, overlay in known.items()
    ]


def _not_caught(trial: Trial, overlay: Overlay) -> Iterator[str]:
    start = f"The mutant '{trial.overlay}' ({overlay.story})"
    if trial.fault:
        yield f"{start} could not be tried: {trial.fault}. Mend it."
    for item in _named(trial, overlay):
        if item.outcome == Outcome.ERROR:
            yield f"{start} makes the check '{item.check}' itself fail: {item.detail} Let it expect such answers."
        elif item.outcome != Outcome.FAILED:
            yield f"{start} is not caught by '{item.check}': let that check ask for what is wrong, or name another one."


def _refused(trial: Trial, overlay: Overlay) -> Iterator[str]:
    start = f"The alternative '{trial.overlay}' ({overlay.story})"
    if trial.fault:
        yield f"{start} could not be tried: {trial.fault}. Mend it."
    for item in trial.judged:
        if item.outcome != Outcome.PASSED:
            yield (
                f"{start} is refused by '{item.check}' ({item.detail}) Widen that check, or let the notebook's text "
                "say what it asks for."
            )


def _named(trial: Trial, overlay: Overlay) -> Iterator[Judged]:
    names = {check.name for check in overlay.checks}
    return (item for item in trial.judged if item.check in names)


def _without(week: Week, known: Mapping[str, Overlay], kind: str, what: str, file: str) -> Iterator[str]:
    named = {check.name for overlay in known.values() for check in overlay.checks}
    for check in week.checks:
        if check.name not in named:
            yield f"The check '{check.name}' has no {kind}: write {what} into {week.folder.name}/{file}."


def rates(week: Week, right: TriedAnswers, wrong: TriedAnswers) -> Finding:
    """Give, for each check, how many of the known right answers it accepts, and how many of the wrong ones refuses."""
    known = week.overlays("mutants")
    accepted: dict[str, list[bool]] = defaultdict(list)
    refused: dict[str, list[bool]] = defaultdict(list)
    for trial in right.trials:
        for item in trial.judged:
            if item.outcome != Outcome.SKIPPED:
                accepted[item.check].append(item.outcome == Outcome.PASSED)
    for trial in wrong.trials:
        for item in _named(trial, known[trial.overlay]):
            refused[item.check].append(item.outcome == Outcome.FAILED)
    lines = [
        f"{check.name}: {sum(accepted[check.name])} of {len(accepted[check.name])} right answers accepted, "
        f"{sum(refused[check.name])} of {len(refused[check.name])} wrong ones refused."
        for check in week.checks
    ]
    totals = [(sum(map(sum, counts.values())), sum(map(len, counts.values()))) for counts in (accepted, refused)]
    said = " and ".join(f"{done} of {of}" for done, of in totals)
    return Finding("rates", f"{said}: right answers accepted and wrong ones refused", details=tuple(lines))


@dataclass(frozen=True)
class Plan:
    """How often each check is tried."""

    repeats: int = 20
    thorough: bool = False


def reference(bench: Bench) -> TriedAnswers:
    """Try the notebook's own solutions once, on the week's small stand-ins."""
    return bench.run([Job(str(bench.week.folder), "", tuple(check.name for check in bench.week.checks))], "reference")


def flakes(bench: Bench, first: TriedAnswers, plan: Plan, real: Path) -> tuple[Finding, TriedAnswers]:
    """Repeat every check on the reference and the alternatives; `first` are their first trials."""
    small = [job for trial in first.trials for job in _again(bench.week, trial, plan)]
    tried = bench.run(small, "repeats") + bench.run(_real(bench, plan, real), "repeats on real data")
    trials = (*first.trials, *tried.trials)
    runs = _runs(trials)
    defects = [
        *_flaky(runs),
        *(f"A repeat of '{t.overlay or 'reference'}' failed: {t.fault}." for t in tried.trials if t.fault),
    ]
    margins = _margins(trials)
    defects += [_thin(name, found) for name, found in margins.items() if found.too_thin]
    summary = f"{sum(map(len, runs.values()))} right answers asked, {sum(map(_failures, runs.values()))} refused"
    details = (*_repeated(runs), *(_told(name, found) for name, found in margins.items()))
    return Finding("flakes", summary, tuple(defects), details, tried.origin), tried


def _again(week: Week, trial: Trial, plan: Plan) -> Iterator[Job]:
    """Give the jobs that repeat a first trial: cheap checks as often as asked for, costly ones less by default."""
    decided = _decided(week, trial.overlay)
    judged = [item for item in trial.judged if item.check in decided]
    cheap = tuple(item.check for item in judged if item.cpu <= CHEAP_SECONDS or plan.thorough)
    costly = tuple(item.check for item in judged if item.check not in cheap)
    for checks, repeats in ((cheap, plan.repeats), (costly, min(FEW, plan.repeats))):
        for threads in (1, 2):
            seeds = tuple(seed for seed in range(1, repeats) if seed % 2 == threads - 1)
            if checks and seeds:
                yield Job(str(week.folder), trial.overlay, checks, seeds, threads)


def _decided(week: Week, name: str) -> set[str]:
    """Give the checks that an alternative's answer decides: what it names, and what needs that; all of the reference's.

    The others ask the reference's own code, which has repeats of its own.
    """
    named = set(week.overlays("alternatives")[name].checks) if name else set(week.checks)
    return {check.name for check in week.checks if named.intersection(closure([check]))}


def _real(bench: Bench, plan: Plan, real: Path) -> list[Job]:
    """Give the jobs on real data, in pieces so that several processes share them; none where all data are real.

    Trials that an earlier run left in the cache are taken, too: the more, the better a tail is known.
    """
    week = bench.week
    if not (week.folder / "rehearsal.py").exists():
        return []
    names = tuple(check.name for check in week.checks)
    pieces = [Job(str(week.folder), "", names, (), 1 + piece % 2, str(real)) for piece in range(4)]
    asked = plan.repeats if plan.thorough else min(FEW_REAL, plan.repeats)
    wanted = [
        tuple(s for s in range(plan.repeats) if s % 4 == piece and (s < asked or bench.has(job, s)))
        for piece, job in enumerate(pieces)
    ]
    return [replace(job, seeds=seeds) for job, seeds in zip(pieces, wanted, strict=True) if seeds]


def _runs(trials: Sequence[Trial]) -> Runs:
    """Give outcomes with their seeds by check and solution; skipped ones count for the check that they needed."""
    runs: Runs = defaultdict(list)
    for trial in trials:
        for item in trial.judged:
            if item.outcome != Outcome.SKIPPED:
                where = f"{trial.overlay or 'the reference'}{' on real data' if trial.real else ''}"
                runs[item.check, where].append((trial.seed, item.outcome, item.detail))
    return runs


def _failures(runs: Sequence[tuple[int, str, str]]) -> int:
    return sum(outcome != Outcome.PASSED for _, outcome, _ in runs)


def _flaky(runs: Runs) -> Iterator[str]:
    for (check, where), found in runs.items():
        failed = [(seed, detail) for seed, outcome, detail in found if outcome != Outcome.PASSED]
        if failed and (len(failed) < len(found) or where.startswith("the reference")):
            yield (
                f"The check '{check}' refused {where} in {len(failed)} of {len(found)} trials (trial {failed[0][0]}: "
                f"{failed[0][1]}) Widen its bound, or leave out the inputs that are no clear case."
            )


def _margins(trials: Sequence[Trial]) -> dict[str, Margin]:
    """Give the margins of all values with a bound; those on real data count alone where there are any.

    A bound that differs from trial to trial is measured from. One on both sides of which checks passed decides nothing.
    """
    pairs: dict[tuple[str, bool], list[tuple[float, float]]] = defaultdict(list)
    sides: dict[str, set[bool]] = defaultdict(set)
    for trial in trials:
        for item in trial.judged:
            for name, number, bound, _ in item.values:
                if bound is not None:
                    pairs[f"{item.check}: {name}", trial.real].append((number, bound))
                if bound is not None and item.outcome == Outcome.PASSED:
                    sides[f"{item.check}: {name}"].add(number >= bound)
    names = dict.fromkeys(name for name, _ in pairs if len(sides[name]) < 2)
    return {name: _margin(pairs.get((name, True)) or pairs[name, False]) for name in names}


def _margin(pairs: Sequence[tuple[float, float]]) -> Margin:
    bounds = {bound for _, bound in pairs}
    if len(bounds) == 1:
        return margin([number for number, _ in pairs], bounds.pop())
    return margin([number - bound for number, bound in pairs], 0.0)


def _thin(name: str, found: Margin) -> str:
    return (
        f"{name} falls on the wrong side of {found.bound:g} for a right answer with probability {found.tail:.2g} "
        f"({found.wrong} of {found.count} did): move the bound, or measure with less chance."
    )


def _told(name: str, found: Margin) -> str:
    said = f"{name}: {found.smallest:.3g} to {found.largest:.3g}, mean {found.mean:.3g}, bound {found.bound:g}"
    said += f", n = {found.count}"
    if found.count < FEWEST:
        return f"{said}; too few to tell how likely a right answer is refused: run with --thorough."
    return (
        f"{said}; {found.distance:.1f} standard deviations away: a right answer is refused with probability "
        f"{found.tail:.1g} (normal tail, at most {found.tail_at_most:.1g} with 95 % confidence; by counting alone at "
        f"most {found.count_at_most:.2g})."
    )


def _repeated(runs: Runs) -> Iterator[str]:
    least = min(((len(found), *key) for key, found in runs.items()), default=None)
    if least is not None:
        yield f"Least often tried: '{least[1]}' on {least[2]}, {least[0]} times."

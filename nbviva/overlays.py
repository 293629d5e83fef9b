"""Rows of `verify` on single answers: every mutant is caught by the checks that it names, every alternative passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nbviva.checks import Overlay, Week
from nbviva.finding import Finding
from nbviva.tryout import Job, Judged, Trial, overlays
from nbviva.tryouts import Bench, Tried
from nbviva.verdict import Outcome


def mutants(bench: Bench) -> tuple[Finding, Tried]:
    """Try every hand-written wrong answer once: the row, and the trials (what they were told is searched for leaks)."""
    known = overlays(bench.week, "mutants")
    tried = bench.run(jobs(bench.week, known), "mutants")
    defects = tuple(sentence for trial in tried.trials for sentence in _not_caught(trial, known[trial.overlay]))
    missed = {trial.overlay for trial in tried.trials if any(_not_caught(trial, known[trial.overlay]))}
    summary = f"{len(known) - len(missed)} of {len(known)} are caught by the checks that they name"
    bare = _without(bench.week, known, "mutant", "a wrong answer that it catches", "mutants.py")
    return Finding("mutants", summary, (*defects, *bare), origin=tried.origin), tried


def alternatives(bench: Bench, *, thorough: bool) -> tuple[Finding, Tried]:
    """Try every right answer written differently once: on the checks that it names, or (thorough) on all."""
    known = overlays(bench.week, "alternatives")
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

"""Row of `verify` on the best that any honest answer can have, and on right answers that are left to a person.

Where a week makes data it knows the best: the generator's likelihood ratio, the Bayes classifier. A check gives it with
what it measured (`findings.value(..., best=...)`); what is above it by more than chance is for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from nbviva.verify.row import Finding
from nbviva.verify.trials import Trial


def best_possible(right: Sequence[Trial]) -> Finding:
    """Give the row, from trials of right answers."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for trial in right:
        for item in trial.judged:
            for name, number, _, best in item.values:
                if best is not None:
                    found[f"{item.check}: {name}"].append((number, best))
    details = tuple(_told(name, pairs) for name, pairs in found.items())
    above = sum(number > best for pairs in found.values() for number, best in pairs)
    said = f"{len(found)} measured values have a best possible one; {above} right answers are above theirs"
    summary = said if found else "no check gives the best that can be expected"
    return Finding("best possible", summary, tuple(_doubted(right)), details)


def _told(name: str, pairs: Sequence[tuple[float, float]]) -> str:
    numbers, bests = zip(*pairs, strict=True)
    best = f"{min(bests):.4g}" + f" to {max(bests):.4g}" * (min(bests) < max(bests))
    return f"{name}: {min(numbers):.3g} to {max(numbers):.3g}, best possible {best}, n = {len(pairs)}."


def _doubted(right: Sequence[Trial]) -> Iterator[str]:
    """Give a sentence for each right answer that a person would have to look at."""
    for trial in right:
        for item in trial.judged:
            for doubt in item.doubts:
                yield (
                    f"The check '{item.check}' leaves {trial.overlay or 'the reference'} to a person (trial "
                    f"{trial.seed}: {doubt}) Let it doubt less."
                )

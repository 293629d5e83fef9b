"""Probability matrices of motifs compared with each other: where one fits another best, and how well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_OVERLAP = 8  # positions that a match must span, unless one of the two is shorter: short overlaps agree by chance


@dataclass(frozen=True)
class Match:
    """The matrix, by its index, that resembles a motif most, and how much: the best Pearson correlation."""

    motif: str
    correlation: float
    kernel: int


def best_matches(matrices: Floats, motifs: Mapping[str, Floats]) -> list[Match]:
    """Give the best correlation of each motif with any of the matrices (n, width, 4), the best motif first."""
    best = ((name, np.max([v for _, _, v in _placed(matrices, motif)], axis=0)) for name, motif in motifs.items())
    matches = [Match(name, float(values.max()), int(values.argmax())) for name, values in best]
    return sorted(matches, key=lambda match: -match.correlation)


def correlation(matrix: Floats, motif: Floats) -> float:
    """Give the best Pearson correlation of two probability matrices (width, 4) over all offsets and both strands."""
    return align(matrix, motif).correlation


@dataclass(frozen=True)
class Alignment:
    """The best place of a motif on a matrix: the offset of its start, and the motif on the strand that fits."""

    correlation: float
    offset: int
    motif: Floats


def align(matrix: Floats, motif: Floats) -> Alignment:
    """Find the offset and the strand with the best correlation of two probability matrices (width, 4)."""
    found = [Alignment(float(value), offset, turned) for offset, turned, (value,) in _placed(matrix[None], motif)]
    return max(found, key=lambda alignment: alignment.correlation)


def _placed(matrices: Floats, motif: Floats) -> Iterator[tuple[int, Floats, Floats]]:
    """Give each place of a motif on matrices (n, width, 4): its offset, its strand, and the correlations (n,) there."""
    width = matrices.shape[1]
    least = min(_OVERLAP, width, len(motif))
    for turned in (motif, motif[::-1, ::-1]):  # A C G T backwards is T G C A: the reverse complement
        for offset in range(least - len(motif), width - least + 1):  # of the motif's start in the matrix
            start, stop = max(offset, 0), min(offset + len(motif), width)
            yield offset, turned, _pearson(matrices[:, start:stop], turned[start - offset : stop - offset])


def _pearson(matrices: Floats, motif: Floats) -> Floats:
    a = matrices.reshape(len(matrices), -1)
    a, b = a - a.mean(axis=1, keepdims=True), motif.ravel() - motif.mean()
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum())  # (n,)
    correlations: Floats = np.divide(a @ b, scale, out=np.zeros(len(a)), where=scale > 1e-12)
    return correlations

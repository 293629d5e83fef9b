"""What the first layer of a CNN looks for: one probability matrix a kernel, and the JASPAR motif that it resembles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graders.week11.enhancers.sequences import one_hot
from graders.week11.enhancers.synthetic import jaspar_matrices
from nbviva import ml
from nbviva.ml import FirstLayer, kernel_motifs

Floats = NDArray[np.float64]

# Liver factors that may be found in liver enhancers; JASPAR 2024 ids with their versions.
LIVER_FACTORS = {
    "HNF4A": "MA0114.5",
    "HNF1A": "MA0046.3",
    "CEBPA": "MA0102.5",
    "FOXA2": "MA0047.4",
    "ONECUT1": "MA0679.3",
}

_OVERLAP = 8  # positions that a match must span, unless one of the two is shorter: short overlaps agree by chance


@dataclass(frozen=True)
class Match:
    """The matrix, by its index, that resembles a motif most, and how much: the best Pearson correlation."""

    motif: str
    correlation: float
    kernel: int


def first_layer_motifs(layer: FirstLayer, sequences: Sequence[str]) -> Floats:
    """Give each kernel's probability matrix, (n_kernels, kernel_size, 4), from the windows that activate it."""
    return kernel_motifs(layer, one_hot(sequences))


def clear_cut(layer: FirstLayer, sequences: Sequence[str], margin: float = 1e-4) -> list[str]:
    """Leave out sequences with a window so near half of a kernel's maximum that rounding decides whether it counts."""
    return [sequences[i] for i in ml.clear_cut(layer, one_hot(sequences), margin)]


def convolution(layer: FirstLayer, sequences: Sequence[str]) -> Floats:
    """Give the layer's output without padding and before the ReLU, (n, positions, n_kernels)."""
    return ml.convolution(layer, one_hot(sequences))


def best_matches(matrices: Floats, factors: Mapping[str, str] = LIVER_FACTORS) -> list[Match]:
    """Give the best correlation of each factor's JASPAR matrix with any of the matrices, the best factor first."""
    motifs = zip(factors, jaspar_matrices(factors.values()), strict=True)
    best = ((name, np.max([found for _, _, found in _placed(matrices, motif)], axis=0)) for name, motif in motifs)
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

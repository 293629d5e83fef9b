"""What the first layer of a CNN looks for: one probability matrix a kernel, and the JASPAR motif that it resembles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from graders.week11.enhancers.sequences import one_hot
from graders.week11.enhancers.synthetic import jaspar_matrices

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
class FirstLayer:
    """The weights (n_kernels, 4, kernel_size) and biases (n_kernels,) of a convolution over one-hot sequences."""

    weight: Floats
    bias: Floats

    @property
    def kernel_size(self) -> int:
        """The length of a window, in letters."""
        return int(self.weight.shape[2])


@dataclass(frozen=True)
class Match:
    """The matrix, by its index, that resembles a motif most, and how much: the best Pearson correlation."""

    motif: str
    correlation: float
    kernel: int


def first_layer_motifs(layer: FirstLayer, sequences: Sequence[str]) -> Floats:
    """Give each kernel's probability matrix, (n_kernels, kernel_size, 4), from the windows that activate it.

    A window counts if its activation is larger than half of the kernel's largest; without one all letters get 0.25.
    """
    activations = np.maximum(convolution(layer, sequences), 0.0)  # (n, positions, n_kernels)
    counted = (activations > activations.max(axis=(0, 1)) / 2).astype(np.float64)
    counts: Floats = np.tensordot(counted, _windows(layer, sequences), axes=([0, 1], [0, 1]))  # (n_kernels, 4, width)
    counts = counts.transpose(0, 2, 1)
    totals = counts.sum(axis=2, keepdims=True)
    return np.where(totals > 0, counts / np.maximum(totals, 1), 0.25)


def clear_cut(layer: FirstLayer, sequences: Sequence[str], margin: float = 1e-4) -> list[str]:
    """Leave out sequences with a window so near half of a kernel's maximum that rounding decides whether it counts.

    `margin` is a share of the largest activation that the kernel's weights allow.
    """
    scale = np.abs(layer.weight).max(axis=1).sum(axis=1) + np.abs(layer.bias)  # (n_kernels,)
    kept = list(sequences)
    while kept:
        values = convolution(layer, kept)  # (n, positions, n_kernels)
        half = np.maximum(values.max(axis=(0, 1)), 0.0) / 2  # 0 for a kernel that is never active
        bad = (np.abs(values - half) < margin * scale).any(axis=(1, 2))
        if not bad.any():
            break
        kept = [sequence for sequence, is_bad in zip(kept, bad, strict=True) if not is_bad]
    return kept


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


def _windows(layer: FirstLayer, sequences: Sequence[str]) -> Floats:
    """Cut (n, positions, 4, kernel_size): every window that lies wholly inside its sequence."""
    x = one_hot(sequences)  # (n, 4, length)
    return sliding_window_view(x, layer.kernel_size, axis=2).transpose(0, 2, 1, 3).astype(np.float64)


def convolution(layer: FirstLayer, sequences: Sequence[str]) -> Floats:
    """The layer's output without padding and before the ReLU, (n, positions, n_kernels)."""
    products: Floats = np.tensordot(_windows(layer, sequences), layer.weight, axes=([2, 3], [1, 2]))
    return products + layer.bias

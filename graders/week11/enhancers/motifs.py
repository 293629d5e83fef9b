"""The liver's transcription factors in JASPAR: what kernels of a first layer may look for."""

from collections.abc import Collection
from functools import cache

import numpy as np
from numpy.typing import NDArray

from graders.week11.enhancers.synthetic import Matrix, jaspar_matrices

# Liver factors that may be found in liver enhancers; JASPAR 2024 ids with their versions.
LIVER_FACTORS = {
    "HNF4A": "MA0114.5",
    "HNF1A": "MA0046.3",
    "CEBPA": "MA0102.5",
    "FOXA2": "MA0047.4",
    "ONECUT1": "MA0679.3",
}


@cache
def liver_motifs() -> dict[str, Matrix]:
    """Look up the matrix of each factor."""
    return dict(zip(LIVER_FACTORS, jaspar_matrices(LIVER_FACTORS.values()), strict=True))


def looking_for(motifs: Collection[Matrix], rng: np.random.Generator) -> NDArray[np.float64]:
    """Make two kernels for each motif, one a strand, (n, 4, width), whose scale and place are drawn.

    A kernel holds the logarithms of a motif's letters against equal chances; where it is longer, zeros.
    """
    width = max(map(len, motifs))
    weight = np.zeros((2 * len(motifs), 4, width))
    for kernel, motif in zip(weight, (turned for m in motifs for turned in (m, m[::-1, ::-1])), strict=True):
        start = rng.integers(0, width - len(motif) + 1)
        kernel[:, start : start + len(motif)] = rng.uniform(0.1, 0.3) * np.log2(motif / 0.25).T
    return weight

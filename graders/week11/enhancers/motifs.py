"""The liver's transcription factors in JASPAR: what the kernels of the first layer may find."""

from functools import cache

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

"""What the checks of this exercise show: ROC and precision-recall curves, kernel sizes, sequence logos.

Only aggregates are shown; no hidden sequence, label or weight.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from graders.week11.enhancers.motifs import LIVER_FACTORS, liver_motifs
from graders.week11.enhancers.sequences import LETTERS
from nbviva.author import Plot, PlotKind, Series
from nbviva.ml import Match, align

Floats = NDArray[np.float64]
Folds = Sequence[tuple[NDArray[np.int64], Floats]]  # labels and scores of each fold's test set

GRID = np.linspace(0, 1, 101)
LOGOS = 3


def roc(folds: Folds) -> Plot:
    """The ROC curve, averaged over the folds at equal false positive rates."""
    curves = [roc_curve(labels, scores)[:2] for labels, scores in folds]
    mean = np.mean([np.interp(GRID, *curve) for curve in curves], axis=0)  # (101,)
    return Plot(
        PlotKind.LINE,
        "ROC curve on hidden enhancers",
        "The further the line bends away from the dashed diagonal of guessing, the better.",
        f"ROC curve, mean of {len(folds)} folds: {mean[20]:.2f} true positives at 0.2 false positives.",
        "false positive rate",
        "true positive rate",
        (Series("guessing", (0.0, 1.0), (0.0, 1.0), dashed=True), Series("your classifier", tuple(GRID), tuple(mean))),
    )


def precision_recall(folds: Folds) -> Plot:
    """The precision-recall curve, averaged over the folds at equal recall."""
    curves = [precision_recall_curve(labels, scores)[:2] for labels, scores in folds]
    mean = np.mean([_at_recall(precision, recall) for precision, recall in curves], axis=0)  # (101,)
    share = float(np.mean(np.concatenate([labels for labels, _ in folds])))
    return Plot(
        PlotKind.LINE,
        "Precision and recall on hidden enhancers",
        f"Guessing gives the dashed line, the share of liver enhancers ({share:.2f}); what is above it was learnt.",
        f"Precision by recall, mean of {len(folds)} folds; at a recall of 0.5 the precision is {mean[50]:.2f}.",
        "recall",
        "precision",
        (
            Series("guessing", (0.0, 1.0), (share, share), dashed=True),
            Series("your classifier", tuple(GRID), tuple(mean)),
        ),
    )


def _at_recall(precision: Floats, recall: Floats) -> Floats:
    """Give the precision at the recalls of the grid; where a recall has several, the best."""
    recalls, place = np.unique(recall, return_inverse=True)
    best = np.zeros(len(recalls))
    np.maximum.at(best, place, precision)
    return np.interp(GRID, recalls, best)  # (101,)


def folds_roc_auc(scores: Sequence[float], bound: float) -> Plot:
    """The ROC-AUC of each fold against the bound that their mean is held against."""
    return Plot(
        PlotKind.POINTS,
        "ROC-AUC of each fold",
        f"The mean of the five has to lie above the line at {bound:g}; their spread is what the number owes to chance.",
        f"ROC-AUC by fold: {', '.join(f'{score:.2f}' for score in scores)}.",
        "fold",
        "ROC-AUC",
        (Series("your classifier", tuple(range(1, len(scores) + 1)), tuple(scores)),),
        bound=bound,
    )


def kernel_sizes(sizes: Sequence[int], scores: Sequence[float]) -> Plot:
    """The ROC-AUC that the student's comparison gives for each kernel size."""
    ends = (float(sizes[0]), float(sizes[-1]))
    listed = ", ".join(f"{size}: {score:.2f}" for size, score in zip(sizes, scores, strict=True))
    return Plot(
        PlotKind.LINE,
        "Your comparison of kernel sizes, on other sequences",
        "A kernel of one letter guesses, the dashed line; from about eight letters on the rule can be read.",
        f"ROC-AUC by kernel size: {listed}.",
        "kernel size (letters)",
        "ROC-AUC",
        (Series("guessing", ends, (0.5, 0.5), dashed=True), Series("your comparison", tuple(sizes), tuple(scores))),
    )


def logos(matrices: Floats, matches: Sequence[Match]) -> Plot:
    """What kernels find, (n_kernels, width, 4): those most like liver factors, each above its JASPAR motif in place."""
    series: list[Series] = []
    best = matches[:LOGOS]
    for match in best:
        motif = liver_motifs()[match.motif]
        place = align(matrices[match.kernel], motif)
        strand = "" if place.motif is motif else ", reverse complement"
        series += _letters(matrices[match.kernel], 0, f"kernel {match.kernel}: correlation {match.correlation:.2f}")
        series += _letters(place.motif, place.offset, f"{match.motif} ({LIVER_FACTORS[match.motif]}){strand}")
    listed = ", ".join(f"kernel {match.kernel} like {match.motif} ({match.correlation:.2f})" for match in best)
    return Plot(
        PlotKind.LOGO,
        "What your function reads from kernels that look for liver factors",
        "Above what a kernel finds in enhancers, below the factor's motif in JASPAR: both have the same tall letters.",
        f"Sequence logos: {listed}.",
        "position in the kernel",
        "bits",
        tuple(series),
    )


def _letters(matrix: Floats, offset: int, panel: str) -> list[Series]:
    """Give the height of each letter at each position: its share of the position's information, in bits."""
    bits = 2 + (matrix * np.log2(np.maximum(matrix, 1e-9))).sum(axis=1, keepdims=True)  # (width, 1)
    heights = np.maximum(matrix * bits, 0.0)  # (width, 4)
    positions = tuple(float(i) for i in range(offset + 1, offset + 1 + len(matrix)))
    return [Series(letter, positions, tuple(column), panel) for letter, column in zip(LETTERS, heights.T, strict=True)]

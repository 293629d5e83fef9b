"""Scores of predictions, by scikit-learn and under its names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import KFold, StratifiedKFold

Split = tuple[NDArray[np.int64], NDArray[np.int64]]


def _one_vs_rest(y_true: Any, y_score: Any) -> float:
    """ROC-AUC; with a column of scores for each class (n, classes) the mean over classes, each against the rest."""
    if np.ndim(y_score) == 1:
        return float(roc_auc_score(y_true, y_score))
    columns = np.asarray(y_score).T
    classes = np.unique(y_true)  # in the order of the columns
    return float(
        np.mean([roc_auc_score(y_true == label, column) for label, column in zip(classes, columns, strict=True)])
    )


def _accuracy(y_true: Any, y_score: Any) -> float:
    """Share of right classes; scores (n, classes) stand for the class with the largest."""
    if np.ndim(y_score) == 2:
        y_score = np.unique(y_true)[np.argmax(y_score, axis=1)]
    return float(accuracy_score(y_true, y_score))


SCORES: Mapping[str, Callable[[Any, Any], float]] = MappingProxyType(
    {
        "roc_auc_score": _one_vs_rest,
        "average_precision_score": average_precision_score,
        "accuracy_score": _accuracy,
        "r2_score": r2_score,
        "mean_absolute_error": mean_absolute_error,
        "mean_squared_error": mean_squared_error,
    }
)


def score(name: str, y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Give a score by its name in scikit-learn: `roc_auc_score`, `r2_score`, ..."""
    return float(SCORES[name](np.asarray(y_true), np.asarray(y_score)))


def roc_auc_error(roc_auc: float, y_true: ArrayLike) -> float:
    """Give the standard error of a ROC-AUC on these labels (n,) of 0 and 1; near 1 rather too large than too small.

    By it what is measured may be above the best possible: on few items the better of two classifiers may look worse.
    By Hanley and McNeil, Radiology 143:29 (1982).
    """
    positives = int(np.sum(np.asarray(y_true) == 1))
    negatives = np.size(y_true) - positives
    two_positives, two_negatives = roc_auc / (2 - roc_auc), 2 * roc_auc**2 / (1 + roc_auc)
    variance = roc_auc * (1 - roc_auc)
    variance += (positives - 1) * (two_positives - roc_auc**2) + (negatives - 1) * (two_negatives - roc_auc**2)
    return float(np.sqrt(variance / (positives * negatives)))


def splits(y: NDArray[Any], n_splits: int, random_state: int) -> list[Split]:
    """Give the folds of a cross-validation: stratified where the labels are classes."""
    kind = StratifiedKFold if is_classes(y) else KFold
    splitter: Any = kind(n_splits=n_splits, shuffle=True, random_state=random_state)
    return list(splitter.split(np.zeros(len(y)), y))


def is_classes(y: NDArray[Any]) -> bool:
    """Whether labels are classes and no quantities."""
    return y.dtype.kind in "biuUS"

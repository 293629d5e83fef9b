"""How far a ROC-AUC is from its own by chance."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nbviva.ml import roc_auc_error


@pytest.mark.parametrize("distance", [0.5, 1.5, 3.0])
def test_error_of_a_roc_auc_is_what_many_samples_scatter(distance):
    """Of scores that are normally distributed in both classes, 80 positives and 160 negatives."""
    rng, labels = np.random.default_rng(5), np.repeat([1, 0, 0], 80)
    found = [roc_auc_score(labels, rng.normal(size=240) + distance * labels) for _ in range(400)]
    error = roc_auc_error(float(np.mean(found)), labels)
    assert error / 1.7 < np.std(found) < 1.15 * error

"""Sound questions on machine learning: the examiner sets what an answer depends on, and computes every score.

A week's checks import it as `nbviva.ml` (the extra `ml`: numpy, scikit-learn, torch). It asks through a `Student` and
raises `Mismatch` with a sentence for the student; it reads no file, knows no week, and decides no mark.
"""

from nbviva.ml.estimators import (
    Answers,
    Estimator,
    ask_after_permuted_labels,
    ask_without_model,
    cross_validate,
    require_steady,
)
from nbviva.ml.kernels import FirstLayer, clear_cut, convolution, first_layer, kernel_motifs, set_first_layer
from nbviva.ml.networks import (
    dtype_of,
    gradient_norms,
    require_unchanged,
    set_weights,
    state_of,
    tensor,
    vector_jacobian_product,
)
from nbviva.ml.reported import count_decimals, mistaken, printed_numbers, rounds_to, supported
from nbviva.ml.scores import SCORES, score

__all__ = [
    "SCORES",
    "Answers",
    "Estimator",
    "FirstLayer",
    "ask_after_permuted_labels",
    "ask_without_model",
    "clear_cut",
    "convolution",
    "count_decimals",
    "cross_validate",
    "dtype_of",
    "first_layer",
    "gradient_norms",
    "kernel_motifs",
    "mistaken",
    "printed_numbers",
    "require_steady",
    "require_unchanged",
    "rounds_to",
    "score",
    "set_first_layer",
    "set_weights",
    "state_of",
    "supported",
    "tensor",
    "vector_jacobian_product",
]

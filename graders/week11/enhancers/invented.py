"""A regulatory code that is invented for one group, so that nobody can look it up; and sequences with edited sites."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from .sequences import Enhancers, decode, encode
from .synthetic import Codes, Matrix, Rates, draw_sites, markov, one_site_each, place, planted, written

INVENTED_RATES = Rates(own=2.0, foreign=0.0, shared=0.0, decoy=1.6, least=1)
CLEAR_SITE = 6.0  # log likelihood ratio from which on a site is broken
PLANTED_SHARE = 0.25  # of the negatives


@dataclass(frozen=True)
class Code:
    """A regulatory code that was invented for one group.

    Attributes
    ----------
    motifs
        Whose sites make a sequence positive.
    train, test
        Half of each positive.
    edited
        Sequences of the test set, each with another that has its sites broken (a positive: its score has to fall, -1)
        or a positive site planted (a negative: it has to rise, 1).
    moved
        The positives of the test set with their sites elsewhere: they are positives still.
    best_roc_auc
        What the likelihood ratio of the generator, the Bayes classifier, has on the test set.
    """

    motifs: tuple[Matrix, ...]
    train: Enhancers
    test: Enhancers
    edited: tuple[tuple[str, str, int], ...]
    moved: tuple[str, ...]
    best_roc_auc: float


def invented_code(
    rng: np.random.Generator, n_train: int = 1200, n_test: int = 400, length: int = 200, motifs: int = 2
) -> Code:
    """Invent a regulatory code for one group: a training and a test set, half of each positive.

    The negatives' motifs are the positives' with their positions shuffled: the same letters, so that no count of
    letters gives the class away.
    """
    positive = [random_matrix(rng) for _ in range(motifs)]
    negative = [rng.permutation(matrix) for matrix in positive]
    labels = np.concatenate([rng.permutation(np.arange(n) % 2) for n in (n_train, n_test)])
    bare = markov(rng, np.zeros(len(labels)), length)
    codes, broken, moved = bare.copy(), bare.copy(), bare.copy()
    for label, own, foreign in ((0, negative, positive), (1, positive, negative)):
        chosen = labels == label
        sites = draw_sites(rng, INVENTED_RATES, chosen.sum(), own, foreign, [])
        starts, elsewhere = (place(rng, bare[chosen].shape, sites) for _ in range(2))
        codes[chosen], moved[chosen] = (written(bare[chosen], sites, places) for places in (starts, elsewhere))
        shuffled = [site._replace(letters=rng.permutation(site.letters)) if site.own else site for site in sites]
        broken[chosen] = written(bare[chosen], shuffled, starts)
    train, test = (
        Enhancers(decode(codes[part]), labels[part], "synthetic") for part in (slice(n_train), slice(n_train, None))
    )
    test_codes, is_positive = codes[n_train:], test.labels == 1
    planted_codes = planted(rng, test_codes[~is_positive], one_site_each(rng, (~is_positive).sum(), positive))
    edited = [*_pairs(test_codes[is_positive], broken[n_train:][is_positive], -1)]
    edited += _pairs(test_codes[~is_positive], planted_codes, 1)
    best = _best_roc_auc(test_codes, test.labels, positive, negative) if n_test else 1.0
    return Code(tuple(positive), train, test, tuple(edited), decode(moved[n_train:][is_positive]), best)


def _pairs(before: Codes, after: Codes, direction: int) -> Iterator[tuple[str, str, int]]:
    return zip(decode(before), decode(after), repeat(direction), strict=False)


def _best_roc_auc(codes: Codes, labels: NDArray[np.int64], positive: list[Matrix], negative: list[Matrix]) -> float:
    ratio = log_likelihood(codes, positive) - log_likelihood(codes, negative)
    return float(roc_auc_score(labels, ratio))


def log_likelihood(codes: Codes, matrices: Sequence[Matrix]) -> NDArray[np.float64]:
    """Give the log likelihood ratio (n,) of one site of the matrices somewhere, on either strand, to none.

    The background is taken as independent letters. It is the generator's likelihood but for overlaps, numbers of sites
    and the chain of the background.
    """
    shares = np.bincount(codes.ravel(), minlength=4) / max(codes.size, 1)
    stacked = np.concatenate([_ratios(codes, strand, shares) for strand in _strands(matrices)], axis=1)
    most = stacked.max(axis=1, keepdims=True)
    found: NDArray[np.float64] = most[:, 0] + np.log(np.exp(stacked - most).mean(axis=1))
    return found


def random_matrix(rng: np.random.Generator, widths: tuple[int, int] = (10, 12), strength: float = 0.94) -> Matrix:
    """Invent a motif: at each position one letter has the probability `strength`, the others share the rest.

    The four letters lead about equally often, so that no motif is a run of one letter.
    """
    width = int(rng.integers(widths[0], widths[1] + 1))
    matrix = np.full((width, 4), (1 - strength) / 3)
    matrix[np.arange(width), rng.permutation(np.arange(width) % 4)] = strength
    return matrix


def edit_sites(rng: np.random.Generator, sequence: str, label: int, motifs: Sequence[Matrix]) -> tuple[str, int] | None:
    """Break the best site of a positive sequence, or plant two into a negative one; give it and where its score goes.

    None where a positive has no clear site, and for most negatives.
    """
    codes = encode([sequence])  # (1, length)
    if not label:
        if rng.random() > PLANTED_SHARE:
            return None
        sites = [*one_site_each(rng, 1, motifs), *one_site_each(rng, 1, motifs)]
        return decode(planted(rng, codes, sites))[0], 1
    matrix, ratios = max(((m, _ratios(codes, m)[0]) for m in _strands(motifs)), key=lambda found: found[1].max())
    if ratios.max() < CLEAR_SITE:
        return None
    start = int(ratios.argmax())
    codes[0, start : start + len(matrix)] = rng.permutation(codes[0, start : start + len(matrix)])
    return decode(codes)[0], -1


def _strands(matrices: Iterable[Matrix]) -> list[Matrix]:
    return [turned for matrix in matrices for turned in (matrix, matrix[::-1, ::-1])]


def _ratios(codes: Codes, matrix: Matrix, shares: Any = 0.25) -> NDArray[np.float64]:
    """Give the log likelihood ratio of a site at each place, to independent letters; (n, positions)."""
    logs, positions = np.log(matrix / shares), codes.shape[1] - len(matrix) + 1  # (width, 4)
    ratios: NDArray[np.float64] = sum(logs[i][codes[:, i : i + positions]] for i in range(len(logs)))
    return ratios

"""Invented enhancers: a stand-in for the real set, and one regulatory code a group that nobody can look up."""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyjaspar import jaspardb  # type: ignore[import-untyped, unused-ignore]  # nor stubs
from sklearn.metrics import roc_auc_score

from .sequences import Enhancers, decode, encode, gc_content, gc_matched

Codes = NDArray[np.int8]  # letters as 0 to 3
Matrix = NDArray[np.float64]  # (width, 4), columns A C G T, rows sum to 1

# JASPAR matrix ids with their versions, so that a new release moves nothing.
LIVER = {"HNF4A": "MA0114.5", "HNF1A": "MA0046.3", "CEBPA": "MA0102.5"}
OTHER = {"GATA1": "MA0035.3", "NEUROD1": "MA1109.2", "MEF2A": "MA0052.5"}  # blood, brain, heart
SHARED = {"SP1": "MA0079.5", "FOS::JUN": "MA0099.4", "CTCF": "MA0139.2", "ETS1": "MA0098.4"}

_BURN_IN = 30  # letters thrown away until the chain has forgotten its uniform start
_SURPLUS = 1.6  # sequences made for each one kept, so that GC can be matched
_TRIES = 50  # places tried for one site before it is given up


class Site(NamedTuple):
    """One instance of a motif, and the number of the sequence that it goes into."""

    sequence: int
    letters: Codes


@dataclass(frozen=True)
class Rates:
    """Mean number of sites a sequence (Poisson), by kind; `least` is the smallest number of own sites."""

    own: float
    foreign: float
    shared: float
    decoy: float
    least: int = 0


ENHANCER_RATES = Rates(own=2.4, foreign=0.2, shared=1.5, decoy=1.1)
INVENTED_RATES = Rates(own=2.0, foreign=0.0, shared=0.0, decoy=1.6, least=1)


def synthetic(
    rng: np.random.Generator,
    n_liver: int = 1000,
    n_other: int = 2000,
    length: int = 200,
    rates: Rates = ENHANCER_RATES,
    gc_tilt: float = 0.2,
    label_noise: float = 0.05,
) -> Enhancers:
    """Invent liver enhancers and enhancers of blood, brain and heart, with one GC histogram for both.

    An enhancer carries sites of its own tissue, few of the other class, some that both classes share, and half-sites
    of the other class. The half-sites keep short kernels from telling the classes apart.
    """
    liver, shared = jaspar_matrices(LIVER.values()), jaspar_matrices(SHARED.values())
    tissues = [[matrix] for matrix in jaspar_matrices(OTHER.values())]
    others = [matrix for tissue in tissues for matrix in tissue]
    made = np.repeat([1, 0], [round(_SURPLUS * n_liver), round(_SURPLUS * n_other)])
    codes = markov(rng, rng.normal(0, gc_tilt, len(made)), length)
    kinds = [(made == 1, liver, others)]
    kinds += [((made == 0) & (np.arange(len(made)) % len(tissues) == i), own, liver) for i, own in enumerate(tissues)]
    for chosen, own, foreign in kinds:
        codes[chosen] = planted(rng, codes[chosen], draw_sites(rng, rates, chosen.sum(), own, foreign, shared))
    kept = gc_matched(rng, gc_content(codes), made, {1: n_liver, 0: n_other})
    flipped = rng.random(len(kept)) < label_noise
    return Enhancers(decode(codes[kept]), np.where(flipped, 1 - made[kept], made[kept]), "synthetic")


@dataclass(frozen=True)
class Code:
    """A regulatory code that was invented for one group.

    Attributes
    ----------
    train, test
        Half of each positive.
    bare, planted
        Negative sequences, and the same with a positive site written over each.
    best_roc_auc
        What the likelihood ratio of the generator, the Bayes classifier, has on the test set.
    """

    train: Enhancers
    test: Enhancers
    bare: tuple[str, ...]
    planted: tuple[str, ...]
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
    codes = markov(rng, np.zeros(len(labels)), length)
    for label, own, foreign in ((0, negative, positive), (1, positive, negative)):
        chosen = labels == label
        codes[chosen] = planted(rng, codes[chosen], draw_sites(rng, INVENTED_RATES, chosen.sum(), own, foreign, []))
    train, test = (
        Enhancers(decode(codes[part]), labels[part], "synthetic") for part in (slice(n_train), slice(n_train, None))
    )
    bare = codes[n_train:][test.labels == 0]
    sites = (
        draw_sites(rng, Rates(own=0, foreign=0, shared=0, decoy=0, least=1), len(bare), positive, [], [])
        if n_test
        else []
    )
    best = _best_roc_auc(codes[n_train:], test.labels, positive, negative) if n_test else 1.0
    return Code(train, test, decode(bare), decode(planted(rng, bare, sites)), best)


def _best_roc_auc(codes: Codes, labels: NDArray[np.int64], positive: list[Matrix], negative: list[Matrix]) -> float:
    ratio = log_likelihood(codes, positive) - log_likelihood(codes, negative)
    return float(roc_auc_score(labels, ratio))


def log_likelihood(codes: Codes, matrices: Sequence[Matrix]) -> NDArray[np.float64]:
    """Give the log likelihood ratio (n,) of one site of the matrices somewhere, on either strand, to none.

    The background is taken as independent letters. It is the generator's likelihood but for overlaps, numbers of sites
    and the chain of the background.
    """
    shares = np.bincount(codes.ravel(), minlength=4) / max(codes.size, 1)
    terms = []
    for strand in [turned for matrix in matrices for turned in (matrix, matrix[::-1, ::-1])]:
        logs = np.log(strand / shares)  # (width, 4)
        positions = codes.shape[1] - len(logs) + 1
        terms.append(sum(logs[i][codes[:, i : i + positions]] for i in range(len(logs))))  # (n, positions)
    stacked = np.concatenate(terms, axis=1)
    most = stacked.max(axis=1, keepdims=True)
    found: NDArray[np.float64] = most[:, 0] + np.log(np.exp(stacked - most).mean(axis=1))
    return found


def jaspar_matrices(ids: Iterable[str]) -> list[Matrix]:
    """Look JASPAR matrices up by id; half a count is added to each cell, so that no letter is impossible."""
    connect: Any = jaspardb  # it has no types
    database = connect(release="JASPAR2024")
    with closing(database.conn):
        counts = [database.fetch_motif_by_id(matrix_id).counts for matrix_id in ids]
    columns = [np.array([table[letter] for letter in "ACGT"], np.float64).T + 0.5 for table in counts]
    return [column / column.sum(axis=1, keepdims=True) for column in columns]


def random_matrix(rng: np.random.Generator, widths: tuple[int, int] = (10, 12), strength: float = 0.94) -> Matrix:
    """Invent a motif: at each position one letter has the probability `strength`, the others share the rest.

    The four letters lead about equally often, so that no motif is a run of one letter.
    """
    width = int(rng.integers(widths[0], widths[1] + 1))
    matrix = np.full((width, 4), (1 - strength) / 3)
    matrix[np.arange(width), rng.permutation(np.arange(width) % 4)] = strength
    return matrix


def draw_sites(
    rng: np.random.Generator, rates: Rates, n: int, own: Sequence[Matrix], foreign: Sequence[Matrix],
    shared: Sequence[Matrix],
) -> list[Site]:  # fmt: skip
    """Draw the sites of `n` sequences, in the order in which they are planted."""
    planned = _planned(rng, own, np.maximum(rates.least, rng.poisson(rates.own, n)))
    planned += _planned(rng, foreign, rng.poisson(rates.foreign, n))
    planned += _planned(rng, shared, rng.poisson(rates.shared, n))
    for rows, matrix in _planned(rng, foreign, rng.poisson(rates.decoy, n)):
        half = (len(matrix) + 1) // 2
        planned += [(rows, matrix[:half]), (rows, matrix[-half:])]
    sites = [
        Site(int(row), letters)
        for rows, matrix in planned
        for row, letters in zip(rows, draw_instances(rng, matrix, len(rows)), strict=True)
    ]
    return [sites[i] for i in rng.permutation(len(sites))]


def _planned(
    rng: np.random.Generator, matrices: Sequence[Matrix], numbers: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], Matrix]]:
    """Choose a matrix for each of so many sites a sequence; give each matrix with the sequences that get its sites."""
    rows = np.repeat(np.arange(len(numbers)), numbers)
    chosen = rng.integers(max(1, len(matrices)), size=len(rows))
    return [(rows[chosen == i], matrix) for i, matrix in enumerate(matrices)]


def draw_instances(rng: np.random.Generator, matrix: Matrix, number: int) -> Codes:
    """Draw instances of a motif (number, width), each on either strand."""
    letters = (rng.random((number, len(matrix), 1)) > matrix.cumsum(axis=1)).sum(axis=2)
    sites: Codes = letters.clip(0, 3).astype(np.int8)
    turned = rng.random(number) < 0.5
    sites[turned] = 3 - sites[turned, ::-1]
    return sites


def planted(rng: np.random.Generator, codes: Codes, sites: Sequence[Site]) -> Codes:
    """Write sites over sequences (n, length), at random, without overlap; what finds no room is left out."""
    codes = codes.copy()
    room = codes.shape[1] + 1 - np.array([len(site.letters) for site in sites], dtype=np.int64)
    starts = (rng.random((len(sites), _TRIES)) * room[:, None]).astype(np.int64).tolist()
    taken = [bytearray(codes.shape[1]) for _ in codes]
    for site, tries in zip(sites, starts, strict=True):
        used, width = taken[site.sequence], len(site.letters)
        for start in tries:
            if used.find(1, start, start + width) < 0:
                codes[site.sequence, start : start + width] = site.letters
                used[start : start + width] = b"\1" * width
                break
    return codes


def markov(rng: np.random.Generator, tilt: NDArray[np.float64], length: int) -> Codes:
    """Draw background sequences (n, length) from the order-3 chain; `tilt` (n,) raises the log odds of C and G."""
    tilts, kind = np.unique(tilt, return_inverse=True)
    chances = background()[None] * np.exp(tilts[:, None, None] * np.array([-1, 1, 1, -1]))  # (kinds, 64, 4)
    limits = (chances / chances.sum(axis=2, keepdims=True)).cumsum(axis=2)[:, :, :3]  # the last is 1
    letters = np.empty((_BURN_IN + length, len(tilt)), np.int8)
    letters[:3] = rng.integers(0, 4, (len(tilt), 3)).T
    context = np.array([16, 4, 1]) @ letters[:3].astype(np.int64)
    for i in range(3, len(letters)):
        drawn = (rng.random((len(tilt), 1)) > limits[kind, context]).sum(axis=1)
        letters[i] = drawn
        context = context % 16 * 4 + drawn
    return np.ascontiguousarray(letters[_BURN_IN:].T)


def background() -> NDArray[np.float64]:
    """Give the chance of each letter after each three letters, (64, 4), contexts AAA to TTT; fitted to the real set."""
    table = np.array(json.loads(Path(__file__).with_name("background.json").read_text()))
    chances: NDArray[np.float64] = table / table.sum(axis=1, keepdims=True)  # the file is rounded
    return chances


def fit_background(sequences: Sequence[str]) -> NDArray[np.float64]:
    """Fit such a table to sequences of one length, both strands; half a count is added to each cell."""
    forward = encode(sequences).astype(np.int64)
    counts = np.full(256, 0.5)
    for codes in (forward, 3 - forward[:, ::-1]):
        words = codes[:, :-3] * 64 + codes[:, 1:-2] * 16 + codes[:, 2:-1] * 4 + codes[:, 3:]
        counts += np.bincount(words.ravel(), minlength=256)
    table: NDArray[np.float64] = counts.reshape(64, 4) / counts.reshape(64, 4).sum(axis=1, keepdims=True)
    return table

"""Invented enhancers, a stand-in for the real set; motifs, their sites, and the background that they are planted in."""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyjaspar import jaspardb  # type: ignore[import-untyped, unused-ignore]  # nor stubs

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
    """One instance of a motif, the number of the sequence that it goes into, and whether it is one of its class."""

    sequence: int
    letters: Codes
    own: bool = False


@dataclass(frozen=True)
class Rates:
    """Mean number of sites a sequence (Poisson), by kind; `least` is the smallest number of own sites."""

    own: float
    foreign: float
    shared: float
    decoy: float
    least: int = 0


ENHANCER_RATES = Rates(own=2.4, foreign=0.2, shared=1.5, decoy=1.1)


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


def jaspar_matrices(ids: Iterable[str]) -> list[Matrix]:
    """Look JASPAR matrices up by id; half a count is added to each cell, so that no letter is impossible."""
    connect: Any = jaspardb  # it has no types
    database = connect(release="JASPAR2024")
    with closing(database.conn):
        counts = [database.fetch_motif_by_id(matrix_id).counts for matrix_id in ids]
    columns = [np.array([table[letter] for letter in "ACGT"], np.float64).T + 0.5 for table in counts]
    return [column / column.sum(axis=1, keepdims=True) for column in columns]


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
        Site(int(row), letters, any(matrix is one for one in own))
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


def one_site_each(rng: np.random.Generator, n: int, matrices: Sequence[Matrix]) -> list[Site]:
    """Draw one site of any of the matrices for each of `n` sequences."""
    return draw_sites(rng, Rates(own=0, foreign=0, shared=0, decoy=0, least=1), n, matrices, [], [])


def planted(rng: np.random.Generator, codes: Codes, sites: Sequence[Site]) -> Codes:
    """Write sites over sequences (n, length), at random, without overlap; what finds no room is left out."""
    return written(codes, sites, place(rng, codes.shape, sites))


def place(rng: np.random.Generator, shape: tuple[int, ...], sites: Sequence[Site]) -> list[int]:
    """Draw where each site starts in sequences (n, length), without overlap; -1 where it finds no room."""
    room = shape[1] + 1 - np.array([len(site.letters) for site in sites], dtype=np.int64)
    starts = (rng.random((len(sites), _TRIES)) * room[:, None]).astype(np.int64).tolist()
    taken = [bytearray(shape[1]) for _ in range(shape[0])]
    return [
        _first_free(taken[site.sequence], tries, len(site.letters)) for site, tries in zip(sites, starts, strict=True)
    ]


def _first_free(used: bytearray, tries: Iterable[int], width: int) -> int:
    """Take the first of these places that is free."""
    for start in tries:
        if used.find(1, start, start + width) < 0:
            used[start : start + width] = b"\1" * width
            return start
    return -1


def written(codes: Codes, sites: Sequence[Site], starts: Sequence[int]) -> Codes:
    """Write sites over sequences (n, length) at these places."""
    codes = codes.copy()
    for site, start in zip(sites, starts, strict=True):
        if start >= 0:
            codes[site.sequence, start : start + len(site.letters)] = site.letters
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

"""The reference for the motifs of a first layer: worked examples in letters, and the oracle of a real `Conv1d`."""

import numpy as np
import pytest
import torch

from graders.week11.enhancers.motifs import liver_motifs, looking_for
from graders.week11.enhancers.sequences import decode, one_hot
from graders.week11.enhancers.synthetic import jaspar_matrices
from nbviva import ml
from nbviva.ml import FirstLayer, best_matches, correlation, kernel_motifs


def layer(*words, bias=0.0):
    """One kernel a word: each letter that fits adds 1."""
    weight = np.array([[[float(letter == row) for letter in word] for row in "ACGT"] for word in words])
    return FirstLayer(weight, np.full(len(words), bias))


def first_layer_motifs(layer, sequences):
    return kernel_motifs(layer, one_hot(sequences))


def clear_cut(layer, sequences):
    return [sequences[i] for i in ml.clear_cut(layer, one_hot(sequences))]


def random_sequences(rng, number, length):
    return list(decode(rng.integers(0, 4, (number, length)).astype(np.int8)))


def test_windows_above_half_of_the_maximum_are_counted():
    motif = first_layer_motifs(layer("ACG"), ["ACGTTTACT"])  # ACG fits 3 of 3, ACT fits 2, all others at most 1
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0.5, 0.5]]
    assert expected == motif[0].tolist()


def test_a_window_of_exactly_half_the_maximum_is_not_counted():
    motif = first_layer_motifs(layer("AC"), ["ACTTAG"])  # AG fits 1 of 2, half of AC's 2
    assert motif[0].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]


def test_the_bias_moves_the_threshold():
    motif = first_layer_motifs(layer("AC", bias=1.0), ["ACTTAG"])  # now 2 of at most 3
    assert motif[0][1].tolist() == [0, 0.5, 0.5, 0]


def test_a_kernel_that_is_never_active_gives_a_quarter_everywhere():
    motifs = first_layer_motifs(layer("AAA", "CCC", bias=-1.5), ["AAAAAA"])
    assert motifs[0].tolist() == [[1, 0, 0, 0]] * 3
    assert motifs[1].tolist() == [[0.25] * 4] * 3


def test_rows_sum_to_one():
    rng = np.random.default_rng(0)
    random_layer = FirstLayer(rng.normal(size=(7, 4, 5)), rng.normal(size=7))
    motifs = first_layer_motifs(random_layer, random_sequences(rng, 20, 30))
    assert motifs.shape == (7, 5, 4)
    np.testing.assert_allclose(1.0, motifs.sum(axis=2))


def test_single_precision_agrees_once_sequences_are_clear_cut():
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    net = torch.nn.Conv1d(4, 24, 6)
    double = FirstLayer(*(p.detach().numpy().astype(np.float64) for p in (net.weight, net.bias)))
    single = FirstLayer(*(p.detach().numpy() for p in (net.weight, net.bias)))
    sequences = clear_cut(double, random_sequences(rng, 100, 60))
    assert 50 < len(sequences) < 100
    difference = first_layer_motifs(double, sequences) - first_layer_motifs(single, sequences)
    assert np.abs(difference).max() < 1e-6


def test_sequences_at_half_the_maximum_are_not_clear_cut():
    assert clear_cut(layer("AC"), ["ACGTTT", "ACTTAG"][:1]) == ["ACGTTT"]
    assert clear_cut(layer("AC"), ["ACTTAG"]) == []


def test_correlation_finds_a_shifted_motif_on_either_strand():
    (motif,) = jaspar_matrices(["MA0114.5"])
    shifted = np.vstack([np.full((3, 4), 0.25), motif[:9]])
    assert correlation(shifted, motif) == pytest.approx(1.0)
    assert correlation(motif[::-1, ::-1], motif) == pytest.approx(1.0)


def test_kernels_that_look_for_factors_find_them_on_both_strands():
    rng = np.random.default_rng(3)
    weight = looking_for(liver_motifs().values(), rng)
    x = one_hot(random_sequences(rng, 300, 200))
    found = kernel_motifs(FirstLayer(weight, np.zeros(len(weight))), x)
    for number, motif in enumerate(liver_motifs().values()):
        forward, backward = (ml.align(matrix, motif) for matrix in found[2 * number : 2 * number + 2])
        assert 0.8 < min(forward.correlation, backward.correlation)
        assert (True, False) == (forward.motif is motif, backward.motif is motif)


def test_a_flat_matrix_correlates_with_nothing():
    (motif,) = jaspar_matrices(["MA0114.5"])
    assert correlation(np.full((12, 4), 0.25), motif) == 0.0


def test_the_planted_factor_is_the_best_match():
    (motif,) = jaspar_matrices(["MA0046.3"])
    rng = np.random.default_rng(2)
    matrices = np.array([rng.dirichlet(np.ones(4), len(motif)), motif])
    best = best_matches(matrices, liver_motifs())[0]
    assert best.motif == "HNF1A"
    assert best.correlation == pytest.approx(1.0)

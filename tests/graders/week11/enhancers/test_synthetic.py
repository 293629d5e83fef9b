"""Invented enhancers: background, motifs, planting, and one code a group."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from graders.week11.enhancers import invented, sequences, synthetic


def test_background_rows_are_chances() -> None:
    """The table has a row for each three letters."""
    table = synthetic.background()
    assert table.shape == (64, 4)
    assert np.allclose(table.sum(axis=1), 1)
    assert table.min() > 0.03


def test_fitting_the_chain_to_its_own_draws_gives_it_back() -> None:
    """The chain is fitted to both strands, so it is given sequences of both."""
    forward = synthetic.markov(np.random.default_rng(0), np.zeros(5000), 200)
    fitted = synthetic.fit_background(sequences.decode(forward))
    assert np.abs(fitted - synthetic.background()).max() < 0.02


def test_context_tct_is_row_55() -> None:
    """Rows count in base 4: T is 3, C is 1."""
    fitted = synthetic.fit_background(["TCTG"])
    assert fitted[3 * 16 + 1 * 4 + 3].argmax() == 2


def test_a_gc_tilt_raises_gc() -> None:
    """A positive tilt favours C and G, a negative one A and T."""
    codes = synthetic.markov(np.random.default_rng(0), np.array([-1.0, 0.0, 1.0]), 2000)
    low, middle, high = sequences.gc_content(codes)
    assert low < middle - 0.1 < high - 0.2


def test_jaspar_matrices_are_chances_without_a_zero() -> None:
    """HNF4A has nine positions in the version that is used."""
    (matrix,) = synthetic.jaspar_matrices(["MA0114.5"])
    assert matrix.shape == (9, 4)
    assert np.allclose(matrix.sum(axis=1), 1)
    assert matrix.min() > 0


def test_sites_follow_their_matrix_on_both_strands() -> None:
    """A certain matrix gives its word or the reverse complement, about equally often."""
    matrix = np.eye(4)[[0, 0, 1, 2]]
    rng = np.random.default_rng(0)
    drawn = sequences.decode(synthetic.draw_instances(rng, matrix, 400))
    assert set(drawn) == {"AACG", "CGTT"}
    assert 150 < drawn.count("AACG") < 250


def test_planted_sites_do_not_overlap() -> None:
    """Every letter of every site is still there."""
    sites = [synthetic.Site(1, np.full(10, letter, np.int8)) for letter in (1, 2, 3)]
    empty, full = synthetic.planted(np.random.default_rng(0), np.zeros((2, 60), np.int8), sites)
    assert [30, 10, 10, 10] == np.bincount(full, minlength=4).tolist()
    assert not empty.any()


def test_a_site_without_room_is_left_out() -> None:
    """A full sequence takes no further site and keeps those it has."""
    sites = [synthetic.Site(0, np.full(12, 1, np.int8)), synthetic.Site(0, np.full(5, 2, np.int8))]
    (sequence,) = synthetic.planted(np.random.default_rng(0), np.zeros((1, 12), np.int8), sites)
    assert [1] * 12 == sequence.tolist()


def test_half_sites_come_from_the_other_class() -> None:
    """With decoys alone, a sequence carries both halves of a foreign motif."""
    rates = synthetic.Rates(own=0, foreign=0, shared=0, decoy=3)
    own, foreign = np.eye(4)[[0] * 8], np.eye(4)[[1] * 5]
    rng = np.random.default_rng(0)
    sites = synthetic.draw_sites(rng, rates, 50, [own], [foreign], [])
    assert {3} == {len(site.letters) for site in sites}
    assert {1, 2} == set(np.concatenate([site.letters for site in sites]).tolist())  # C, or G on the other strand


def test_synthetic_sets_follow_the_generator_they_are_given() -> None:
    """The same seed gives the same set, another seed another one."""
    first, again, other = (synthetic.synthetic(np.random.default_rng(seed), 30, 60) for seed in (1, 1, 2))
    assert first.sequences == again.sequences
    assert first.labels.tolist() == again.labels.tolist()
    assert not set(first.sequences) & set(other.sequences)


def test_synthetic_sets_have_the_sizes_and_the_label_noise_asked_for() -> None:
    """Without noise the classes have their sizes; with noise some labels move."""
    clean = synthetic.synthetic(np.random.default_rng(0), 200, 400, length=150, label_noise=0)
    noisy = synthetic.synthetic(np.random.default_rng(0), 200, 400, length=150, label_noise=0.05)
    assert np.bincount(clean.labels).tolist() == [400, 200]
    assert {len(sequence) for sequence in clean.sequences} == {150}
    assert 10 < np.sum(clean.labels != noisy.labels) < 60
    assert clean.source == "synthetic"


def test_invented_motifs_are_rich_in_information_and_balanced() -> None:
    """No motif is a run of one letter."""
    for seed in range(20):
        matrix = invented.random_matrix(np.random.default_rng(seed))
        assert 10 <= len(matrix) <= 12
        assert np.bincount(matrix.argmax(axis=1), minlength=4).max() <= 3
        assert (2 + (matrix * np.log2(matrix)).sum(axis=1)).sum() > 15  # bits


def test_an_invented_code_is_another_for_each_group() -> None:
    """Same generator, same code; the training and the test set share no sequence."""
    code, again, other = (invented.invented_code(np.random.default_rng(seed), 60, 40) for seed in (1, 1, 2))
    train, test = code.train, code.test
    assert train.sequences == again.train.sequences
    assert not set(train.sequences) & {*test.sequences, *other.train.sequences}
    assert np.bincount(train.labels).tolist() == [30, 30]
    assert np.bincount(test.labels).tolist() == [20, 20]


@pytest.fixture(scope="module")
def code() -> invented.Code:
    """The invented code of one group."""
    return invented.invented_code(np.random.default_rng(5))


def test_an_invented_code_cannot_be_told_from_gc(code: invented.Code) -> None:
    """Positives and negatives have one GC content."""
    train = code.train
    gc = sequences.gc_content(sequences.encode(train.sequences))
    assert 0.44 < roc_auc_score(train.labels, gc) < 0.56


def test_the_likelihood_ratio_of_the_generator_is_the_best_score(code: invented.Code) -> None:
    """It is near 1, since each sequence has a site, and above what the course's network has."""
    assert 0.985 < code.best_roc_auc <= 1.0


def differing(one: str, other: str) -> int:
    """Count the letters that are not the same."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def test_each_negative_gets_a_site_and_each_positive_loses_its_own(code: invented.Code) -> None:
    """An edited sequence differs from the one before in no more letters than its sites have."""
    labels = dict(zip(code.test.sequences, code.test.labels.tolist(), strict=True))
    assert [1 - 2 * labels[before] for before, _, _ in code.edited] == [direction for _, _, direction in code.edited]
    planted = [differing(before, after) for before, after, direction in code.edited if direction == 1]
    broken = [differing(before, after) for before, after, direction in code.edited if direction == -1]
    assert 1 <= min(planted) <= max(planted) <= 12
    assert 4 <= min(broken) <= max(broken) <= 100
    assert sorted("".join(before for before, _, d in code.edited if d == -1)) == sorted(
        "".join(after for _, after, d in code.edited if d == -1)
    )


def test_edits_and_moves_change_what_the_generator_knows(code: invented.Code) -> None:
    """The likelihood ratio falls where sites are broken, rises where one is planted, and stays where they are moved."""

    def known(texts: tuple[str, ...]) -> np.ndarray:
        return invented.log_likelihood(sequences.encode(texts), code.motifs)

    before, after, direction = zip(*code.edited, strict=True)
    assert np.mean((known(after) - known(before)) * np.array(direction) > 0) > 0.98
    positives = known(tuple(np.array(code.test.sequences)[code.test.labels == 1]))
    assert np.median(known(code.moved)) == pytest.approx(np.median(positives), rel=0.1)


@pytest.mark.parametrize(("label", "direction"), [(0, 1), (1, -1)])
def test_a_sequence_of_a_set_is_edited_at_the_sites_of_known_motifs(label: int, direction: int) -> None:
    """A positive loses its clearest site, some negatives get two; what has no clear site stays as it is."""
    motif = np.array([[0.97, 0.01, 0.01, 0.01], [0.01, 0.01, 0.97, 0.01]] * 4)
    sequence = "T" * 20 + "AGAGAGAG" + "T" * 20
    made = [invented.edit_sites(np.random.default_rng(seed), sequence, label, [motif]) for seed in range(40)]
    found = [item for item in made if item]
    assert (len(found) == 40) is bool(label)
    assert {direction} == {way for _, way in found}
    assert all(1 <= differing(sequence, text) <= 16 for text, _ in found)
    assert invented.edit_sites(np.random.default_rng(0), "T" * 48, 1, [motif]) is None


@pytest.mark.parametrize(("width", "low", "high"), [(12, 0.93, 1.0), (2, 0.4, 0.62)])
def test_an_invented_code_is_learnt_by_kernels_of_12_and_not_of_2(
    code: invented.Code, width: int, low: float, high: float
) -> None:
    """The course's network with the course's settings, one fit."""
    train, test = code.train, code.test
    assert low < roc_auc_score(test.labels, fit_predict(train, test.sequences, width)) <= high


def fit_predict(train: sequences.Enhancers, test: tuple[str, ...], width: int) -> np.ndarray:
    """Train the course's network and score the test sequences, (n,)."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    pool = [nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(32, 1)]
    net = nn.Sequential(nn.Conv1d(4, 32, width, padding=width // 2), *pool)
    x, y = torch.from_numpy(sequences.one_hot(train.sequences)), torch.from_numpy(train.labels).float()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=1e-4)
    for _ in range(10):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(net(x[batch])[:, 0], y[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        return np.asarray(net.eval()(torch.from_numpy(sequences.one_hot(test)))[:, 0])

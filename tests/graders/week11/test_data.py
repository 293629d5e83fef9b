"""The sets of week 11: how they are built, what they hold, and what simple models make of them."""

import hashlib
import itertools
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from graders.week11 import data
from graders.week11.enhancers import sequences, synthetic

BUILT = Path(__file__).parents[3] / "graders" / "week11" / ".data"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that holds the real sites."""
    try:
        return data.download(tmp_path_factory.mktemp("wheel"))
    except data.Unavailable as reason:
        pytest.skip(f"no real data: {reason}")


@pytest.fixture(scope="session")
def sites(wheel: Path) -> list[data.Site]:
    """Every real site."""
    return data.real_sites(wheel)


@pytest.fixture(scope="session")
def built() -> tuple[data.Enhancers, data.Enhancers]:
    """The public and the hidden set that the course uses, built where they are missing."""
    data.build(BUILT)
    return data.public_set(BUILT), data.hidden_set(BUILT)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A folder with the real sets, whatever the course uses on this machine."""
    folder = tmp_path_factory.mktemp("real")
    data.build(folder, wheel)
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wheel can be had; what stands in is made small, to be quick."""

    def no_wheel(folder: Path) -> Path:
        raise data.Unavailable("there is no network")

    monkeypatch.setattr(data, "download", no_wheel)
    monkeypatch.setattr(data, "synthetic", lambda rng: synthetic.synthetic(rng, 30, 60))


def test_sets_have_3000_sequences_of_200_letters(built: tuple[data.Enhancers, data.Enhancers]) -> None:
    """A third of each set is liver, but for the label noise of a synthetic one."""
    for part in built:
        assert len(part) == 3000
        assert set(map(len, part.sequences)) == {200}
        assert set("".join(part.sequences)) == set("ACGT")
        assert 1000 <= part.labels.sum() <= (1000 if part.source == "real" else 1150)


def test_no_sequence_is_twice_in_the_sets(built: tuple[data.Enhancers, data.Enhancers]) -> None:
    """Neither within a set nor across, on either strand."""
    names = [sequences.canonical(sequence) for part in built for sequence in part.sequences]
    assert len(set(names)) == len(names)


def test_no_chromosome_is_in_both_sets(real: Path) -> None:
    """Whole chromosomes are public or hidden, and the sites of a set are apart."""
    rows = {name: read_rows(real / f"{name}.tsv") for name in ("public", "hidden")}
    chromosomes = {name: {row[2] for row in part} for name, part in rows.items()}
    assert chromosomes["public"] <= data.PUBLIC_CHROMOSOMES
    assert not chromosomes["hidden"] & data.PUBLIC_CHROMOSOMES
    for part in rows.values():
        places = sorted((row[2], int(row[3])) for row in part)
        assert all(a[0] != b[0] or b[1] - a[1] >= 1000 for a, b in itertools.pairwise(places))


def read_rows(path: Path) -> list[list[str]]:
    """Read the lines of a built table, without its header."""
    header, *lines = path.read_text().splitlines()
    assert header == "sequence\tlabel\tchr\tstart"
    return [line.split("\t") for line in lines]


def test_building_from_the_wheel_twice_gives_the_same_files(tmp_path: Path, real: Path, wheel: Path) -> None:
    """The choice has a fixed seed."""
    data.build(tmp_path, wheel)
    for name in ("public.tsv", "hidden.tsv", "SOURCE.json"):
        assert (tmp_path / name).read_bytes() == (real / name).read_bytes()


def test_others_come_from_three_cell_lines_in_equal_parts(sites: list[data.Site], real: Path) -> None:
    """1,000 liver sites, and 667, 667 and 666 others."""
    cells = {site.sequence: site.cell for site in sites}
    for part in (data.public_set(real), data.hidden_set(real)):
        found = [cells[sequence] for sequence in part.sequences]
        assert {cell: found.count(cell) for cell in set(found)} == data.WANTED
        assert [cell == "HepG2" for cell in found] == part.labels.astype(bool).tolist()


def test_the_committed_background_is_that_of_the_real_sites(sites: list[data.Site]) -> None:
    """Fitting again gives the table in the repository."""
    fitted = data.fit_background([site.sequence for site in sites])
    committed = json.loads(Path(synthetic.__file__).with_name("background.json").read_text())
    assert np.abs(fitted - committed).max() < 1e-5


def test_a_second_build_does_nothing(tmp_path: Path, offline: None) -> None:
    """Files that are there and whole are kept."""
    first = data.build(tmp_path)
    written = (tmp_path / "public.tsv").stat().st_mtime_ns
    assert data.build(tmp_path) == first
    assert (tmp_path / "public.tsv").stat().st_mtime_ns == written


def test_a_damaged_set_is_refused_and_built_again(tmp_path: Path, offline: None) -> None:
    """A cut file is noticed by its digest."""
    data.build(tmp_path)
    whole = (tmp_path / "hidden.tsv").read_bytes()
    (tmp_path / "hidden.tsv").write_bytes(whole[:-100])
    with pytest.raises(ValueError, match=r"has no whole hidden\.tsv; run `make setup`"):
        data.hidden_set(tmp_path)
    data.build(tmp_path)
    assert (tmp_path / "hidden.tsv").read_bytes() == whole


def test_without_the_wheel_synthetic_sets_stand_in_and_say_why(tmp_path: Path, offline: None) -> None:
    """One sentence names the reason and the remedy."""
    sentence = data.build(tmp_path)
    assert "stand in for the real ones because there is no network; delete the folder" in sentence
    assert data.public_set(tmp_path).source == data.hidden_set(tmp_path).source == "synthetic"
    assert data.public_set(tmp_path).sequences != data.hidden_set(tmp_path).sequences
    assert (tmp_path / "public.tsv").read_text().startswith("sequence\tlabel\n")


def test_a_wheel_replaces_synthetic_sets(tmp_path: Path, wheel: Path, offline: None) -> None:
    """Whoever brings the wheel later gets the real data."""
    data.build(tmp_path)
    assert data.build(tmp_path, wheel).startswith("Real DNase sites")
    assert data.public_set(tmp_path).source == "real"


def test_pip_that_fails_is_a_reason_not_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter without pip, for one."""
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(data.Unavailable, match="pip could not download dnadiffusion"):
        data.download(tmp_path)


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    """Only the measured bytes are read, whatever the file is called."""
    fake = tmp_path / "fake.whl"
    with zipfile.ZipFile(fake, "w") as archive:
        archive.writestr(data.MEMBER, "chr\tstart\tTAG\tsequence\n")
    with pytest.raises(ValueError, match=r"fake\.whl: the wheel is not the one that was measured"):
        data.build(tmp_path / "built", fake)
    with pytest.raises(ValueError, match=r"missing\.whl: the wheel cannot be read"):
        data.build(tmp_path / "built", tmp_path / "missing.whl")


def test_another_table_in_the_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has a digest of its own."""
    fake = tmp_path / "fake.whl"
    with zipfile.ZipFile(fake, "w") as archive:
        archive.writestr(data.MEMBER, "chr\tstart\tTAG\tsequence\n")
    monkeypatch.setattr(data, "WHEEL_SHA256", hashlib.sha256(fake.read_bytes()).hexdigest())
    with pytest.raises(data.Unavailable, match="table in the wheel is not the one"):
        data.real_sites(fake)


def test_an_instructors_own_sets_are_kept(tmp_path: Path, offline: None) -> None:
    """What was put in survives the next build."""
    public, hidden = (synthetic.synthetic(np.random.default_rng(seed), 20, 20) for seed in (1, 2))
    data.put(tmp_path, public, hidden)
    assert data.build(tmp_path) == "The instructor's own data: 40 public and 40 hidden sequences."
    assert data.hidden_set(tmp_path).sequences == hidden.sequences
    assert data.public_set(tmp_path).source == "own"


def kmer_counts(part: data.Enhancers, k: int) -> NDArray[np.float32]:
    """Count words of k letters on both strands, (n, 4**k)."""
    forward = sequences.encode(part.sequences).astype(np.int64)
    first = np.arange(len(part))[:, None] * 4**k
    counts = np.zeros(len(part) * 4**k, np.float32)
    for codes in (forward, 3 - forward[:, ::-1]):
        words = sum(codes[:, i : codes.shape[1] - k + 1 + i] * 4 ** (k - 1 - i) for i in range(k))
        counts += np.bincount((first + words).ravel(), minlength=len(counts))
    return counts.reshape(len(part), 4**k)


def kmer_score(part: data.Enhancers, k: int) -> float:
    """ROC-AUC of a logistic regression on k-mers, five folds."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = LogisticRegression(C=0.02, max_iter=500)
    with threadpool_limits(1):  # on a busy machine more threads take many times as long
        scores = cross_val_predict(model, kmer_counts(part, k), part.labels, cv=folds, method="decision_function")
    return float(roc_auc_score(part.labels, scores))


def gc_score(part: data.Enhancers) -> float:
    """ROC-AUC of the GC content alone."""
    return float(roc_auc_score(part.labels, sequences.gc_content(sequences.encode(part.sequences))))


# Measured with 4-mers and 6-mers: public .838 and .900, hidden .827 and .891; synthetic, ten seeds, .727-.754 and
# .804-.833; GC alone .492-.505.
def test_real_sets_are_learnable_and_no_easier_than_measured(built: tuple[data.Enhancers, data.Enhancers]) -> None:
    """GC alone says nothing, 4-mers something, 6-mers more."""
    if built[0].source != "real":
        pytest.skip("no real data: the sets built here are synthetic")
    for part in built:
        assert abs(gc_score(part) - 0.5) < 0.03
        assert 0.80 < kmer_score(part, 4) < 0.86
        assert 0.87 < kmer_score(part, 6) < 0.93


def test_synthetic_sets_are_as_hard_as_measured() -> None:
    """GC alone says nothing; k-mers say less than in the real sets."""
    part = data.synthetic(np.random.default_rng(0))
    assert abs(gc_score(part) - 0.5) < 0.03
    assert 0.70 < kmer_score(part, 4) < 0.78
    assert 0.76 < kmer_score(part, 6) < 0.86

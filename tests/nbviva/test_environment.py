"""What is installed counts wherever it is looked at from."""

from nbviva.environment import installed


def test_own_metadata_in_a_checkout_does_not_count(tmp_path, monkeypatch):
    """A program and a test see the same packages, though only one of them has the checkout on its path."""
    before = installed.__wrapped__()
    (tmp_path / "nbviva.egg-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert before == installed.__wrapped__()


def test_another_package_counts(tmp_path, monkeypatch):
    before = installed.__wrapped__()
    (tmp_path / "extra-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert {"extra-1.0.dist-info"} == set(installed.__wrapped__()) - set(before)

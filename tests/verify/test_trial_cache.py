"""The cache of results: whole or empty, and never larger than it may be."""

from nbviva.files import digest
from nbviva.verify import cache
from nbviva.verify.cache import TrialCache, files_digest


def test_texts_are_kept_between_processes(tmp_path):
    TrialCache(tmp_path / "a" / "b.json").update({"key": "text"})
    assert "text" == TrialCache(tmp_path / "a" / "b.json").get("key")
    assert None is TrialCache(tmp_path / "a" / "other.json").get("key")


def test_broken_file_holds_nothing(tmp_path):
    for content in (b"{", b"\xff", b"[]", b'{"key": 1}'):
        (tmp_path / "b.json").write_bytes(content)
        assert None is TrialCache(tmp_path / "b.json").get("key")


def test_oldest_texts_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 2)
    kept = TrialCache(tmp_path / "b.json")
    for key in "abc":
        kept.update({key: key})
    assert [None, "b", "c"] == [TrialCache(tmp_path / "b.json").get(key) for key in "abc"]


def test_digest_tells_parts_apart():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest(b"a")


def test_digest_of_files_knows_names_and_contents_and_leaves_out_patterns(tmp_path):
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "mutants.py").write_text("2")
    first = files_digest(tmp_path, ["*mutants.py"])
    (tmp_path / "mutants.py").write_text("3")
    assert first == files_digest(tmp_path, ["*mutants.py"])
    (tmp_path / "one.py").rename(tmp_path / "two.py")
    assert first != files_digest(tmp_path, ["*mutants.py"])

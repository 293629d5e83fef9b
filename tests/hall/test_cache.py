"""The caches: what is kept, what is not believed, and never more than there may be."""

import math

import pytest

from nbviva import cache
from nbviva.cache import ResultCache, TextCache
from nbviva.verify.trials import Judged, Trial

TRIAL = Trial(
    "mutants.wrong", 1, real=False, judged=(Judged("adds", "failed", "", 0.1, 0.2, (("x", math.inf, None, None),)),)
)


def test_texts_are_kept_between_processes(tmp_path):
    TextCache(tmp_path / "a", "b").update({"key": "text"})
    assert "text" == TextCache(tmp_path / "a", "b").get("key")
    assert None is TextCache(tmp_path / "a", "other").get("key")


def test_broken_file_holds_nothing(tmp_path):
    TextCache(tmp_path, "b").update({"key": "text"})
    (file,) = tmp_path.rglob("b.json")
    for content in (b"{", b"\xff", b"[]", b'{"key": 1}'):
        file.write_bytes(content)
        assert None is TextCache(tmp_path, "b").get("key")


def test_oldest_texts_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 2)
    kept = TextCache(tmp_path, "b")
    for key in "abc":
        kept.update({key: key})
    assert [None, "b", "c"] == [TextCache(tmp_path, "b").get(key) for key in "abc"]


def test_texts_that_are_used_no_more_go(tmp_path):
    kept = TextCache(tmp_path, "b")
    kept.update({"a": "a", "b": "b"})
    kept.update({"c": "c"}, used={"b", "c", "d"})
    assert [None, "b", "c"] == [TextCache(tmp_path, "b").get(key) for key in "abc"]


def test_what_is_used_stays_however_much_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 2)
    TextCache(tmp_path, "b").update({key: key for key in "abc"}, used=set("abc"))
    assert ["a", "b", "c"] == [TextCache(tmp_path, "b").get(key) for key in "abc"]


def test_what_was_put_is_given_again(tmp_path):
    results = ResultCache(tmp_path)
    assert results.get(Trial, "a") is None
    made = results.put("a", TRIAL)
    kept = results.get(Trial, "a")
    assert TRIAL == kept.value
    assert abs(made.made - kept.made) < 60


def test_fresh_cache_gives_nothing_and_still_keeps(tmp_path):
    ResultCache(tmp_path, anew=True).put("a", TRIAL)
    assert ResultCache(tmp_path, anew=True).get(Trial, "a") is None
    assert TRIAL == ResultCache(tmp_path).get(Trial, "a").value


@pytest.mark.parametrize("text", ["[1, 2", "[1, 2]", '{"overlay": "a", "seed": "1", "real": false}'])
def test_broken_entry_is_made_anew(tmp_path, text):
    ResultCache(tmp_path).put("a", TRIAL)
    (file,) = tmp_path.rglob("a.json")
    file.write_text(text, "utf-8")
    assert ResultCache(tmp_path).get(Trial, "a") is None

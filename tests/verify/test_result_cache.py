"""The cache: what is kept, what is not believed, and that a key holds all that decides a result."""

import math

import pytest

from nbviva.verify.cache import ResultCache, key_of
from nbviva.verify.trials import Judged, Trial
from nbviva.week.imports import files_behind, libraries_behind

TRIAL = Trial(
    "mutants.wrong", 1, real=False, judged=(Judged("adds", "failed", "", 0.1, 0.2, (("x", math.inf, None, None),)),)
)


def test_what_was_put_is_given_again(tmp_path):
    cache = ResultCache(tmp_path)
    assert cache.get(Trial, "a") is None
    made = cache.put("a", TRIAL)
    kept = cache.get(Trial, "a")
    assert TRIAL == kept.value
    assert abs(made.made - kept.made) < 60


def test_fresh_cache_gives_nothing_and_still_keeps(tmp_path):
    ResultCache(tmp_path, anew=True).put("a", TRIAL)
    assert ResultCache(tmp_path, anew=True).get(Trial, "a") is None
    assert TRIAL == ResultCache(tmp_path).get(Trial, "a").value


@pytest.mark.parametrize("text", ["[1, 2", "[1, 2]", '{"overlay": "a", "seed": "1", "real": false}'])
def test_broken_entry_is_made_anew(tmp_path, text):
    ResultCache(tmp_path).put("a", TRIAL)
    (tmp_path / "trial" / "a.json").write_text(text, "utf-8")
    assert ResultCache(tmp_path).get(Trial, "a") is None


def test_key_follows_the_content_of_files_and_the_borders_of_parts(tmp_path):
    path = tmp_path / "file"
    path.write_text("one", "utf-8")
    before = key_of(path)
    path.write_text("two", "utf-8")
    assert before != key_of(path)
    assert key_of("ab", "c") != key_of("a", "bc")


def test_imports_are_followed_through_the_packages_that_are_named(tmp_path):
    for name, text in {
        "a.py": "from pack.b import x\nimport os\n",
        "b.py": "def f():\n    from . import c\n",
        "c.py": "",
        "d.py": "",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert (tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py") == files_behind(["pack.a"], {"pack": tmp_path})


def test_libraries_behind_a_module_are_those_of_all_that_it_imports(tmp_path):
    (tmp_path / "checks.py").write_text("import math\nfrom . import other\nfrom nowhere_at_all import x\n")
    (tmp_path / "other.py").write_text("def f():\n    from json.decoder import JSONDecoder\n")
    (tmp_path / "unused.py").write_text("import csv\n")
    assert ("json.decoder", "math") == libraries_behind(["graders.week.checks"], {"graders.week": tmp_path})

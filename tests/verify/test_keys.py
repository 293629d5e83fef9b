"""A key holds all that decides a result."""

from nbviva.files import digest
from nbviva.verify.keys import key_of, of_week
from nbviva.week.imports import files_behind, libraries_behind


def test_digest_tells_parts_apart():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest(b"a")


def test_digest_of_a_week_knows_names_and_contents_and_leaves_out_patterns(tmp_path):
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "mutants.py").write_text("2")
    first = of_week(tmp_path, ["*mutants.py"])
    (tmp_path / "mutants.py").write_text("3")
    assert first == of_week(tmp_path, ["*mutants.py"])
    assert first != of_week(tmp_path)
    (tmp_path / "one.py").rename(tmp_path / "two.py")
    assert first != of_week(tmp_path, ["*mutants.py"])


def test_key_follows_the_content_of_files_and_the_borders_of_parts(tmp_path):
    path = tmp_path / "file"
    missing = key_of(path)
    path.write_text("one", "utf-8")
    before = key_of(path)
    path.write_text("two", "utf-8")
    assert 3 == len({missing, before, key_of(path)})
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

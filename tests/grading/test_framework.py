"""Which of our own files decide a run, a verdict, a page: none that counts is missing, and words decide no verdict."""

import re

import pytest

from nbviva.grading import framework
from nbviva.grading.framework import NBVIVA, PAGE, RUN, VERDICT, files_of, of_page, of_run, of_verdict
from nbviva.week.imports import files_behind

PROGRAM = re.compile(r"""with_name\("(\w+\.py)"\)|"-m", "(nbviva[.\w]+)\"""")


@pytest.mark.parametrize("entries", [RUN, VERDICT, PAGE])
def test_no_import_is_missed(entries):
    """The pattern that reads imports finds what Python's own parser finds."""
    assert set() == set(files_behind(entries, {"nbviva": NBVIVA})) - set(files_of(entries))


@pytest.mark.parametrize("entries", [RUN, VERDICT, PAGE])
def test_programs_that_are_started_count(entries):
    """A module that another one starts as a program decides what that one does."""
    names = {str(path.relative_to(NBVIVA)) for path in files_of(entries)}
    for path in (path for path in files_of(entries) if path.suffix == ".py"):
        for beside, module in PROGRAM.findall(path.read_text("utf-8")):
            started = path.with_name(beside) if beside else NBVIVA.parent / f"{module.replace('.', '/')}.py"
            assert str(started.relative_to(NBVIVA)) in names


def test_what_runs_judges_too():
    """So a stale transcript is never beside a fresh report."""
    assert set(files_of(RUN)) <= set(files_of(VERDICT))


def test_words_and_pages_decide_no_verdict():
    """What only counts, shows and records may change: reports stay fresh."""
    names = {path.relative_to(NBVIVA).as_posix() for path in files_of(VERDICT)}
    rooms = {name.partition("/")[0] for name in names}
    assert set() == rooms & {"cli", "feedback", "gradebook", "results", "setup", "verify", "wording.py"}
    shown = {path.relative_to(NBVIVA).as_posix() for path in files_of(PAGE)}
    assert {"wording.py", "feedback/page.py", "feedback/templates/feedback.css"} <= shown


def test_what_a_week_imports_of_ours_counts():
    assert of_verdict(["from nbviva.ml import motifs"]) == of_verdict()
    assert of_verdict(["from nbviva.feedback import code"]) != of_verdict()


@pytest.fixture
def digests(tmp_path, monkeypatch):
    """Give the three digests of a framework of three files, one of which was changed."""
    shows = "from nbviva import words"
    texts = {"__init__": "", "runs": "", "judges": "from nbviva import runs", "shows": shows, "words": ""}
    place = tmp_path / "nbviva"
    place.mkdir()
    monkeypatch.setattr(framework, "NBVIVA", place)
    for name in ("RUN", "VERDICT", "PAGE"):
        which = {"RUN": "runs", "VERDICT": "judges", "PAGE": "shows"}[name]
        monkeypatch.setattr(framework, name, (f"nbviva.{which}",))

    def given(changed=""):
        for name, text in texts.items():
            (place / f"{name}.py").write_text(text + "# changed" * (name == changed), "utf-8")
        forget()
        return of_run(), of_verdict(), of_page()

    yield given
    monkeypatch.undo()
    forget()


def forget():
    """Let every file be read again."""
    for function in vars(framework).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


@pytest.mark.parametrize(
    ("changed", "same"),
    [("runs", (False, False, True)), ("judges", (True, False, True)), ("words", (True, True, False))],
)
def test_each_file_changes_what_it_decides(digests, changed, same):
    before, after = digests(), digests(changed)
    assert same == tuple(one == other for one, other in zip(before, after, strict=True))

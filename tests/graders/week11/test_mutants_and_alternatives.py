"""Every wrong answer is caught by the check that it names, and every right answer written differently passes."""

import warnings
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import pytest

import graders.week11
from nbviva.grading.rehearsal import rehearse
from nbviva.grading.verdict import Outcome
from nbviva.week.declare import Overlay
from nbviva.week.week import load

FOLDER = Path(next(iter(graders.week11.__path__)))
WEEK = load(FOLDER)


def overlays(kind: str) -> dict[str, Overlay]:
    """All overlays of the files `*mutants.py` or `*alternatives.py`, by file and name."""
    return {
        f"{place}.{name}": value
        for place, module in WEEK.modules(kind).items()
        for name, value in vars(module).items()
        if isinstance(value, Overlay)
    }


MUTANTS, ALTERNATIVES = overlays("mutants"), overlays("alternatives")


@pytest.fixture(autouse=True)
def quiet():
    """Figures are drawn into nothing, and what Lightning says of the machine is no fault."""
    with mpl.rc_context({"backend": "agg"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def named_by(overlay: Overlay) -> dict[str, Outcome]:
    """What the checks that it names say of it."""
    return {verdict.check: verdict.outcome for verdict in rehearse(WEEK, overlay)}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught_by_the_checks_that_it_names(name):
    found = named_by(MUTANTS[name])
    assert {check.name: found[check.name] for check in MUTANTS[name].checks} == {
        check.name: Outcome.FAILED for check in MUTANTS[name].checks
    }


@pytest.mark.parametrize("name", ALTERNATIVES)
def test_an_alternative_passes_every_check_that_it_names(name):
    found = named_by(ALTERNATIVES[name])
    assert [check.name for check in ALTERNATIVES[name].checks if found[check.name] is not Outcome.PASSED] == []


def test_the_notebooks_own_solutions_pass_every_check():
    assert {Outcome.PASSED} == {verdict.outcome for verdict in rehearse(WEEK)}


@pytest.mark.parametrize("known", [MUTANTS, ALTERNATIVES], ids=["mutants", "alternatives"])
def test_every_check_has_at_least_two(known):
    named = Counter(check.name for overlay in known.values() for check in overlay.checks)
    assert [check.name for check in WEEK.checks if named[check.name] < 2] == []


def test_every_overlay_tells_its_story():
    assert [] == [name for name, overlay in {**MUTANTS, **ALTERNATIVES}.items() if not overlay.story]

"""Which mutant a hand-in behaves like: the one that is told the same about the same questions."""

import json
from dataclasses import replace

import pytest

from nbviva.grading.rehearsal import rehearse
from nbviva.results import wrong
from nbviva.results.wrong import Failure, stories
from nbviva.secret import secret_of
from nbviva.week.declare import Overlay

SQUARES = "Squares instead of doubling."


def failures(course, function, group="g1", replaces="double"):
    """What a group with this function is told."""
    week = course.week("toy")
    verdicts = rehearse(week, Overlay(function, week.checks, replaces), group=group, secret=secret_of(course.root))
    return [Failure(group, verdict.check, verdict.detail) for verdict in verdicts if verdict.outcome == "failed"]


def test_wrong_answer_that_a_mutant_gives_has_its_story(course):
    found = stories(course, course.week("toy"), failures(course, lambda x: x**2))
    assert SQUARES == found[next(failure for failure in found if failure.check == "double_doubles")]


def test_story_holds_for_the_other_checks_that_fail_alike(course):
    found = stories(course, course.week("toy"), failures(course, lambda x: x**2))
    assert {"double_doubles": SQUARES, "total_is_supported": SQUARES} == {f.check: s for f, s in found.items()}


def test_other_wrong_answers_have_no_story(course):
    assert {} == stories(course, course.week("toy"), failures(course, lambda x: x + 3))


def test_answers_to_another_groups_questions_have_no_story(course):
    told = [replace(failure, group="g2") for failure in failures(course, lambda x: x**2)]
    assert {} == stories(course, course.week("toy"), told)


def test_what_was_found_is_kept(course, monkeypatch):
    week, told = course.week("toy"), failures(course, lambda x: x**2)
    found = stories(course, week, told)
    monkeypatch.setattr(wrong, "rehearse", lambda *_, **__: pytest.fail("rehearsed again"))
    assert found == stories(course, week, told)


def test_changed_week_is_looked_up_again(course):
    told = failures(course, lambda x: x**2)
    stories(course, course.week("toy"), told)
    path = course.root / "graders/toy/mutants.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert {} == stories(course, course.week("toy"), told, seconds=-1)


def test_what_there_was_no_time_for_is_not_settled(course):
    told = failures(course, lambda x: x**2)
    assert {} == stories(course, course.week("toy"), told, seconds=-1)
    assert SQUARES in stories(course, course.week("toy"), told).values()


def test_broken_cache_is_made_anew(course):
    path = course.root / ".nbviva/cache/behaves-toy.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert SQUARES in stories(course, course.week("toy"), failures(course, lambda x: x**2)).values()
    assert SQUARES in json.loads(path.read_text()).values()

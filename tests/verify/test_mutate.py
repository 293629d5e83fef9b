"""The mutation score of the toy week: what a check misses is named, what is the same is not counted."""

import dataclasses
import re
import shutil

import pytest

from nbviva.errors import SpecError
from nbviva.verify.mutation.mutate import mutation_score
from nbviva.verify.mutation.score import Excuse, Fate

SOLUTION = "    twice_as_much = 2 * x\n    return twice_as_much\n"
SURVIVOR = '[[survivor]]\ncell = "double"\noperator = "{}"\nbefore = "{}"\nafter = "{}"\nkind = "{}"\nwhy = "It may."\n'


def write(course, name, old, new):
    path = course.root / "graders" / "toy" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def explain(course, *values):
    (course.root / "graders" / "toy" / "survivors.toml").write_text(SURVIVOR.format(*values))


@pytest.fixture(scope="module")
def known(new_course):
    """The toy week as it is, and its score: each mutant was tried once."""
    course = new_course()
    return course, mutation_score(course, "toy")


@pytest.fixture(scope="module")
def known_weak(new_course):
    """The same with weak checks."""
    course = new_course()
    weaken(course)
    return course, mutation_score(course, "toy")


@pytest.fixture
def tried(course, known):
    """A toy course whose mutants were tried before."""
    shutil.copytree(known[0].root / ".nbviva", course.root / ".nbviva")
    return course


@pytest.fixture
def weak(course, known_weak):
    """The same with weak checks."""
    weaken(course)
    shutil.copytree(known_weak[0].root / ".nbviva", course.root / ".nbviva")
    return course


def test_good_checks_catch_every_mutant(known):
    _, score = known
    assert (1.0, len(score.tried), ()) == (score.score, score.caught, score.survivors)
    assert {"double_answer", "half_answer", "colour_answer"} == {item.cell for item in score.tried}
    assert "double_doubles" in {item.by for item in score.tried}


def test_check_may_ask_for_what_a_later_cell_sets(course):
    """The notebook runs on until it has that name."""
    later = "# %%\ndef triple(x):\n    return 3 * double(x) / 2\n\n\n"
    write(course, "notebook.py", '# %% solution="half"', later + '# %% solution="half"')
    write(course, "checks.py", "student.double(x), 2 * x, rtol=1e-9", "student.triple(x), 3 * x, rtol=1e-9")
    score = mutation_score(course, "toy")
    assert (1.0, len(score.tried)) == (score.score, score.caught)


def weaken(course):
    """Let checks accept a third more than the double, and any half."""
    write(course, "checks.py", "rtol=1e-9", "rtol=0.51")
    write(course, "checks.py", 'sheet.judge("answer_half", 3.5)', 'str(sheet.number("answer_half"))')
    write(course, "checks.py", 'assert_close(total, 2 * sum(numbers), name="the total")', "")


def test_weak_check_leaves_a_survivor_that_is_named_with_its_line(known_weak):
    _, score = known_weak
    found = [(item.mutated.line, item.mutated.before, item.mutated.after) for item in score.survivors]
    assert (4, "twice_as_much = 2 * x", "twice_as_much = 3 * x") in found
    assert score.score < 1.0
    assert {Fate.SURVIVED} == {item.fate for item in score.survivors}


def test_equivalent_mutant_is_listed_and_not_counted(course):
    write(
        course,
        "notebook.py",
        SOLUTION,
        "    twice_as_much = 2 * abs(x)\n    return twice_as_much if x > 0 else -twice_as_much\n",
    )
    score = mutation_score(course, "toy")
    (same,) = [item for item in score.unexplained if item.mutated.operator == "comparison"]
    assert ("return twice_as_much if x >= 0 else -twice_as_much", Fate.SAME) == (same.mutated.after, same.fate)
    assert same in score.fair
    assert same not in score.survivors
    assert score.caught / (len(score.tried) - len(score.fair)) == score.score


@pytest.mark.parametrize(
    ("kind", "counted"), [(Excuse.EQUIVALENT, False), (Excuse.RIGHT, False), (Excuse.ACCEPTED, True)]
)
def test_author_explains_a_survivor(weak, kind, counted):
    explain(weak, "constant", "twice_as_much = 2 * x", "twice_as_much = 3 * x", kind)
    score = mutation_score(weak, "toy")
    (item,) = [item for item in score.tried if item.explained]
    assert "twice_as_much = 3 * x" == item.mutated.after
    assert counted is (item in score.survivors)
    assert item not in score.unexplained
    assert () == score.errors


def test_entry_of_a_survivor_explains_it_once_a_reason_stands_there(weak):
    before = mutation_score(weak, "toy").unexplained
    text = "\n".join(item.entry.replace('why = ""', 'why = "It may."') for item in before)
    (weak.root / "graders" / "toy" / "survivors.toml").write_text(text)
    after = mutation_score(weak, "toy")
    assert before
    assert ((), ()) == (after.unexplained, after.errors)


def test_explanation_of_what_is_caught_is_an_error(tried):
    explain(tried, "constant", "twice_as_much = 2 * x", "twice_as_much = 3 * x", "right")
    (error,) = mutation_score(tried, "toy").errors
    assert "double, constant, `twice_as_much = 2 * x`" in error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[survivor", "is no valid TOML"),
        ("[[survivor]]\ncell = 'a'\n", "must have exactly"),
        (SURVIVOR, "the kind '{}'"),
    ],
)
def test_broken_explanation_is_refused_with_a_sentence(course, text, says):
    (course.root / "graders" / "toy" / "survivors.toml").write_text(text)
    with pytest.raises(SpecError, match=re.escape(says)):
        mutation_score(course, "toy")


def test_hanging_mutant_counts_as_caught_and_stops_nobody(course):
    loop = "    while x is None:\n        pass\n    return 2 * x\n"
    write(course, "notebook.py", SOLUTION, loop)
    score = mutation_score(course, "toy")
    late = {item.mutated.after for item in score.tried if item.fate is Fate.TIMED_OUT}
    assert "while x is not None:" in late
    assert all(item.is_caught for item in score.tried if item.fate is Fate.TIMED_OUT)
    assert Fate.CAUGHT in {item.fate for item in score.tried}


def test_check_that_a_mutant_breaks_is_a_survivor(course):
    write(
        course,
        "checks.py",
        'assert_close(student.double(x), 2 * x, rtol=1e-9, name="double(x)")',
        "[0][int(student.double(x) != 2 * x)]",
    )
    score = mutation_score(course, "toy")
    assert {Fate.BROKE} == {item.fate for item in score.survivors}


def test_second_run_comes_from_the_cache(tried, known):
    _, first = known
    second = mutation_score(tried, "toy")
    assert (0, len(second.tried), 0.0) == (first.cached, second.cached, second.seconds)
    assert first == second


def test_cache_forgets_when_a_check_changes(tried):
    weaken(tried)
    score = mutation_score(tried, "toy")
    assert 0 == score.cached
    assert score.survivors


def test_cache_outlives_a_change_of_prose(tried):
    write(tried, "notebook.py", "# # Toys", "# # More toys")
    score = mutation_score(tried, "toy")
    assert len(score.tried) == score.cached


def test_broken_cache_is_no_cache(tried, known):
    (tried.root / ".nbviva" / "cache" / "mutants-toy.json").write_text("{")
    assert dataclasses.replace(known[1], cached=0) == mutation_score(tried, "toy")


def test_week_that_does_not_pass_itself_is_refused(course):
    write(course, "notebook.py", "answer_half = double(7) / 4", "answer_half = 4")
    with pytest.raises(SpecError, match="do not pass half_of_seven"):
        mutation_score(course, "toy")

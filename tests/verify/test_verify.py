"""Every row of `nbviva verify` turns red: on the toy week, with one thing wrong at a time."""

import pytest

from nbviva.cache import ResultCache
from nbviva.errors import SpecError
from nbviva.grading.verdict import Outcome
from nbviva.verify.answers import Plan, _again, alternatives, flakes, mutants, reference
from nbviva.verify.leaks import secrets_of
from nbviva.verify.route import Taken
from nbviva.verify.row import Origin
from nbviva.verify.trials import Bench, Crews, Judged, Trial, TriedAnswers
from nbviva.verify.verify import VerifyOptions, _leaks, _marks, verify

ALTERNATIVES = '''
from graders.toy.checks import colour_is_red, double_doubles, half_of_seven, total_is_supported
from nbviva.author import alternative


@alternative(double_doubles, total_is_supported)
def double(x):
    """Adds."""
    return x + x


@alternative(half_of_seven)
def answer_half():
    """A fraction, as a text."""
    return "7/2"


@alternative(colour_is_red)
def answer_colour():
    """The label."""
    return "Red"
'''
MUTANTS = '''

from graders.toy.checks import colour_is_red, total_is_supported


@mutant(colour_is_red)
def answer_colour():
    """Blue."""
    return "blue"


@mutant(total_is_supported, replaces="double")
def thrice(x):
    """Three times as much."""
    return 3 * x
'''


@pytest.fixture
def toy(course):
    """A toy week that has all that `verify` asks for."""
    folder = course.root / "graders/toy"
    (folder / "alternatives.py").write_text(ALTERNATIVES, "utf-8")
    mutants_file = folder / "mutants.py"
    mutants_file.write_text(mutants_file.read_text("utf-8") + MUTANTS, "utf-8")
    return course


def edit(course, name, old, new):
    """Change one text in a file of the toy week."""
    path = course.root / "graders/toy" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def bench(course):
    """Try the toy week in this process."""
    said = []
    return Bench(course.week("toy"), ResultCache(course.root), Crews(0), said.append)


def flaky(course, repeats=20, **options):
    """Give the row on chance."""
    its = bench(course)
    _, right = alternatives(its, thorough=False)
    return flakes(its, reference(its) + right, Plan(repeats, **options), course.root)[0]


def test_a_sound_week_has_no_defects(toy):
    assert () == mutants(bench(toy))[0].defects
    assert () == alternatives(bench(toy), thorough=False)[0].defects
    assert () == flaky(toy).defects


def test_an_entry_of_survivors_that_cannot_be_read_is_refused_before_anything_is_tried(toy):
    (toy.root / "graders/toy/survivors.toml").write_text('[[survivor]]\nslip = "x"\nwhy = "y"\n', "utf-8")
    said = []
    with pytest.raises(SpecError, match="must have exactly these texts: cell, operator, before, after, kind, why"):
        next(verify(toy, "toy", VerifyOptions(workers=0), said.append))
    assert [] == said


def test_a_mistake_in_the_mutants_is_refused_before_anything_is_tried(toy):
    edit(toy, "mutants.py", "import mutant\n", "import mutant\nmistaken\n")
    said = []
    with pytest.raises(SpecError, match=r"mutants.py, line 6: NameError: name 'mistaken' is not defined"):
        next(verify(toy, "toy", VerifyOptions(workers=0), said.append))
    assert [] == said


def test_a_mutant_that_no_check_catches_is_a_defect(toy):
    edit(toy, "mutants.py", "return x * x", "return 2.0 * x")
    row, _ = mutants(bench(toy))
    assert "3 of 4 are caught by the checks that they name" == row.summary
    (sentence,) = row.defects
    assert "'mutants.double' (Squares instead of doubling.) is not caught by 'double_doubles'" in sentence


def test_a_check_that_fails_itself_on_a_mutant_is_a_defect(toy):
    edit(
        toy,
        "checks.py",
        '    return sheet.judge("answer_colour", "red")',
        '    return {"red": "fine"}[sheet.value("answer_colour")]',
    )
    (sentence,) = mutants(bench(toy))[0].defects
    assert "makes the check 'colour_is_red' itself fail" in sentence


def test_an_alternative_that_is_refused_is_a_defect(toy):
    edit(toy, "checks.py", 'sheet.judge("answer_half", 3.5)', 'sheet.judge("answer_half", 3.4)')
    (sentence,) = alternatives(bench(toy), thorough=False)[0].defects
    assert "'alternatives.answer_half' (A fraction, as a text.) is refused by 'half_of_seven'" in sentence


def test_an_alternative_is_held_against_every_check_when_thorough(toy):
    edit(toy, "alternatives.py", "@alternative(double_doubles, total_is_supported)", "@alternative(total_is_supported)")
    edit(toy, "alternatives.py", "return x + x", "return x + x if isinstance(x, int) else x")
    assert not [s for s in alternatives(bench(toy), thorough=False)[0].defects if "refused" in s]
    assert [s for s in alternatives(bench(toy), thorough=True)[0].defects if "refused by 'double_doubles'" in s]


def test_a_check_without_mutant_or_alternative_is_a_defect(course):
    assert 2 == len(mutants(bench(course))[0].defects)
    (first, *_) = alternatives(bench(course), thorough=False)[0].defects
    assert first.startswith("The check 'double_doubles' has no alternative: write a right answer")


def test_a_check_that_sometimes_refuses_a_right_answer_is_a_defect(toy):
    edit(
        toy,
        "checks.py",
        "    x = float(rng.normal())",
        '    x = float(rng.normal())\n    require(x > -1.0, "Too small.")',
    )
    row = flaky(toy)
    assert any("'double_doubles' refused the reference in" in sentence for sentence in row.defects)
    assert any("'double_doubles' refused alternatives.double in" in sentence for sentence in row.defects)


def measured(toy, scale):
    edit(toy, "checks.py", "def double_doubles(student, rng):", "def double_doubles(student, rng, findings):")
    measure = f"    score = 0.85 + {scale} * float(rng.normal())\n    findings.value('score', score, bound=0.75)\n"
    measure += "    require(score > 0.75, 'Too low.')\n"
    edit(toy, "checks.py", "    x = float(rng.normal())\n", f"    x = float(rng.normal())\n{measure}")


def test_a_number_far_from_its_bound_is_told_with_its_probability(toy):
    measured(toy, 0.01)
    row = flaky(toy)
    assert () == row.defects
    (line,) = [line for line in row.details if line.startswith("double_doubles: score")]
    assert "bound 0.75, n = 60" in line
    assert "standard deviations away" in line


def test_a_number_near_its_bound_is_a_defect(toy):
    measured(toy, 0.06)
    assert any("score falls on the wrong side of 0.75" in sentence for sentence in flaky(toy).defects)


def test_few_numbers_tell_no_probability(toy):
    measured(toy, 0.01)
    row = flaky(toy, repeats=2)
    assert any("too few to tell" in line for line in row.details)


def test_costly_checks_are_repeated_less_unless_thorough(toy, monkeypatch):
    monkeypatch.setattr("nbviva.verify.answers.CHEAP_SECONDS", -1.0)
    assert any(line.endswith(", 2 times.") for line in flaky(toy, repeats=4).details)
    assert any(line.endswith(", 4 times.") for line in flaky(toy, repeats=4, thorough=True).details)


def test_a_right_answer_is_repeated_on_what_it_decides(toy):
    """The others ask the reference's code, which is repeated on all."""
    week = toy.week("toy")
    judged = tuple(Judged(check.name, Outcome.PASSED, "", 0.0, 0.0) for check in week.checks)
    asked = {
        name: {job.checks for job in _again(week, Trial(name, 0, False, judged), Plan(4, thorough=True))}
        for name in ("", "alternatives.answer_half")
    }
    assert {tuple(check.name for check in week.checks)} == asked[""]
    assert {("half_of_seven",)} == asked["alternatives.answer_half"]


def test_what_has_not_changed_comes_from_the_cache(toy):
    first, again = mutants(bench(toy))[0].origin, mutants(bench(toy))[0].origin
    assert (4, 0) == (first.made, first.kept)
    assert (0, 4) == (again.made, again.kept)


@pytest.mark.parametrize("name", ["checks.py", "notebook.py", "mutants.py", "assignment.toml"])
def test_a_change_of_what_decides_a_result_is_seen(toy, name):
    mutants(bench(toy))
    path = toy.root / "graders/toy" / name
    path.write_text(path.read_text("utf-8") + "\n# another line\n", "utf-8")
    assert 4 == mutants(bench(toy))[0].origin.made


def test_a_change_of_another_file_keeps_results(toy):
    mutants(bench(toy))
    (toy.root / "graders/toy/alternatives.py").write_text("", "utf-8")
    (toy.root / "graders/toy/sheet.typ").write_text("", "utf-8")
    assert 4 == mutants(bench(toy))[0].origin.kept


def test_a_process_that_ends_is_a_defect_and_not_the_end(toy):
    edit(toy, "mutants.py", "return 4.0", "raise SystemExit")
    defects = mutants(bench(toy))[0].defects
    assert any(
        "'mutants.answer_half' (Halves eight.) could not be tried: SystemExit" in sentence for sentence in defects
    )


def taken(reference=(6.0, 1.0), blank=(0.0, 0.0), leaks=()):
    """What the route gave."""
    failures = {"reference": ("'half_of_seven' failed: no.",), "blank": ("'colour' gets 1",)}
    return Taken({"reference": reference, "blank": blank}, failures, leaks, {}, {})


def test_a_reference_without_full_marks_is_a_defect(course):
    (sentence,) = _marks(course.week("toy"), taken(reference=(3.0, 1.0)), Origin()).defects
    assert sentence.startswith("The reference gets 3 points and 1 extra of 6 and 1")
    assert "'half_of_seven' failed" in sentence


def test_a_blank_release_with_a_point_is_a_defect(course):
    (sentence,) = _marks(course.week("toy"), taken(blank=(0.0, 1.0)), Origin()).defects
    assert sentence.startswith("The blank release gets points ('colour' gets 1)")


def test_full_and_no_marks_are_no_defect(course):
    assert () == _marks(course.week("toy"), taken(), Origin()).defects


def test_a_secret_in_what_a_wrong_answer_is_told_is_a_defect(toy):
    line = "total = sum(as_number(student.double(n), name='double(n)') for n in numbers)"
    edit(
        toy,
        "checks.py",
        '    return sheet.judge("answer_colour", "red")',
        f'    require(sheet.value("answer_colour") == "red", "{line}")',
    )
    edit(toy, "checks.py", 'name="double(n)") for n', "name='double(n)') for n")
    week = toy.week("toy")
    row = _leaks(taken(), Origin(), mutants(bench(toy))[1], secrets_of(week, b"a secret for tests"))
    (sentence,) = row.defects
    assert "What a student is told about 'mutants.answer_colour' gives away the line" in sentence


def test_leaks_of_the_route_are_defects(course):
    found = _leaks(
        taken(leaks=("The release gives away the course's secret in a.txt",)),
        Origin(),
        TriedAnswers((), Origin()),
        secrets_of(course.week("toy"), b"x"),
    )
    assert ("The release gives away the course's secret in a.txt: take it out.",) == found.defects


def test_a_run_that_must_be_fresh_ignores_the_cache(toy):
    mutants(bench(toy))
    fresh = Bench(toy.week("toy"), ResultCache(toy.root, anew=VerifyOptions(again=True).again), Crews(0), print)
    assert 4 == mutants(fresh)[0].origin.made

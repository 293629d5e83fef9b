"""Exercises 1 and 3 of the notebook and their checks: solutions pass for every group, and no answer is our error."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import jupytext
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

import graders.week11
from graders.week11.gradients import alternatives as gradient_alternatives
from graders.week11.gradients import checks as gradient_checks
from graders.week11.gradients import mutants as gradient_mutants
from graders.week11.paper import alternatives as paper_alternatives
from graders.week11.paper import checks as paper_checks
from graders.week11.paper import mutants as paper_mutants
from nbviva.grading.examine import Examination, examine
from nbviva.grading.own_cells import Rehearsed
from nbviva.grading.verdict import Outcome
from nbviva.handin.sheet import Sheet
from nbviva.kernel.student import local_student
from nbviva.week.declare import Check, Fixture, Overlay
from nbviva.week.spec import read_assignment
from nbviva.week.week import Week

FOLDER = Path(next(iter(graders.week11.__path__)))
ASSIGNMENT = read_assignment(FOLDER)
QUESTIONS = [q for q in ASSIGNMENT.questions if q.number.startswith(("1.", "3."))]
NAMES = {q.name for q in QUESTIONS}
GIVEN = {"setup", "hidden_layer", "network", "build_network", "toy_data"}
DRAWN = {"gradient_flow_experiment", "gradient_flow_figure"}
WRITTEN = [item for m in (gradient_checks, paper_checks) for item in vars(m).items()]
CHECKS = tuple(value for _, value in WRITTEN if isinstance(value, Check))
FIXTURES = {name: value for name, value in WRITTEN if isinstance(value, Fixture)}
WEEK = Week(FOLDER, replace(ASSIGNMENT, questions=tuple(QUESTIONS)), CHECKS, FIXTURES)
JUNK = (None, "text", [], {}, float("nan"), True, np.zeros(0), [[1.0], [2.0, 3.0]], 1 + 2j, object(), 10**400)


@cache
def cells():
    """Code cells of Exercises 1 and 3, each as (role, name, source)."""
    found = []
    for cell in jupytext.read(FOLDER / "notebook.py", fmt="py:percent").cells:
        role = next((role for role in ("given", "solution", "test") if role in cell.metadata), "")
        if cell.cell_type == "code" and cell.metadata.get(role) in NAMES | GIVEN | DRAWN:
            found.append((role, cell.metadata[role], cell.source))
    return found


@cache
def code(source):
    return compile(source, "<notebook>", "exec")


def solved(*, also=frozenset()):
    """The names of the notebook once its solutions have run."""
    namespace = {"__name__": "__main__"}
    for role, name, source in cells():
        if role == "solution" or name in GIVEN or name in also or role in also:
            exec(code(source), namespace)  # noqa: S102 - our own notebook
    return namespace


def verdicts(namespace, group=0):
    student = local_student(namespace)
    sources = {f"{name}_answer" if role == "solution" else name: source for role, name, source in cells()}
    given = {"sheet": Sheet(ASSIGNMENT, student), "notebook": Rehearsed(sources=sources)}

    def draw(name):
        return np.random.default_rng([group, *name.encode()])

    return {v.check: v for v in examine(Examination(WEEK, student, draw, given))}


@pytest.mark.parametrize("group", range(5))
def test_solutions_pass_for_every_group(group):
    assert {name: v.detail for name, v in verdicts(solved(), group).items() if v.outcome is not Outcome.PASSED} == {}


def test_visible_asserts_hold_for_the_solutions():
    solved(also={"test"})


def test_figure_shows_all_methods_on_a_log_scale(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)
    with mpl.rc_context({"backend": "agg"}):
        namespace = solved(also=DRAWN)
        assert namespace["axes"].get_yscale() == "log"
        assert len(namespace["METHODS"]) == len(namespace["axes"].get_lines())
        plt.close("all")


def test_every_check_has_two_mutants_and_two_alternatives():
    for modules in ((gradient_mutants, paper_mutants), (gradient_alternatives, paper_alternatives)):
        overlays = [value for module in modules for value in vars(module).values() if isinstance(value, Overlay)]
        named = Counter(check.name for overlay in overlays for check in overlay.checks)
        assert [check.name for check in CHECKS if named[check.name] < 2] == []


def test_wrong_part_1_leaves_the_question_on_it_unasked():
    namespace = solved()
    namespace["skip_connection"] = gradient_mutants.skip_left_out.function
    verdict = verdicts(namespace)["most_uniform_is_named"]
    assert Outcome.SKIPPED is verdict.outcome
    assert "activation(linear(x)) + x" in verdict.detail


@pytest.mark.parametrize("name", ["relu", "elu", "skip_connection", "BatchNorm", "build_network", "gradient_norms"])
@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: type(junk).__name__)
def test_junk_is_the_students_fault(name, junk):
    namespace = solved()
    namespace[name] = lambda *_, **__: junk
    outcomes = {v.outcome for v in verdicts(namespace).values()}
    assert Outcome.FAILED in outcomes
    assert Outcome.ERROR not in outcomes


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: type(junk).__name__)
def test_junk_answers_are_the_students_fault(junk):
    namespace = solved()
    answers = {name for question in QUESTIONS for name, _ in question.answers}
    namespace.update(dict.fromkeys(answers, junk))
    found = verdicts(namespace)
    assert {Outcome.FAILED} == {found[c.name].outcome for c in CHECKS if "sheet" in c.function.__code__.co_varnames}


@pytest.mark.parametrize("name", ["torch", "relu", "build_network", "x_1"])
def test_missing_names_are_the_students_fault(name):
    namespace = solved()
    del namespace[name]
    outcomes = {v.outcome for v in verdicts(namespace).values()}
    assert Outcome.FAILED in outcomes
    assert Outcome.ERROR not in outcomes


def test_torch_replaced_is_the_students_fault():
    class Torch:
        class nn:  # noqa: N801 - named as in PyTorch
            @staticmethod
            def Linear(*_):  # noqa: N802
                return {"state_dict": 0}

    namespace = solved()
    namespace["torch"] = Torch
    assert Outcome.ERROR not in {v.outcome for v in verdicts(namespace).values()}


def test_notebook_agrees_with_the_assignment():
    text = (FOLDER / "notebook.py").read_text(encoding="utf-8")
    for fact in (ASSIGNMENT.title, ASSIGNMENT.course, ASSIGNMENT.term, "{{issued}}", "{{due}}"):
        assert fact in text
    assert " ".join(ASSIGNMENT.rule.split()) in re.sub(r"\s*\n# ", " ", text)
    asked = re.findall(r"\{\{points ([\w ]+)\}\}", text)
    assert sorted(q.name for q in ASSIGNMENT.questions) == sorted(name for names in asked for name in names.split())


def test_code_cells_are_short():
    long = [name for _, name, source in cells() if len([x for x in source.splitlines() if "###" not in x]) > 16]
    assert long == []

"""A class of synthetic hand-ins of the toy week: reports as grading writes them, without a kernel's time.

Every verdict is a rehearsal's on the group's own questions, or one of the few that only a kernel gives (a death, a
missing notebook). The same numbers make the same class.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import numpy as np

from nbviva.course import Course
from nbviva.gradebook.record import record
from nbviva.grading.rehearsal import rehearse
from nbviva.grading.stored import save, submission
from nbviva.grading.submission import Graded
from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Report, Verdict, mark
from nbviva.handin.sheet import DIFFERS
from nbviva.secret import secret_of
from nbviva.verify.release import make_release, make_source
from nbviva.week.declare import Overlay, Value
from nbviva.week.source import release_template, source_notebook
from nbviva.week.week import Week
from tests.modules import forget_weeks

TOY = Path(__file__).parent / "toy"
NAMES = ("Ann Müller", "Bob Stone", "Cleo Late", "Dan Ito", "Eva Åberg", "Finn O'Neil")
QUIRKY = """
def double({x}):
    {a} = [{x}, {x}]
    {b} = 0
    for {c} in range(len({a})):
        if {c} % 2 == 0:
            {b} = {b} + {a}[{c}] * 1.0
        else:
            {b} = {b} - (-1) * {a}[{c}]
    return {b} if {b} == {b} else float("nan")
"""


@dataclass(frozen=True)
class Group:
    """What happens to one group's hand-in."""

    name: str
    skill: float
    late: int = 0
    fate: str = ""
    code: str = ""


def toy_course(folder: Path) -> Course:
    """Copy the toy course into a folder and make its source."""
    shutil.copytree(TOY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course(folder)
    make_source(course, "toy")
    return course


def classroom(folder: Path, size: int = 60) -> Course:
    """Give a toy course whose hand-ins are all graded, with every fault that a class report tells."""
    forget_weeks()
    course = toy_course(folder)
    week = course.week("toy")
    rng = np.random.default_rng(size)
    lines = ["group,name,matriculation number,login"]
    for i, group in enumerate(_groups(size, rng)):
        hand_in(course, week, group, rng)
        lines += [f"{group.name},{NAMES[(i + k) % 6]},{7000000 + 2 * i + k},login{2 * i + k}" for k in range(2)]
    (course.root / "roster.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return course


def _groups(size: int, rng: np.random.Generator) -> list[Group]:
    groups = [
        Group(f"g{i:02d}", float(rng.beta(3, 1.3)), int(rng.integers(1, 400)) if rng.random() < 0.15 else 0)
        for i in range(1, size + 1)
    ]
    fates = {
        2: "error",
        5: "died",
        9: "missing cell",
        11: "no notebook",
        14: "differs",
        17: "ungraded",
        26: "blank",
        31: "blank",
    }
    groups = [replace(group, fate=fates.get(i, "")) for i, group in enumerate(groups)]
    letters = {6: ("x", "parts", "total", "i"), 22: ("value", "both", "summe", "k")}
    for i, (x, a, b, c) in letters.items():
        if i < size:
            groups[i] = replace(groups[i], skill=1.0, code=QUIRKY.format(x=x, a=a, b=b, c=c))
    return groups


def hand_in(course: Course, week: Week, group: Group, rng: np.random.Generator) -> None:
    """Write a group's hand-in, and its report, unless its fate is to be ungraded."""
    notebook = release_template(source_notebook(week))
    if group.code:
        next(
            c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "double_answer"
        ).source = group.code
    folder = course.submitted("toy", group.name)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "toys.ipynb")
    moment = np.datetime64("2024-01-08T19:00:00") + np.timedelta64(group.late or -60, "m")
    (folder / "timestamp.txt").write_text(f"{str(moment).replace('T', ' ')} UTC", "utf-8")
    if group.fate == "ungraded":
        return
    verdicts = _verdicts(week, course, group, rng)
    marks = tuple(mark(question, verdicts) for question in week.assignment.questions)
    notes = {
        "missing cell": ("The cell 'double_answer' was missing and was put back.",),
        "died": ("The kernel ended early. It used more memory than it may.",),
        "no notebook": (f"{group.name}.ipynb is no notebook.",),
    }
    sandbox = "nothing was run" if group.fate == "no notebook" else "bubblewrap, cgroup"
    seconds = {"total": round(float(rng.gamma(6, 1.2)) + (55 if group.fate == "died" else 0), 3)}
    digest = submission(course, "toy", group.name).digest  # fresh, so that recording marks nothing again
    report = Report(
        "toy",
        group.name,
        digest,
        sandbox,
        verdicts,
        marks,
        notes.get(group.fate, ()),
        seconds,
        int(rng.gamma(9, 30)) << 20,
    )
    save(course.report("toy", group.name), Graded(report, notebook, b""))


def _verdicts(week: Week, course: Course, group: Group, rng: np.random.Generator) -> tuple[Verdict, ...]:
    if group.fate == "no notebook":
        return _alike(week, Outcome.FAILED, f"{group.name}.ipynb is no notebook: it is not JSON.", NO_NOTEBOOK)
    if group.fate == "died":
        return _alike(week, Outcome.FAILED, "No answer: the kernel is gone.", "Died")
    if group.fate == "blank":
        return _blank(week)
    overlays = [replaced for replaced in _wrong(week, rng) if rng.random() > group.skill]
    found = {v.check: v for v in rehearse(week, group=group.name, secret=secret_of(course.root))}
    for overlay in overlays:
        told = rehearse(week, overlay, group=group.name, secret=secret_of(course.root))
        found |= {v.check: v for v in told if v.outcome is not Outcome.PASSED}
    if group.fate == "error":
        trouble = replace(found["colour_is_red"], outcome=Outcome.ERROR, cause="KeyError")
        found["colour_is_red"] = replace(trouble, detail="The check itself failed (checks.py, line 42): 'red'")
    if group.fate == "differs":
        half = found["half_of_seven"]
        found["half_of_seven"] = replace(half, detail=f"{half.detail} The notebook's `answer_half` {DIFFERS}")
    score = 0.55 + 0.4 * group.skill + float(rng.normal(0, 0.03))
    curve = [Value(f"score[{size}]", min(score, 0.5 + 0.03 * size * group.skill), 0.75) for size in (1, 4, 8, 12)]
    values = (Value("score", min(score, 0.999), 0.75), Value("size", float(rng.choice([4, 8, 8, 12]))), *curve)
    found["total_is_supported"] = replace(found["total_is_supported"], values=values)
    return tuple(found[check.name] for check in week.checks)


def _wrong(week: Week, rng: np.random.Generator) -> list[Overlay]:
    """Give a wrong answer for each question: a known mutant mostly, else one that nobody has thought of."""
    mutants = week.module("mutants")
    halves = [mutants.answer_half.function, lambda: 3.2, lambda: 14.0]
    answer = halves[int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
    doubles = [mutants.double.function, lambda x: x + 2, _nothing]
    double = doubles[int(rng.choice(3, p=[0.5, 0.2, 0.3]))]
    return [
        Overlay(double, week.checks, "double"),
        Overlay(answer, week.checks, "answer_half"),
        Overlay(lambda: "blue", week.checks, "answer_colour"),
    ]


def _nothing(x: float) -> float:
    raise NotImplementedError


def _blank(week: Week) -> tuple[Verdict, ...]:
    stub = "No answer: `double` raised NotImplementedError in line 3 of its cell, `raise NotImplementedError()`."
    told = {
        "half_of_seven": (Outcome.SKIPPED, f"Not asked, since this did not hold: {week.checks[0].sentence}", ""),
        "colour_is_red": (Outcome.FAILED, "No answer was given: `answer_colour` is still None.", ""),
    }
    return tuple(
        Verdict(c.name, c.exercise, found[0], c.sentence, *found[1:])
        for c in week.checks
        for found in [told.get(c.name, (Outcome.FAILED, stub, "Raised"))]
    )


def _alike(week: Week, outcome: Outcome, detail: str, cause: str) -> tuple[Verdict, ...]:
    return tuple(Verdict(c.name, c.exercise, outcome, c.sentence, detail, cause) for c in week.checks)


def recorded(folder: Path, size: int) -> Course:
    """Give a class whose marks are in nbgrader's gradebook, with feedback for every group."""
    course = classroom(folder, size)
    make_release(course, "toy")
    record(course, "toy", [group for group in course.groups("toy") if course.report("toy", group).is_dir()])
    return course

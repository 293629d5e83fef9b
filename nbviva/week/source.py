"""`notebook.py` to the nbgrader source notebook, and from it to what the release and the frame of a hand-in are.

The percent-format file says with one key of cell metadata what a cell is: `solution="name"` (the student writes),
`test="name"` (the graded cell of a question), `given="name"` (locked). Points and the hidden checks are added here, and
where prose says `{{issued}}`, `{{due}}`, `{{limits}}` or `{{points QUESTION ...}}`, what assignment.toml says.
"""

from __future__ import annotations

import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from functools import lru_cache
from pathlib import Path

import jupytext

from nbviva.errors import SpecError
from nbviva.notebooks import NotebookNode, copy, grade_id, is_answer, is_test, join, node, to_text
from nbviva.week.imports import installed_here, modules_of
from nbviva.week.prose import filled_in, require_points
from nbviva.week.spec import Assignment, Question
from nbviva.week.week import GivenNotebooks, Week

TRAINING, EXPERIMENT = "training", "experiment"
_ROLES = ("solution", "test", "given")
_HIDDEN = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?", re.DOTALL)
_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
_MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


class SourceError(SpecError):
    """`notebook.py` cannot become a source notebook; the text says which cell and what to change."""


def source_notebook(week: Week) -> NotebookNode:
    """Give the nbgrader source notebook of a week: solutions, visible asserts, hidden checks, points.

    Several notebooks are given as one (`nbviva.notebooks.join`).
    """
    if week.given:
        return copy(join(week.given.sources))
    return copy(_built(week.assignment, (week.folder / "notebook.py").read_text(encoding="utf-8")))


def frame(week: Week) -> NotebookNode:
    """Give the release's notebook, into whose cells a hand-in's are put: the same object each time, not to be changed.

    For grading, which wants it for every hand-in; nothing is built or copied while the week's files stay the same.
    """
    if week.given:
        return join(week.given.frames)
    return _frame(week.assignment, (week.folder / "notebook.py").read_text(encoding="utf-8"))


def frames(week: Week) -> dict[str, NotebookNode]:
    """Give what the cells of a hand-in are put into, each notebook by its name; not to be changed."""
    return dict(week.given.frames) if week.given else {week.assignment.notebook: frame(week)}


def releases(week: Week) -> dict[str, NotebookNode]:
    """Give the notebooks that a student gets, by their names; not to be changed."""
    return dict(week.given.releases) if week.given else {week.assignment.notebook: frame(week)}


def source_notebooks(week: Week) -> dict[str, NotebookNode]:
    """Give the nbgrader source notebooks of a week, by their names."""
    if week.given:
        return {name: copy(source) for name, source in week.given.sources.items()}
    return {week.assignment.notebook: source_notebook(week)}


@lru_cache(maxsize=8)
def _frame(assignment: Assignment, text: str) -> NotebookNode:
    return release_template(_built(assignment, text))


@lru_cache(maxsize=8)
def _built(assignment: Assignment, text: str) -> NotebookNode:
    notebook = node(jupytext.reads(text, fmt="py:percent"))
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        cell.metadata.pop("lines_to_next_cell", None)  # the percent file's blank lines
        role = next((role for role in _ROLES if role in cell.metadata), None)
        if role is not None:
            _mark(cell, role, str(cell.metadata.pop(role)), assignment, seen)
    if assignment.limits.sentence and "{{limits}}" not in text:
        first = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), notebook.cells[0])
        first.source = f"{first.source}\n\n{assignment.limits.sentence}"
    graded = {grade_id(cell) for cell in notebook.cells if is_test(cell)}
    missing = [q.name for q in assignment.questions if q.name not in graded]
    if missing:
        raise SourceError(f'notebook.py has no test cell for {", ".join(missing)}; add `# %% test="{missing[0]}"`.')
    require_points(notebook.cells, assignment)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = filled_in(cell.source, assignment)
    _require_python(notebook.cells, text)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = copy({"kernelspec": kernel, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _require_python(cells: list[NotebookNode], text: str) -> None:
    """Refuse a code cell that is no Python; the line is that of notebook.py."""
    for cell in cells:
        if cell.cell_type != "code":
            continue
        try:
            compile(_MAGIC.sub("", cell.source), "notebook.py", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SyntaxError as error:
            first = text[: max(0, text.find(cell.source))].count("\n")
            raise SourceError(f"notebook.py, line {first + (error.lineno or 1)}: {error.msg}.") from None


def _mark(cell: NotebookNode, role: str, name: str, assignment: Assignment, seen: set[str]) -> None:
    grade_id = f"{name}_answer" if role == "solution" else name
    if grade_id in seen:
        raise SourceError(f"notebook.py has two cells '{grade_id}'; give one of them another name.")
    seen.add(grade_id)
    question = _question(assignment, name) if role == "test" else None
    cell.metadata["nbgrader"] = {
        "grade": role == "test", "grade_id": grade_id, "locked": role != "solution", "schema_version": 3,
        "solution": role == "solution", "task": False, **({"points": gradebook_points(question)} if question else {}),
    }  # fmt: skip
    if question:
        cell.source += _hidden_tests(assignment, question)


def _question(assignment: Assignment, name: str) -> Question:
    try:
        return assignment.question(name)
    except KeyError as error:
        raise SourceError(f'notebook.py has a cell test="{name}": {error.args[0]}') from None


def gradebook_points(question: Question) -> float:
    """The cell's maximum in the gradebook: extra points do not count towards it, so a bonus question has 0."""
    return 0.0 if question.bonus else question.points


def _hidden_tests(assignment: Assignment, question: Question) -> str:
    call = f'examine_here("{assignment.week}", "{question.name}", globals())'
    return f"\n### BEGIN HIDDEN TESTS\nfrom nbviva.here import examine_here\n{call}\n### END HIDDEN TESTS"


def write_source(week: Week, folder: Path) -> Path:
    """Write the source notebook into `folder`; equal sources give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{week.assignment.notebook}.ipynb"
    path.write_text(to_text(source_notebook(week)), encoding="utf-8")
    return path


def release_template(source: NotebookNode) -> NotebookNode:
    """Give the source notebook as a student gets it: no solutions, no hidden tests."""
    template = copy(source)
    for cell in template.cells:
        cell.source = _SOLUTION.sub(_stub, _HIDDEN.sub("", cell.source))
    return template


def _stub(match: re.Match[str]) -> str:
    return "\n".join(match[1] + line for line in STUB.splitlines())


def hidden_parts(week: Week) -> list[str]:
    """Give the texts that a release must not hold: solutions and hidden tests."""
    if week.given:
        return _taken_out(week.given)
    cells = source_notebook(week).cells
    return [match[0] for cell in cells for rule in (_HIDDEN, _SOLUTION) for match in rule.finditer(cell.source)]


def _taken_out(given: GivenNotebooks) -> list[str]:
    """Give the lines of given notebooks that no cell of their releases has."""
    shown = {line.strip() for release in given.releases.values() for cell in release.cells for line in _lines(cell)}
    cells = [cell for source in given.sources.values() for cell in source.cells]
    return ["\n".join(line for line in _lines(cell) if line.strip() not in shown) for cell in cells]


def _lines(cell: NotebookNode) -> list[str]:
    return list(cell.source.splitlines())


def code_cells(week: Week) -> list[NotebookNode]:
    """Give the code cells of the source without hidden tests: what a rehearsal executes."""
    source = source_notebook(week)
    for cell in source.cells:
        cell.source = _HIDDEN.sub("", cell.source)
    return [cell for cell in source.cells if cell.cell_type == "code"]


def imports_of(source: NotebookNode) -> tuple[str, ...]:
    """Give the modules that the release's own cells import and that are installed here, in their order.

    For `nbviva.sandbox.fork_server`: they are imported once for all kernels of a batch. Cells in which a student writes
    are not read, nor is a module that lies beside the notebook.
    """
    found: list[str] = []
    for cell in release_template(source).cells:
        if cell.cell_type == "code" and not is_answer(cell):
            found += modules_of(_MAGIC.sub("", cell.source))
    return installed_here(found)

"""The text of a notebook to the nbgrader source notebook, and from it to the release and the frame of a hand-in.

It stands in `notebook.py`, or in `notebooks/NAME.py` of a week with several. One key of cell metadata in the
percent-format file says what a cell is: `solution="name"` (the student writes), `test="name"` (the graded cell of a
question), `given="name"` (locked). Points and the hidden checks are added here, and where prose says `{{issued}}`,
`{{due}}`, `{{limits}}` or `{{points QUESTION ...}}`, what assignment.toml says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jupytext

from nbviva.errors import SpecError
from nbviva.inside.cellcode import as_python, compiled
from nbviva.naming import answer_cell
from nbviva.notebooks import STUB, NotebookNode, as_one, as_parts, copy, grade_id, is_answer, is_test, node, to_text
from nbviva.week.imports import installed_here, modules_of
from nbviva.week.prose import filled_in, require_points
from nbviva.week.shown import require_shown
from nbviva.week.spec import Assignment, Question
from nbviva.week.week import NOTEBOOKS, GivenNotebooks, Week

_ROLES = ("solution", "test", "given")
_HIDDEN = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?", re.DOTALL)
_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)


class SourceError(SpecError):
    """The text of a notebook cannot become a source notebook; the sentence says which cell and what to change."""


@dataclass(frozen=True)
class Text:
    """The percent-format text of a notebook, and the file of the week's in which it stands."""

    file: str
    content: str


def source_notebook(week: Week) -> NotebookNode:
    """Give the nbgrader source notebook of a week: solutions, visible asserts, hidden checks, points.

    Several notebooks are given as one (`nbviva.notebooks.as_one`).
    """
    return copy(as_one(as_parts(_sources(week), week.assignment.known_as)))


def source_notebooks(week: Week) -> dict[str, NotebookNode]:
    """Give the nbgrader source notebooks of a week, by their names."""
    return {name: copy(source) for name, source in _sources(week).items()}


def _sources(week: Week) -> Mapping[str, NotebookNode]:
    return week.given.sources if week.given else _built(week).sources


def frame(week: Week) -> NotebookNode:
    """Give the release's notebook, into whose cells a hand-in's are put; several as one. Not to be changed.

    For grading, which wants it for every hand-in; nothing is built or copied while the week's files stay the same.
    """
    return as_one(as_parts(frames(week), week.assignment.known_as))


def frames(week: Week) -> Mapping[str, NotebookNode]:
    """Give what the cells of a hand-in are put into, each notebook by its name; not to be changed."""
    return (week.given or _built(week)).frames


def releases(week: Week) -> Mapping[str, NotebookNode]:
    """Give the notebooks that a student gets, by their names; not to be changed."""
    return (week.given or _built(week)).releases


def _built(week: Week) -> GivenNotebooks:
    """Build the notebooks of a week from their texts, once for each state of these."""
    parts = tuple((week.assignment.of(name), _text(week, name)) for name in week.assignment.notebooks)
    return _built_of(parts)


def _text(week: Week, notebook: str) -> Text:
    folder = week.folder / NOTEBOOKS
    path = folder / f"{notebook}.py" if folder.is_dir() else week.folder / "notebook.py"
    if not path.is_file():
        raise SourceError(f"{path} is missing: the text of the notebook '{notebook}' stands there.")
    return Text(path.relative_to(week.folder).as_posix(), path.read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def _built_of(parts: tuple[tuple[Assignment, Text], ...]) -> GivenNotebooks:
    seen: dict[str, str] = {}
    sources = {assignment.notebook: _notebook(assignment, text, seen) for assignment, text in parts}
    released = {name: release_template(source) for name, source in sources.items()}
    return GivenNotebooks(sources, released, released)


def _notebook(assignment: Assignment, text: Text, seen: dict[str, str]) -> NotebookNode:
    notebook = node(jupytext.reads(text.content, fmt="py:percent"))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        cell.metadata.pop("lines_to_next_cell", None)  # the percent file's blank lines
        role = next((role for role in _ROLES if role in cell.metadata), None)
        if role is not None:
            _mark(cell, role, str(cell.metadata.pop(role)), assignment, text.file, seen)
    if assignment.limits.sentence and "{{limits}}" not in text.content:
        first = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), notebook.cells[0])
        first.source = f"{first.source}\n\n{assignment.limits.sentence}"
    _require_cells(assignment, text.file, notebook)
    require_points(notebook.cells, assignment, text.file)
    require_shown(notebook.cells, text.file)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = filled_in(cell.source, assignment, text.file)
    _require_python(notebook.cells, text)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = copy({"kernelspec": kernel, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _require_cells(assignment: Assignment, file: str, notebook: NotebookNode) -> None:
    """Refuse a notebook without the test cell of a question, or without the cell that is the evidence of one."""
    graded = {grade_id(cell) for cell in notebook.cells if is_test(cell)}
    missing = [q.name for q in assignment.questions if q.name not in graded]
    if missing:
        raise SourceError(f'{file} has no test cell for {", ".join(missing)}; add `# %% test="{missing[0]}"`.')
    named = {grade_id(cell) for cell in notebook.cells}
    for question in assignment.questions:
        if question.evidence and question.evidence.cell not in named:
            cell = question.evidence.cell
            raise SourceError(f"{file} has no cell '{cell}', which is to be the evidence of '{question.name}'.")


def _require_python(cells: list[NotebookNode], text: Text) -> None:
    """Refuse a code cell that is no Python; the line is that of the text's file."""
    for cell in cells:
        if cell.cell_type != "code":
            continue
        try:
            compiled(cell.source, text.file)
        except SyntaxError as error:
            first = text.content[: max(0, text.content.find(cell.source))].count("\n")
            raise SourceError(f"{text.file}, line {first + (error.lineno or 1)}: {error.msg}.") from None


def _mark(
    cell: NotebookNode, role: str, name: str, assignment: Assignment, file: str, seen: dict[str, str]
) -> None:  # fmt: skip
    grade_id = answer_cell(name) if role == "solution" else name
    if grade_id in seen:
        two = f"{file} has two cells" if seen[grade_id] == file else f"{seen[grade_id]} and {file} both have a cell"
        raise SourceError(f"{two} '{grade_id}'; give one of them another name.")
    seen[grade_id] = file
    question = _question(assignment, name, file) if role == "test" else None
    cell.metadata["nbgrader"] = {
        "grade": role == "test", "grade_id": grade_id, "locked": role != "solution", "schema_version": 3,
        "solution": role == "solution", "task": False, **({"points": gradebook_points(question)} if question else {}),
    }  # fmt: skip
    if question:
        cell.source += _hidden_tests(assignment, question)


def _question(assignment: Assignment, name: str, file: str) -> Question:
    try:
        return assignment.question(name)
    except KeyError as error:
        raise SourceError(f'{file} has a cell test="{name}": {error.args[0]}') from None


def gradebook_points(question: Question) -> float:
    """The cell's maximum in the gradebook: extra points do not count towards it, so a bonus question has 0."""
    return 0.0 if question.bonus else question.points


def _hidden_tests(assignment: Assignment, question: Question) -> str:
    call = f'examine_here("{assignment.week}", "{question.name}", globals())'
    return f"\n### BEGIN HIDDEN TESTS\nfrom nbviva.here import examine_here\n{call}\n### END HIDDEN TESTS"


def write_source(week: Week, folder: Path) -> list[Path]:
    """Write the source notebooks into `folder`; equal sources give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, source in source_notebooks(week).items():
        path = folder / f"{name}.ipynb"
        path.write_text(to_text(source), encoding="utf-8")
        written.append(path)
    return written


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
            found += modules_of(as_python(cell.source))
    return installed_here(found)

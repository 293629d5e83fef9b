"""Which test cells of an adopted week run outside of the student's kernel, and which cannot, by their texts alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from nbviva.kernel.outside import OutsideTests
from nbviva.kernel.room import GivenFiles
from nbviva.naming import qualified
from nbviva.notebooks import NotebookNode, grade_id, is_answer, is_locked, is_test
from nbviva.tester.ownership import NotebookNames, Role, SourceCell, statements, stored
from nbviva.week.spec import CellState
from nbviva.week.week import GivenNotebooks, Week

_OTHER_LANGUAGE = re.compile(r"^[ \t]*+%%(?!time\b|capture\b)(\w+)", re.MULTILINE)
_COMMAND = re.compile(
    r"^[ \t]*+(!|[\w,][\w, ]*+=[ \t]*+!|%(?:run|load|sx|system|pip|conda|cd|autoreload|timeit)\b)", re.MULTILINE
)
_IPYTHON = re.compile(r"\bget_ipython\(\)\s*\.\s*(?:run_cell|run_code|ex|ev|getoutput|system|run_cell_magic)\b")
_CLOCKS = re.compile(r"\b(perf_counter|process_time|monotonic|timeit|time\.time|time_ns)\b")


def outside_tests(week: Week, files: GivenFiles) -> OutsideTests | None:
    """Give the tests that run outside of a week with one notebook (`Week.apart`); None where there is none."""
    questions = {question.name: question for question in week.assignment.questions}
    hardened = {name for name, question in questions.items() if question.state is CellState.HARDENED}
    if not hardened or week.given is None:
        return None
    (notebook,) = week.given.sources
    part = notebook if all(name.startswith(f"{notebook}/") for name in questions) else ""
    allowed = {name: question.operations for name, question in questions.items() if question.operations}
    return OutsideTests(source_cells(week.given, notebook, part, hardened), files, allowed)


def source_cells(given: GivenNotebooks, notebook: str, part: str, outside: Collection[str]) -> tuple[SourceCell, ...]:
    """Give the code cells of a source notebook.

    Parameters
    ----------
    part
        The notebook's name, where questions have it before theirs.
    outside
        The questions whose tests run outside.
    """
    released = {grade_id(cell): cell.source for cell in given.releases[notebook].cells}
    cells = []
    for cell in given.sources[notebook].cells:
        if cell.cell_type == "code":
            known_as, role = grade_id(cell), _role(cell)
            name, is_test = qualified(part, known_as or ""), role is Role.TEST
            is_open = is_test and released.get(known_as) == cell.source
            cells.append(SourceCell(role, name, cell.source, is_test and name in outside, is_open))
    again = {binder.name for binder, reader, _ in _shared(cells) if not reader.outside and binder.open}
    return tuple(replace(cell, again=cell.outside and cell.name in again) for cell in cells)


def _role(cell: NotebookNode) -> Role:
    if is_answer(cell):
        return Role.SOLUTION
    if is_test(cell):
        return Role.TEST
    return Role.LOCKED if is_locked(cell) else Role.GIVEN


def obstacle(text: str) -> str:
    """Say why a test cell of this text can never run outside; nothing if it may."""
    if found := _OTHER_LANGUAGE.search(text):
        return f"it is run by the magic %%{found[1]}"
    if found := _COMMAND.search(text):
        return f"it runs a command of the shell or of IPython ({found[1].strip()})"
    if _IPYTHON.search(text):
        return "it lets IPython run a text"
    if _CLOCKS.search(text):
        return "it measures time"
    return "" if statements(text) or not text.strip() else "it is no Python"


def bound_elsewhere(cells: tuple[SourceCell, ...]) -> Mapping[str, str]:
    """Say of tests outside why they have to run in the kernel, by their names: what other cells and they bind.

    A test must not take for its own what one in the kernel has bound; and what it binds has to be where it is used.
    """
    found: dict[str, str] = {}
    while more := dict(_bound_elsewhere(cells)):
        found |= more
        cells = tuple(
            replace(cell, outside=False) if cell.name in more and cell.role is Role.TEST else cell for cell in cells
        )
    return found


def _bound_elsewhere(cells: tuple[SourceCell, ...]) -> Iterator[tuple[str, str]]:
    for binder, reader, name in _shared(cells):
        if reader.outside and not binder.outside:
            yield reader.name, f"it uses {name} of the test cell {binder.name}, which runs in the kernel"
        elif binder.outside and not reader.outside and not binder.open:
            yield binder.name, f"a later cell uses its name {name}, and it has hidden tests"


def _shared(cells: Sequence[SourceCell]) -> Iterator[tuple[SourceCell, SourceCell, str]]:
    """Give each test that binds a name, with a later cell that reads it."""
    names = NotebookNames(list(cells))
    for number, cell in enumerate(cells):
        for name in sorted(names_read(cell.text)):
            binding = names.find(name, number)
            if binding and cells[binding.cell].role is Role.TEST:
                yield cells[binding.cell], cell, name


def names_read(text: str) -> set[str]:
    """Give the names that a cell reads before it binds them, at any depth."""
    known, found = set[str](), set[str]()
    for statement in statements(text):
        found |= _read_by(statement) - known
        known |= stored(statement)
    return found


def _read_by(statement: ast.stmt) -> set[str]:
    """Give the names of the notebook that a statement reads: what it binds inside itself is its own."""
    nodes = list(ast.walk(statement))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        return (read | {statement.target.id}) - own
    bound = [node.target for node in nodes if isinstance(node, ast.comprehension)]
    inner = nodes if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) else [
        node for target in bound for node in ast.walk(target)
    ]  # fmt: skip
    return read - own - {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}

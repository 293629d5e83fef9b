"""Mutants of a solution cell: each operator at each place where it fits, without those that are the same program."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from nbviva.mutation_syntax import changed


@dataclass(frozen=True)
class Mutated:
    """A solution cell with one slip in it.

    Attributes
    ----------
    operator, story
        The name of the slip, and one sentence on it.
    line
        The number of the line that changed, from 1; `before` and `after` are its texts.
    source
        The whole cell.
    """

    operator: str
    story: str
    line: int
    before: str
    after: str
    source: str


def mutants_of(source: str) -> tuple[Mutated, ...]:
    """Give all mutants of a cell, in the order of its lines; of equal programs only the first.

    Only what stands between `### BEGIN SOLUTION` and `### END SOLUTION` is changed, or everything where no mark is.
    """
    seen = {_program(source), ""}
    found = []
    for operator, story, text in changed(source, _solution_lines(source)):
        program = _program(text)
        if program not in seen:
            seen.add(program)
            found.append(Mutated(operator, story, *_difference(source, text), text))
    return tuple(sorted(found, key=lambda mutated: mutated.line))


def _program(source: str) -> str:
    """Give the program without its layout, or nothing where it is none."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return ""


def _solution_lines(source: str) -> set[int]:
    lines = [line.strip() for line in source.splitlines()]
    begins, ends = (
        [i for i, line in enumerate(lines, 1) if line == f"### {word} SOLUTION"] for word in ("BEGIN", "END")
    )
    if not begins:
        return set(range(1, len(lines) + 1))
    return {line for begin, end in zip(begins, ends, strict=True) for line in range(begin + 1, end)}


def _difference(before: str, after: str) -> tuple[int, str, str]:
    """Give the first line that differs: its number and its two texts."""
    old, new = before.splitlines(), after.splitlines()
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)) - 1)
    return at + 1, old[at].strip(), new[at].strip()

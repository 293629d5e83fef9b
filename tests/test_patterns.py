"""Regular expressions: each is linear, whatever it is given, so that no text can keep the examiner busy."""

from __future__ import annotations

import ast
import gc
import itertools
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CALLS = ("compile", "sub", "match", "search", "fullmatch", "findall", "finditer", "split")
ANCHORED = ("match", "fullmatch")
LENGTH = 15_000
SECONDS = 0.4  # of CPU: such a text takes some milliseconds; the square of its length would take seconds
SAMPLES = tuple("\n\t \"'`[](){}<>#*_-+=.,:;/\\|&%$@!?~^\x1b\u00e9aAeE019z")
# What no stranger writes, or what is the name of a file, cut to 120 bytes before.
OWN = (
    "nbviva/feedback/figures.py", "nbviva/week/source.py", "nbviva/week/spec.py", "nbviva/week/toml_fields.py",
    "nbviva/week/new.py",
    "nbviva/week/typesetting.py", "nbviva/verify/", "nbviva/handin/layouts/",
)  # fmt: skip


def literal(node: ast.expr) -> str | None:
    """Give a pattern that stands in the code; a name or a value put into it counts as a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (
            part.value if isinstance(part, ast.Constant) else BLANKS.get(ast.unparse(part), "x") for part in node.values
        )
        return "".join(map(str, parts))
    return None


BLANKS = {"{blank}": r"[^\S\n]*+", "f'{blank}'": r"[^\S\n]*+"}


def used(said: str, node: ast.Call) -> str:
    """Say how a pattern is tried: of a compiled one its name tells."""
    found = re.search(rf"^(\w+) = {re.escape(ast.get_source_segment(said, node) or '')}", said, re.MULTILINE)
    calls = set(re.findall(rf"\b{found[1]}\.(\w+)\(", said)) if found else {ast.unparse(node.func)[3:]}
    return "fullmatch" if calls and calls <= {"fullmatch"} else "match" if calls <= {*ANCHORED} else "search"


def patterns() -> Iterator[tuple[str, str, str]]:
    """Give each pattern with the file that has it and the call that it is for."""
    files = [path for folder in ("nbviva", "graders") for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in files:
        name, said = str(path.relative_to(ROOT)), path.read_text("utf-8")
        for node in ast.walk(ast.parse(said)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if ast.unparse(node.func.value) == "re" and node.func.attr in CALLS and not name.startswith(OWN):
                text = literal(node.args[0])
                if text is not None:
                    yield name, used(said, node), text


def longest(text: str) -> Iterator[str]:
    """Give texts that the pattern nearly matches over and over: of one character, of two, and of its own words."""
    words = [word for word in re.findall(r"[A-Za-z_]{2,}", text) if len(word) < 20]
    start = ["", *words, *(character for character in "[(`\x1b#<&\"'" if character in text)]
    pieces = [*SAMPLES, *words]
    for piece, first in itertools.product(pieces, start):
        yield first + piece * (LENGTH // len(piece)) + "\0"
    for one, other in itertools.permutations([*"\n 0a._-[`/", *words[:2]], 2):
        yield (one + other) * (LENGTH // len(one + other)) + "\0"


def stop(*_: object) -> None:
    raise TimeoutError


def in_time(read: Callable[[str], object], text: str) -> bool:
    """Whether a text is read within the limit of CPU time; what else lives in this process is not collected then."""
    before = signal.signal(signal.SIGVTALRM, stop)
    gc.disable()
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        read(text)
    except TimeoutError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        gc.enable()
    return True


@pytest.mark.parametrize(("name", "call", "text"), sorted(set(patterns())))
def test_pattern_is_linear(name: str, call: str, text: str) -> None:
    """A text counts as too slow when it is three times: a machine may be slow once."""
    pattern = re.compile(text, re.MULTILINE if "MULTILINE" in (ROOT / name).read_text("utf-8") else 0)
    read = getattr(pattern, call) if call in ANCHORED else lambda worst: sum(1 for _ in pattern.finditer(worst))
    slow = [worst[:12] for worst in longest(text) if not any(in_time(read, worst) for _ in range(3))]
    assert [] == slow


def test_no_group_is_possessive() -> None:
    """Python 3.11.2, Debian's own, does not go back where a part of one fails; `(?>(?:...)*)` it reads rightly."""
    possessive = re.compile(r"(?<!\\)\)(?:[*+?]|\{[\d,]+\})\+")
    files = [path for folder in ("nbviva", "graders") for path in (ROOT / folder).rglob("*.py")]
    assert [] == [str(path) for path in files if possessive.search(path.read_text("utf-8"))]

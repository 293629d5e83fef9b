"""Print docs/reference.md: every field of a week's files and every name that an author uses, from the code itself."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import nbviva.author
import nbviva.ml
import nbviva.week.source
from nbviva.cli.exits import ExitCode
from nbviva.grading.evidence import Evidence
from nbviva.handin.sheet import Sheet
from nbviva.kernel.room import Clock
from nbviva.kernel.student import QUESTION_SECONDS, Student
from nbviva.notebooks import EXPERIMENT, SHOWN, TRAINING
from nbviva.sandbox.limits import Limits
from nbviva.verify.mutation.score import Explained
from nbviva.week.allowance import Allowance
from nbviva.week.deadline import Late
from nbviva.week.feedback_rules import FeedbackRules
from nbviva.week.findings import Findings
from nbviva.week.question import Question, Support
from nbviva.week.spec import Assignment

ROOT = Path(__file__).parent.parent
_HEAD = """# Reference

Every field of a week's files and every name that an author uses. Generated from the code by `tools/reference.py`:
change a docstring, not this page. [Commands](commands.md) and [exit codes](exit-codes.md) have pages of their own."""
_RNG = (
    "A `numpy.random.Generator` of the check's own, drawn from the course's secret, the group, the week and the check."
)
_NOT_WRITTEN = {Assignment: {"week", "questions", "parts", "adopted", "dated"}, Question: {"state", "operations"}}
_TABLES = (
    ("### In front", "The lines of the week itself.", Assignment),
    ("### `[[question]]`", "One for each graded cell of `notebook.py`.", Question),
    ("### `evidence` of a question", "", Support),
    ("### `[late]`", "", Late),
    ("### `[limits]`", "", Allowance),
    ("### `[feedback]`", "", FeedbackRules),
)
_WRITTEN_AS = {"class_points": "class"}
_FIXTURES = {"student": Student, "sheet": Sheet, "notebook": Evidence, "findings": Findings}
_OWN_WORDS = {
    "tuple[tuple[str, str], ...]": "table of names and texts",
    "Late": "table `[late]`",
    "Allowance": "table `[limits]`",
    "FeedbackRules": "table `[feedback]`",
    "Support": "table",
}


_AS_EVER = {
    "memory": f"`{Limits().memory >> 30}G`",
    "processes": f"`{Limits().processes}`",
    "cell": f"`{Clock().cell:g}`",
    "question": f"`{QUESTION_SECONDS:g}`",
    "notebook": f"`{Clock().notebook:g}`",
}


def reference() -> str:
    """Give the page as Markdown."""
    return "\n".join([_HEAD, *_assignment(), *_notebook(), *_survivors(), *_fixtures(), *_names(), *_variables()])


def _assignment() -> Iterator[str]:
    yield from ("", "## assignment.toml", "")
    yield "A whole one, with a question of each kind (a test reads it):"
    yield from ("", "```toml", (ROOT / "docs/assignment-example.toml").read_text("utf-8").rstrip(), "```")
    for title, said, kind in _TABLES:
        yield from ("", title, "", *([said, ""] if said else []), *_table(kind))


def _notebook() -> Iterator[str]:
    yield from ("", "## notebook.py", "", _Docstring.of(nbviva.week.source).text, "")
    yield f"A cell tagged `{TRAINING}` is not run again where it was handed in with its outputs; a fixture may"
    yield f"stand in for it. One tagged `{SHOWN}` is not run either, and nothing may need its names. One tagged"
    yield f"`{EXPERIMENT}` is left out of rehearsals."


def _survivors() -> Iterator[str]:
    yield from (
        "",
        "## survivors.toml",
        "",
        "`[[survivor]]`: why a generated mutant may pass. All fields are texts.",
        "",
    )
    yield from _table(Explained)


def _fixtures() -> Iterator[str]:
    yield from ("", "## What a check may take as an argument", "")
    yield "Besides the fixtures of the week itself (`@fixture()`), by name:"
    yield from ("", "### `rng`", "", _RNG)
    for name, kind in _FIXTURES.items():
        yield from ("", f"### `{name}`", "", _Docstring.of(kind).text, "")
        methods = [(m, v) for m, v in vars(kind).items() if inspect.isfunction(v) and not m.startswith("_")]
        yield from (f"- `{name}.{m}{_signature(v)}`: {_Docstring.of(v).whole}" for m, v in methods)


def _names() -> Iterator[str]:
    for module in (nbviva.author, nbviva.ml):
        yield from ("", f"## {module.__name__}", "", _Docstring.of(module).text)
        for name in module.__all__:
            found = getattr(module, name)
            if not callable(found):
                yield from ("", f"### `{name}`", "", _constant(found))
                continue
            doc = _Docstring.of(found)
            said = (
                f"{doc.text} One of {_values(found)}."
                if inspect.isclass(found) and issubclass(found, Enum)
                else doc.text
            )
            yield from ("", f"### `{name}{_signature(found) if _made_by_authors(found) else ''}`", "", said)
            yield from _items(doc.items)


def _variables() -> Iterator[str]:
    yield from ("", "## Environment variables", "", "| variable | what it says |", "| --- | --- |")
    yield from (f"| `{name}` | {said} |" for name, said in VARIABLES.items())
    yield from ("", "## Exit codes", "", "| code | name |", "| --: | --- |")
    yield from (f"| {code.value} | {code.name.lower()} |" for code in ExitCode)


VARIABLES = {
    "NBVIVA_DB": "the gradebook's address; it comes before nbgrader's `CourseDirectory.db_url`",
    "NBVIVA_FORMGRADER": "where the class report finds the formgrader; else `http://localhost:8888/formgrader`",
    "NBVIVA_SANDBOX": "the sandbox, `bubblewrap` or `podman`, where `--sandbox` says nothing",
    "NO_COLOR": "set to anything: no colours in a terminal",
    "SLURMD_NODENAME": "set by SLURM in a job: the node's name, as `nbviva cluster check` tells it",
    "SLURM_MEM_PER_NODE": "set by SLURM in a job: its memory, which must hold a hand-in",
    "TMPDIR": "where kernels have their folders of sockets while they run",
    "XDG_CACHE_HOME": "where matplotlib's list of fonts is kept for kernels; else `~/.cache`",
    "XDG_RUNTIME_DIR": "set by the login; with it `systemd-run` gives kernels a control group to an ordinary user",
    "PATH": "where `bwrap`, `podman`, `systemd-run` and nbgrader's own commands are looked for",
}


def _values(kind: type[Enum]) -> str:
    return ", ".join(f"`{item.value}`" for item in kind)


def _made_by_authors(what: Any) -> bool:
    """Whether it is a function, or a class whose objects an author makes: frozen dataclasses are, and no others."""
    parameters = getattr(what, "__dataclass_params__", None)
    return not inspect.isclass(what) or bool(parameters and parameters.frozen)


def _constant(value: object) -> str:
    if isinstance(value, Mapping):
        return f"By name: {', '.join(f'`{item}`' for item in value)}."
    if isinstance(value, list | tuple | frozenset | set):
        return f"{', '.join(f'`{item}`' for item in sorted(value))}."
    return f"`{value!r}`."


@dataclass(frozen=True)
class _Docstring:
    """A docstring, taken apart: its text, and what it says of each name by itself."""

    text: str
    items: dict[str, str]

    @property
    def whole(self) -> str:
        """All of it in a line."""
        return " ".join([self.text, *(f"`{name}`: {said}" for name, said in self.items.items())])

    @classmethod
    def of(cls, what: Any) -> "_Docstring":
        """Read the docstring of a module, class or function."""
        parts = re.split(r"(?m)^(\w+)\n-{3,}\n", inspect.getdoc(what) or "")
        items: dict[str, str] = {}
        for _, body in zip(parts[1::2], parts[2::2], strict=True):
            for names, said in re.findall(r"(?m)^(\S[^\n]*)\n((?:[ ]{4}[^\n]*\n?|\n)*)", body):
                items |= {name.strip(): _line(said) for name in names.split(",")}
        return cls(_line(parts[0]), items)


def _line(text: str) -> str:
    return " ".join(text.split())


def _table(kind: Any) -> list[str]:
    said, hints = _Docstring.of(kind).items, get_type_hints(kind)
    known = [field for field in fields(kind) if field.name not in _NOT_WRITTEN.get(kind, ())]
    rows = [
        f"| `{_WRITTEN_AS.get(f.name, f.name)}` | {_kind(hints[f.name], f)} | {_default(f, kind)} | {said[f.name]} |"
        for f in known
    ]
    if kind is Assignment:
        rows.append(f"| `zone` | text | must be given | {said['zone']} |")
    return ["| field | what | default | meaning |", "| --- | --- | --- | --- |", *rows]


def _kind(hint: Any, field: Field[Any]) -> str:
    for part in get_args(hint) or (hint,):
        if isinstance(part, type) and issubclass(part, Enum):
            return f"one of {_values(part)}"
    plain = {str: "text", int: "whole number", float: "number", bool: "`true`, `false`", datetime: "local time"}
    if field.name == "memory":
        return "a size, such as `2G`"
    named = str(field.type).removesuffix(" | None")
    return (
        _OWN_WORDS.get(named)
        or plain[{"str": str, "int": int, "float": float, "bool": bool, "datetime": datetime}[named]]
    )


def _default(field: Field[Any], kind: Any) -> str:
    if kind is Allowance:
        return _AS_EVER[field.name]
    if field.default is MISSING:
        return "must be given"
    if isinstance(field.default, Enum):
        return f"`{field.default.value}`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default:g}`" if isinstance(field.default, int | float) else "-"


def _items(items: dict[str, str]) -> Sequence[str]:
    return ["", *(f"- `{name}`: {said}" for name, said in items.items())] if items else []


def _signature(function: Any) -> str:
    """Give the arguments as they are written, without annotations."""
    try:
        found = inspect.signature(function)
    except ValueError:
        return ""
    taken = [p.replace(annotation=p.empty) for p in found.parameters.values() if p.name != "self"]
    text = str(found.replace(parameters=taken, return_annotation=found.empty))
    return re.sub(r"<function .*? at 0x[0-9a-f]+>", "...", text)


def variables_read() -> set[str]:
    """Give the environment variables that nbviva's own modules name where they read the environment."""
    found: set[str] = set()
    for path in (ROOT / "nbviva").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call | ast.Subscript | ast.Compare) and "os.environ" in ast.unparse(node):
                found |= {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    return {name for name in found if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}


if __name__ == "__main__":
    print(reference())

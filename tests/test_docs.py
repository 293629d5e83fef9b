"""What the documents name exists, and what they are generated from has not moved on."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

from codemap import codemap  # noqa: E402 - the tools are no package

LONGEST = {"README.md": 120, "ARCHITECTURE.md": 140, "CONTRIBUTING.md": 110}
DOCUMENTS = [*map(ROOT.joinpath, LONGEST), *sorted(ROOT.glob("docs/*.md"))]
MODULES = sorted((ROOT / "nbviva").glob("*.py"))


def test_the_codemap_is_that_of_the_modules():
    assert f"{codemap()}\n" == (ROOT / "docs" / "codemap.md").read_text("utf-8")


def test_the_architecture_knows_every_module():
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("| about | modules |")[1].split("\n\n")[0]
    assert {path.stem for path in MODULES} - {"__init__"} == set(re.findall(r"`(\w+)`", table))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8"))
    assert [] == [link for link in links if not link.startswith("https:") and not (path.parent / link).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    named = re.findall(r"`((?:nbviva|graders|tests|tools|docs)/[\w./-]*)`", path.read_text("utf-8"))
    assert [] == [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize(("name", "lines"), LONGEST.items())
def test_documents_stay_short(name, lines):
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= lines


def test_every_make_target_is_in_the_help():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    listed = {line.split()[0] for line in shown.splitlines()}
    assert {"setup", "demo", "test", "check", "bench"} <= listed <= set(targets)


def test_every_command_is_in_the_readme():
    code = "".join((ROOT / "nbviva" / f"{name}_commands.py").read_text("utf-8") for name in ("authoring", "marking"))
    commands = re.findall(r"@app\.command\((?:name=\"(\w+)\", )?rich_help_panel=PANEL\)\ndef (\w+)", code)
    assert code.count("@app.command") == len(commands) == 12
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [] == [name or function for name, function in commands if f"nbviva {name or function}" not in readme]


def test_blind_excepts_stand_where_the_architecture_says():
    allowed = {"kernel.py", "checks.py", "agent.py", "handin.py", "preprocessor.py"}
    assert {path.name for path in MODULES if _blind(path)} <= allowed
    assert _blind(ROOT / "nbviva" / "kernel.py") == _blind(ROOT / "nbviva" / "checks.py") == 1


def _blind(path: Path) -> int:
    handlers = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ExceptHandler)]
    return sum((isinstance(h.type, ast.Name) and h.type.id == "Exception") or h.type is None for h in handlers)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_functions_and_modules_stay_small(path):
    text = path.read_text("utf-8")
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [] == [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 40]
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_nothing_is_unpickled_or_evaluated(path):
    tree = ast.parse(path.read_text("utf-8"))
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not imported & {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    assert not called & ({"eval"} if path.name == "rehearsal.py" else {"eval", "exec"})

"""What the documents name exists, and what they are generated from has not moved on."""

import ast
import importlib
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent

from codemap import codemap, layers  # noqa: E402 - the tools are no package
from reference import VARIABLES, reference, variables_read  # noqa: E402

from nbviva.cli import main  # noqa: E402
from nbviva.cli.app import app  # noqa: E402
from nbviva.cli.exits import ExitCode  # noqa: E402
from nbviva.week.question import Kind  # noqa: E402
from nbviva.week.spec import read_assignment  # noqa: E402

LONGEST = {"README.md": 120, "ARCHITECTURE.md": 140, "CONTRIBUTING.md": 110}
DOCUMENTS = [*map(ROOT.joinpath, LONGEST), *sorted(ROOT.glob("docs/*.md"))]
MODULES = sorted(path for path in (ROOT / "nbviva").rglob("*.py") if "new_course" not in path.parts)
ROOMS = sorted({path.parent for path in MODULES if path.name == "__init__.py"} - {ROOT / "nbviva"})
NAMED = [path.relative_to(ROOT / "nbviva").as_posix() for path in MODULES]


def test_the_codemap_is_that_of_the_modules():
    assert f"{codemap()}\n" == (ROOT / "docs" / "codemap.md").read_text("utf-8")


def test_the_reference_is_that_of_the_code():
    assert f"{reference()}\n" == (ROOT / "docs" / "reference.md").read_text("utf-8")


def test_the_example_in_the_reference_is_one(tmp_path):
    """It can be read, and has a question of every kind."""
    week = tmp_path / "week3"
    week.mkdir()
    (week / "assignment.toml").write_bytes((ROOT / "docs" / "assignment-example.toml").read_bytes())
    found = read_assignment(week)
    assert set(Kind) == {question.kind for question in found.questions}
    assert {True} == {any(getattr(q, name) for q in found.questions) for name in ("share", "evidence", "bonus")}
    assert found.late.points
    assert found.limits.memory


def test_every_environment_variable_is_in_the_reference():
    assert variables_read() <= set(VARIABLES) | {"MPLBACKEND", "OMP_NUM_THREADS"}  # set by us for programs of ours


def test_every_command_has_its_row():
    assert main.__all__  # its import makes them known
    names = {command.name or command.callback.__name__.rstrip("_") for command in app.registered_commands}
    names |= {
        f"{group.name} {item.name}"
        for group in app.registered_groups
        for item in group.typer_instance.registered_commands
    }
    assert len(names) > 15
    assert names == set(
        re.findall(r"^\| `([\w -]+)` \|", (ROOT / "docs" / "commands.md").read_text("utf-8"), re.MULTILINE)
    )


def test_every_exit_code_has_its_row():
    rows = re.findall(r"^\| (\d+) \| ([\w ]+?) \|", (ROOT / "docs" / "exit-codes.md").read_text("utf-8"), re.MULTILINE)
    assert {int(number) for number, _ in rows} == {code.value for code in ExitCode}


def test_the_modules_are_all_found():
    """A pattern that passes over the rooms would leave most tests here with nothing to look at."""
    assert len(MODULES) > 100
    assert {"inside", "kernel", "verify"} <= {name.split("/")[0] for name in NAMED}


def test_the_architecture_knows_every_room():
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("| room | what is in it |")[1].split("\n\n")[0]
    assert set(layers()) - {"__main__"} <= set(re.findall(r"`(\w+)`", table))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_room_names_a_face_that_exists(room):
    """What an `__init__.py` names as its face, in words or by `__all__`, can be imported."""
    words = " ".join((ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or "").split())
    package = importlib.import_module(".".join(room.relative_to(ROOT).parts))
    names = getattr(package, "__all__", None) or re.findall(r"`([\w.]+)`", words.partition("Its face: ")[2])
    assert names
    assert [] == [name for name in names if not _resolves(room, name)]


def test_rules_are_where_the_architecture_says():
    """Every `room/file.name` of "To change X look in Y" is there."""
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("## To change X look in Y")[1]
    names = re.findall(r"`((?:\w+/)*\w+\.[\w.]+)`", table)
    assert len(names) > 30
    assert [] == [name for name in names if not _resolves(ROOT / "nbviva", name)]


def _resolves(folder: Path, name: str) -> bool:
    *places, last = name.split("/")
    module, *attributes = last.split(".")
    package = ".".join(("nbviva", *folder.relative_to(ROOT / "nbviva").parts, *places))
    try:
        found = importlib.import_module(f"{package}.{module}")
    except ModuleNotFoundError:  # a package's own name, or a module further down
        found, attributes = importlib.import_module(package), [module, *attributes]
    for attribute in attributes:
        if isinstance(found, ModuleType) and not hasattr(found, attribute):
            found = importlib.import_module(f"{found.__name__}.{attribute}")
        else:
            found = getattr(found, attribute)
    return True


def test_no_two_classes_have_one_name():
    """A newcomer takes two classes of one name for one, with an underscore in front or without."""
    classes = [
        node.name.strip("_")
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert [] == sorted({name for name in classes if classes.count(name) > 1})


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=lambda folder: folder.name)
def test_no_two_modules_of_a_folder_have_names_that_one_takes_for_another(folder):
    """`form` and `form_fields`, `record` and `recorder`: one name that begins another says too little."""
    names = [path.stem for path in folder.glob("*.py") if path.stem not in {"__init__", "__main__"}]
    assert [] == [(a, b) for a in names for b in names if a != b and b.startswith(a)]


@pytest.mark.slow
def test_every_module_can_be_imported_alone():
    """No module needs another to be imported before it: each is, in a fork that has none of nbviva yet."""
    code = """
        import contextlib, gc, importlib, os, sys
        others = "IPython altair dateparser distributed jupyter_client jupytext latex2mathml.converter libcst.metadata"
        others += " matplotlib.figure mdit_py_plugins.dollarmath msgspec multiprocessing.pool nbclient nbformat numpy"
        others += " nbconvert.exporters nbgrader.api nbgrader.apps openpyxl pebble pikepdf psutil pypdf rich statistics"
        others += " sklearn.metrics sympy threadpoolctl torch typer typst vl_convert"
        for name in others.split():
            with contextlib.suppress(ImportError):  # some are optional
                importlib.import_module(name)  # shared by all: what others import is not what is tried
        gc.disable()
        gc.freeze()
        failed = []
        for name in sys.argv[1:]:
            if not (child := os.fork()):
                try:
                    importlib.import_module(name)
                except BaseException as error:
                    print(name, repr(error), flush=True)
                    os._exit(1)
                os._exit(0)
            if os.waitpid(child, 0)[1]:
                failed.append(name)
        sys.exit(bool(failed))
    """
    names = [".".join(("nbviva", *Path(name).with_suffix("").parts)).removesuffix(".__init__") for name in NAMED]
    modules = [name for name in names if name != "nbviva.__main__"]  # runs the command line
    command = [sys.executable, "-c", textwrap.dedent(code), *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8"))
    assert [] == [link for link in links if not link.startswith("https:") and not (path.parent / link).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    named = re.findall(r"`((?:nbviva|graders|tests|tools|docs)/[\w./-]*)`", path.read_text("utf-8"))
    assert [] == [name for name in named if "WEEK" not in name and not (ROOT / name).exists()]


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
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "nbviva" / "cli").glob("*.py")))
    commands = re.findall(r"@app\.command\((?:name=\"([\w-]+)\", )?[^)]*\)\ndef (\w+)", code)
    assert code.count("@app.command") == len(commands) > 12
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [] == [name or function for name, function in commands if f"nbviva {name or function}" not in readme]


def test_blind_excepts_stand_where_the_architecture_says():
    ours = {"grading/examine.py", "gradebook/nbgrader.py"}
    allowed = {"kernel/kernel.py", "inside/agent.py", "inside/objects.py", "handin/cells.py"} | ours
    allowed |= {"tester/asking.py", "tester/errors.py", "tester/cells.py"}
    blind = {name: _blind(path) for name, path in zip(NAMED, MODULES, strict=True)}
    assert allowed >= {name for name, number in blind.items() if number}
    assert blind["kernel/kernel.py"] == blind["grading/examine.py"] == 1


def _blind(path: Path) -> int:
    handlers = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ExceptHandler)]
    return sum((isinstance(h.type, ast.Name) and h.type.id == "Exception") or h.type is None for h in handlers)


@pytest.mark.parametrize("path", MODULES, ids=NAMED)
def test_functions_and_modules_stay_small(path):
    text = path.read_text("utf-8")
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [] == [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 40]
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=NAMED)
def test_nothing_is_unpickled_or_evaluated(path):
    tree = ast.parse(path.read_text("utf-8"))
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not imported & {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    runs_ours = path.name == "rehearsal.py" or path.parts[-2:] == ("tester", "namespace.py")
    assert not called & ({"eval"} if runs_ours else {"eval", "exec"})

"""Looked at by `nbviva doctor`: Python, packages, the programs beside it, fonts."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from nbviva.errors import EXTRAS
from nbviva.machine import not_linux
from nbviva.setup.symptom import State, Symptom, judged

AREA = "environment"
TRIED = ((3, 11), (3, 13))  # the suite was run on these


def environment() -> Iterator[Symptom]:
    """Give the rows."""
    yield _python()
    yield _packages()
    yield _programs()
    yield from _extras()
    yield _system()
    if find_spec("typst") and find_spec("matplotlib"):
        yield _fonts()


def _python() -> Symptom:
    found = f"Python {platform.python_version()}, nbviva {version('nbviva')}, nbgrader {version('nbgrader')}"
    lowest, highest = TRIED
    known = lowest <= sys.version_info[:2] <= highest
    spoken = " to ".join(f"{major}.{minor}" for major, minor in TRIED)
    return judged(AREA, "versions", found, "" if known else f"nbviva was tried on {spoken}: use one of these.")


def _packages() -> Symptom:
    """Hold what is installed against what nbviva asks for."""
    wrong = []
    for need in map(Requirement, requires("nbviva") or ()):
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            try:
                there = version(need.name)
            except PackageNotFoundError:
                there = "missing"
            if there == "missing" or not need.specifier.contains(there, prereleases=True):
                wrong.append(f"{need} ({there})")
    mend = f"{sys.executable} -m pip install --upgrade nbviva" if wrong else ""
    return judged(AREA, "packages", ", ".join(wrong) or "as nbviva asks for", mend, State.FAULT)


def _programs() -> Symptom:
    """`nbviva` calls nbgrader's command, and nbgrader calls alembic's, both beside this Python."""
    folder = Path(sys.executable).parent
    missing = [name for name in ("nbgrader", "alembic") if shutil.which(name, path=str(folder)) is None]
    mend = f"Install nbviva into a virtual environment: {', '.join(missing)} must lie in {folder}." if missing else ""
    return judged(AREA, "programs", "nbgrader and alembic" if not missing else "incomplete", mend, State.FAULT)


def _extras() -> Iterator[Symptom]:
    """Say which extras are there; what is not is no fault, since marking needs none."""
    modules: dict[str, list[str]] = {}
    for module, extra in EXTRAS.items():
        modules.setdefault(extra, []).append(module)
    whole = {extra: all(map(find_spec, names)) for extra, names in modules.items()}
    there = ", ".join(extra for extra, is_there in whole.items() if is_there) or "none"
    absent = [extra for extra, is_there in whole.items() if not is_there]
    more = f'; not there: {", ".join(absent)} (pip install "nbviva[{",".join(absent)}]")' if absent else ""
    yield Symptom(AREA, "extras", State.GOOD, there + more)


def _system() -> Symptom:
    found = f"{platform.system()} {platform.release()} on {platform.machine()}"
    return judged(AREA, "system", found, not_linux("Marking") or "", State.FAULT)


def _fonts() -> Symptom:
    """The sheet is set in fonts that Typst brings, pages draw with the one that matplotlib brings."""
    import typst
    from matplotlib.font_manager import FontProperties, findfont

    families = typst.Fonts(include_system_fonts=False).families()
    drawn = Path(findfont(FontProperties(family="DejaVu Sans"), fallback_to_default=True)).name
    good = families and drawn.startswith("DejaVu")
    found = f"{len(families)} families for the sheet, {drawn} for drawings"
    mend = "" if good else 'Their own fonts are missing: pip install --force-reinstall "nbviva[sheet,report]".'
    return judged(AREA, "fonts", found, mend)

"""What is installed, as digests: everything, and the packages on which a kernel's answers can depend.

A kernel runs the hand-in's text and ours. So a package counts for it where one of its modules is named in that text,
where our own modules in the kernel import it, or where a package that counts requires it. Any other may come and go.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import Distribution, distributions, packages_distributions
from pathlib import Path

from nbviva.imports import modules_of

ALWAYS = frozenset({"IPython", "ipykernel", "matplotlib_inline", "numpy", "zmq"})  # what each kernel is made of
_SITES = frozenset({"site-packages", "dist-packages"})
_WORD = re.compile(r"[^\W\d]\w*")


@cache
def installed() -> tuple[str, ...]:
    """Give the names of all folders of metadata, which are names and versions: nothing is read, so it is quick.

    nbviva's own, which a checkout may have twice, does not count: it is told by its files.
    """
    return tuple(sorted({e.name for place in _places() for e in os.scandir(place) if _says(e.name)}))


def _places() -> list[str]:
    """Give the folders on the path, but for those inside of a package, which some imports put there."""
    places = dict.fromkeys(Path(place).resolve() for place in sys.path)
    own = [place for place in places if place.is_dir() and not _SITES.intersection(place.parent.parts)]
    return [str(place) for place in own]


def _says(name: str) -> bool:
    return name.endswith((".dist-info", ".egg-info", ".egg-link")) and not name.startswith(("nbviva-", "nbviva."))


def of_kernel(texts: Iterable[str], ours: Iterable[Path]) -> bytes:
    """Give the digest of the packages that count for a kernel which runs `texts` and our modules in the files `ours`.

    A module that a text names counts, imported or not: there is more than one way to import.
    """
    modules, found = _packages()
    words = {word for text in texts for word in _WORD.findall(text)}
    imported = {name for path in ours for name in _imported(path)}
    named = (words | imported | ALWAYS) & modules.keys()
    return _of_packages(frozenset(package for module in named for package in modules[module] if package in found))


@cache
def _of_packages(names: frozenset[str]) -> bytes:
    parts = [f"{name}=={_packages()[1][name].version}" for name in sorted(closure(names))]
    return hashlib.sha256("\n".join([*parts, sys.version]).encode()).digest()


def closure(names: Iterable[str]) -> frozenset[str]:
    """Give these installed packages (by their canonical names) with all installed ones that they require."""
    _, found = _packages()
    todo, seen = [(name, "") for name in names if name in found], set[tuple[str, str]]()
    while todo:
        if (item := todo.pop()) not in seen:
            seen.add(item)
            todo += [need for need in _requires(*item) if need[0] in found]
    return frozenset(name for name, _ in seen)


@cache
def _requires(package: str, extra: str) -> tuple[tuple[str, str], ...]:
    """Give what an installed package requires (and with an extra of its own), as names and the extras asked for."""
    return tuple(_wanted(_packages()[1][package].requires or [], extra))


def _wanted(lines: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    from packaging.requirements import InvalidRequirement, Requirement  # only where transcripts are looked at

    for line in lines:
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue  # metadata from before there was a rule; such a package has no other
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield from ((_canonical(need.name), wanted) for wanted in ("", *sorted(need.extras)))


@cache
def _packages() -> tuple[dict[str, set[str]], dict[str, Distribution]]:
    """Give the packages that hold a top-level module, by its name, and the installed packages by theirs.

    nbviva is none of them: what it has in a kernel is told by its files.
    """
    found: dict[str, Distribution] = {}
    for item in distributions(path=_places()):
        found.setdefault(_canonical(item.name), item)  # the first on the path is the one that is imported
    found.pop("nbviva", None)
    holders = {module: {_canonical(name) for name in names} for module, names in packages_distributions().items()}
    return holders, found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _imported(path: Path) -> frozenset[str]:
    """Give the top-level modules that a file of ours imports anywhere."""
    return frozenset(name.split(".")[0] for name in modules_of(path.read_text(encoding="utf-8")))

"""What is installed, as far as it decides what a kernel shows: which packages hold a module, and what they require.

It is read once a process, before workers are forked from it, and from the text of each package's metadata once: the
standard library parses that anew for each field, which takes a second for some hundred packages.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
from inspect import getmodulename
from pathlib import Path

_SITES = frozenset({"site-packages", "dist-packages"})
_FIELD = re.compile(r"^(Name|Version|Requires-Dist):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_FOLDED = re.compile(r"\r?\n[ \t]+")
_ONLY_EXTRA = re.compile(r"""\bextra\s*==\s*["'][^"']+["']\s*\)?\s*$""")  # at the end of a marker


@dataclass(frozen=True)
class Package:
    """An installed package: its canonical name, its version, the lines of what it requires, its top-level modules."""

    name: str
    version: str
    requires: tuple[str, ...]
    modules: frozenset[str]


@cache
def installed() -> tuple[str, ...]:
    """Give the names of all folders of metadata, which are names and versions: nothing is read, so it is quick.

    nbviva's own, which a checkout may have twice, does not count: it is told by its files.
    """
    return tuple(sorted({e.name for place in _places() for e in os.scandir(place) if _says(e.name)}))


def _places() -> tuple[str, ...]:
    """Give the folders on the path, but for those inside of a package, which some imports put there."""
    places = dict.fromkeys(Path(place).resolve() for place in sys.path)
    own = [place for place in places if place.is_dir() and not _SITES.intersection(place.parent.parts)]
    return tuple(map(str, own))


def _says(name: str) -> bool:
    return name.endswith((".dist-info", ".egg-info", ".egg-link")) and not name.startswith(("nbviva-", "nbviva."))


def of_packages(modules: Iterable[str]) -> bytes:
    """Give the digest of the packages that hold these top-level modules, with all that they require."""
    holders = _holders(_places())
    return _of_packages(frozenset(package for name in modules for package in holders.get(name, ())))


def known_modules() -> frozenset[str]:
    """Give the top-level modules that some package holds."""
    return frozenset(_holders(_places()))


def closure(names: Iterable[str]) -> frozenset[str]:
    """Give these installed packages (by their canonical names) with all installed ones that they require."""
    found = _packages(_places())
    todo, seen = [(name, "") for name in names if name in found], set[tuple[str, str]]()
    while todo:
        if (item := todo.pop()) not in seen:
            seen.add(item)
            todo += [need for need in _requires(found[item[0]], item[1]) if need[0] in found]
    return frozenset(name for name, _ in seen)


@cache
def _of_packages(names: frozenset[str]) -> bytes:
    found = _packages(_places())
    parts = [f"{name}=={found[name].version}" for name in sorted(closure(names))]
    return hashlib.sha256("\n".join([*parts, sys.version]).encode()).digest()


@cache
def _requires(package: Package, extra: str) -> tuple[tuple[str, str], ...]:
    """Give what an installed package requires (and with an extra of its own), as names and the extras asked for."""
    return tuple(_wanted(package.requires, extra))


def _wanted(lines: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    from packaging.requirements import InvalidRequirement, Requirement  # only where transcripts are looked at

    for line in lines:
        if not extra and _ONLY_EXTRA.search(line) and " or " not in line:
            continue  # of an extra that is not asked for; most lines are, and reading one takes long
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue  # metadata from before there was a rule; such a package has no other
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield from ((canonical(need.name), wanted) for wanted in ("", *sorted(need.extras)))


@cache
def _packages(places: tuple[str, ...]) -> dict[str, Package]:
    """Give the installed packages by their names; nbviva is none: what it has in a kernel is told by its files."""
    found: dict[str, Package] = {}
    for item in distributions(path=list(places)):
        package = _read(item)
        found.setdefault(package.name, package)  # the first on the path is the one that is imported
    found.pop("nbviva", None)
    return found


@cache
def _holders(places: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Give the packages that hold a top-level module, by its name."""
    found: dict[str, tuple[str, ...]] = {}
    for package in _packages(places).values():
        for module in package.modules:
            found[module] = (*found.get(module, ()), package.name)
    return found


def _read(item: Distribution) -> Package:
    text = item.read_text("METADATA")
    if text is None:  # of an earlier kind
        return Package(canonical(item.name), item.version, tuple(item.requires or ()), _modules(item))
    fields: dict[str, list[str]] = {"Name": [], "Version": [], "Requires-Dist": []}
    for name, value in _FIELD.findall(_FOLDED.sub(" ", re.split(r"\r?\n\r?\n", text, maxsplit=1)[0])):
        fields[name].append(value)
    name, version = (next(iter(fields[field]), "") for field in ("Name", "Version"))
    return Package(canonical(name), version, tuple(fields["Requires-Dist"]), _modules(item))


def _modules(item: Distribution) -> frozenset[str]:
    """Give a package's top-level modules: those that it names, else what its list of files begins with."""
    if declared := (item.read_text("top_level.txt") or "").split():
        return frozenset(declared)
    record = item.read_text("RECORD")
    files = [line.split(",")[0] for line in record.splitlines()] if record else map(str, item.files or ())
    return frozenset(filter(None, map(_module, files)))


def _module(file: str) -> str:
    first, below, _ = file.strip('"').partition("/")
    name = first if below else getmodulename(first) or ""
    return "" if "." in name else name


def canonical(name: str) -> str:
    """Give a package's name as every tool writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()

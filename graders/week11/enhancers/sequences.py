"""DNA sequences with labels, as every other module passes them on, and the two file forms they are read from."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LETTERS = "ACGT"
_CODES = np.full(256, -1, np.int8)
_CODES[list(LETTERS.encode())] = range(4)
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Enhancers:
    """Sequences of one length and whether each is active in the liver."""

    sequences: tuple[str, ...]
    labels: NDArray[np.int64]  # (n,), 1 = liver
    source: str = "own"  # "real", "synthetic", or "own" for whatever an instructor put in

    def __len__(self) -> int:
        return len(self.sequences)


@dataclass(frozen=True)
class Record:
    """One line of a table or one entry of a FASTA file, not yet checked."""

    place: str
    sequence: str
    label: int


def encode(sequences: Sequence[str]) -> NDArray[np.int8]:
    """Turn n sequences of one length into codes (n, length): A, C, G, T are 0 to 3, anything else -1."""
    lengths = {len(sequence) for sequence in sequences}
    if len(lengths) > 1:
        raise ValueError(f"the sequences have {min(lengths)} to {max(lengths)} letters; cut all to one length")
    letters = np.frombuffer("".join(sequences).upper().encode("ascii", "replace"), np.uint8)
    codes: NDArray[np.int8] = _CODES[letters].reshape(len(sequences), max(lengths, default=0))
    return codes


def decode(codes: NDArray[np.int8]) -> tuple[str, ...]:
    """Turn codes (n, length) back into n sequences."""
    letters = np.frombuffer(LETTERS.encode(), np.uint8)[codes]
    return tuple(row.tobytes().decode() for row in letters)


def one_hot(sequences: Sequence[str]) -> NDArray[np.float32]:
    """Give (n, 4, length), with channels A, C, G, T; a letter outside them is a column of zeros."""
    channels: NDArray[np.bool_] = encode(sequences)[:, None, :] == np.arange(4)[:, None]  # (n, 4, length)
    return channels.astype(np.float32)


def reverse_complement(sequence: str) -> str:
    """Read the other strand: AACG becomes CGTT."""
    return sequence[::-1].translate(_COMPLEMENT)


def canonical(sequence: str) -> str:
    """Give one name to a sequence and its reverse complement."""
    return min(sequence, reverse_complement(sequence))


def gc_content(codes: NDArray[np.int8]) -> NDArray[np.float64]:
    """Share of C and G in each sequence, (n,)."""
    shares: NDArray[np.float64] = ((codes == 1) | (codes == 2)).mean(axis=1)
    return shares


def gc_matched(
    rng: np.random.Generator, gc: NDArray[np.float64], groups: NDArray[Any], wanted: Mapping[Any, int], bins: int = 20
) -> NDArray[np.int64]:
    """Choose `wanted[group]` of each group's members so that all groups have the same GC histogram.

    The bins are quantiles of `gc` (n,); each gets the smallest share that any group has there. Where a bin runs out,
    members of other bins fill up. Returns indices in random order.
    """
    bin_of = np.searchsorted(np.quantile(gc, np.linspace(0, 1, bins + 1)[1:-1]), gc)
    counts = {group: np.bincount(bin_of[groups == group], minlength=bins) for group in wanted}
    share = np.min([count / max(count.sum(), 1) for count in counts.values()], axis=0)
    share /= share.sum()
    chosen = []
    for group, number in wanted.items():
        order = rng.permutation(np.flatnonzero(groups == group))
        quota = _apportion(share, number)
        first = np.concatenate([order[bin_of[order] == bin_][: quota[bin_]] for bin_ in range(bins)])
        chosen.append(np.concatenate([first, order[~np.isin(order, first)]])[:number])
    return rng.permutation(np.concatenate(chosen))


def _apportion(share: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Split a total into whole parts, the largest remainders first."""
    exact = share * total
    parts = np.floor(exact).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: total - parts.sum()]] += 1
    return parts


def read_table(path: Path) -> Enhancers:
    """Read a table of sequence and label, separated by tabs or commas.

    With a header the columns are found by their names, `sequence` and `label`; without one they are the first two,
    in either order. Labels are 0 and 1.
    """
    rows = list(_rows(path))
    if not rows:
        raise ValueError(f"{path} is empty; it needs a sequence and a label on each line")
    sequence, label, header = _columns(path, rows[0][1])
    return _checked(path, [_record(path, line, cells, sequence, label) for line, cells in rows[header:]])


def read_fasta(positives: Path, negatives: Path) -> Enhancers:
    """Read two FASTA files: liver enhancers (label 1) and other enhancers (label 0)."""
    return _checked(positives, [*_entries(positives, 1), *_entries(negatives, 0)])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not plain text; unpack it, or save it as UTF-8") from error


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    lines = _text(path).splitlines()
    separator = "\t" if lines and "\t" in lines[0] else ","
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _cells(f"{path}, line {number}", line, separator)


def _cells(place: str, line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except csv.Error as error:
        raise ValueError(f"{place}: cannot be split into columns ({error}); give one sequence a line") from error


def _columns(path: Path, first: list[str]) -> tuple[int, int, int]:
    """Find the columns of sequence and label, and how many header lines stand before the data (0 or 1)."""
    names = [cell.lower() for cell in first]
    if "sequence" in names and "label" in names:
        return names.index("sequence"), names.index("label"), 1
    for label in (0, 1):
        if len(first) > 1 and first[label] in {"0", "1"}:
            return 1 - label, label, 0
    raise ValueError(f"{path}, line 1: name the columns 'sequence' and 'label', or begin with a sequence and 0 or 1")


def _record(path: Path, line: int, cells: list[str], sequence: int, label: int) -> Record:
    place = f"{path}, line {line}"
    if len(cells) <= max(sequence, label):
        raise ValueError(f"{place}: has {len(cells)} column(s); give a sequence and a label, separated as in line 1")
    if cells[label] not in {"0", "1"}:
        raise ValueError(f"{place}: the label is {cells[label]!r}; write 1 for liver and 0 for anything else")
    return Record(place, cells[sequence].upper(), int(cells[label]))


def _entries(path: Path, label: int) -> Iterator[Record]:
    place, parts = "", list[str]()
    for number, line in enumerate(_text(path).splitlines(), 1):
        if line.startswith(">"):
            if place:
                yield Record(place, "".join(parts), label)
            place, parts = f"{path}, line {number}", []
        elif line.strip() and not place:
            raise ValueError(f"{path}, line {number}: a FASTA file begins with '>' and a name; add that line")
        else:
            parts.append(line.strip().upper())
    if not place:
        raise ValueError(f"{path} has no sequence; each needs a line that begins with '>' and the sequence below it")
    yield Record(place, "".join(parts), label)


def _checked(path: Path, records: Iterable[Record]) -> Enhancers:
    """Refuse letters other than ACGT, unequal lengths, and a set without both labels."""
    kept = list(records)
    for record in kept:
        _check_letters(record, len(kept[0].sequence))
    labels = np.array([record.label for record in kept], np.int64)
    if len(set(labels.tolist())) < 2:
        raise ValueError(f"{path}: every label is the same; give both classes, 1 for liver and 0 for other")
    return Enhancers(tuple(record.sequence for record in kept), labels)


def _check_letters(record: Record, length: int) -> None:
    strange = next((letter for letter in record.sequence if letter not in LETTERS), None)
    if strange is not None:
        raise ValueError(f"{record.place}: the sequence has the letter {strange!r}; keep to A, C, G and T, or drop it")
    if not record.sequence:
        raise ValueError(f"{record.place}: the sequence is empty; fill it in, or drop the line")
    if len(record.sequence) != length:
        raise ValueError(f"{record.place}: {len(record.sequence)} letters where the first has {length}; cut all alike")

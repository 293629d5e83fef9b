"""Sequences: codes, strands, GC matching, and the tables and FASTA files of an instructor."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.week11.enhancers import sequences

dna = st.text("ACGT", min_size=1, max_size=30)


@given(dna)
def test_decode_undoes_encode(text: str) -> None:
    """Codes and letters carry the same thing."""
    assert sequences.decode(sequences.encode([text, text])) == (text, text)


@given(dna)
def test_both_strands_have_one_canonical_name(text: str) -> None:
    """A sequence and its reverse complement are one and the same site."""
    assert sequences.canonical(text) == sequences.canonical(sequences.reverse_complement(text))


def test_one_hot_has_a_channel_for_each_letter() -> None:
    """Channels are A, C, G, T, in that order."""
    expected = [[[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]]
    actual = sequences.one_hot(["ACGTN"])
    assert actual.dtype == np.float32
    assert actual.tolist() == expected


def test_one_hot_refuses_unequal_lengths() -> None:
    """A batch has one length."""
    with pytest.raises(ValueError, match="3 to 4 letters; cut all to one length"):
        sequences.one_hot(["ACGT", "ACG"])


def test_reverse_complement_turns_one_hot_in_both_axes() -> None:
    """Flipping channels and positions reads the other strand."""
    text = "AACGTGGC"
    expected = sequences.one_hot([text])[:, ::-1, ::-1]
    assert np.array_equal(sequences.one_hot([sequences.reverse_complement(text)]), expected)


def test_matched_groups_have_the_numbers_wanted_and_one_mean_gc() -> None:
    """Two groups with different GC content come out alike."""
    rng = np.random.default_rng(0)
    groups = np.repeat(["a", "b"], [4000, 4000])
    gc = rng.normal(np.where(groups == "a", 0.45, 0.5), 0.07)
    chosen = sequences.gc_matched(rng, gc, groups, {"a": 500, "b": 1000})
    a, b = (chosen[groups[chosen] == group] for group in "ab")
    assert (len(set(a)), len(set(b))) == (500, 1000)
    assert abs(gc[a].mean() - gc[b].mean()) < 0.003


def test_matching_fills_up_where_a_bin_runs_out() -> None:
    """As many as there are can be asked for."""
    gc = np.linspace(0.3, 0.7, 50)
    chosen = sequences.gc_matched(np.random.default_rng(0), gc, np.arange(50) % 2, {0: 25, 1: 25})
    assert sorted(chosen) == list(range(50))


@pytest.mark.parametrize(
    "text",
    [
        "sequence\tlabel\nACGT\t1\nTTTT\t0\n",
        "name,label,sequence\nx,1,acgt\ny,0,tttt\n",
        "ACGT\t1\nTTTT\t0",
        "1,ACGT\r\n\r\n0,TTTT\r\n",
        '\ufeff"Label","Sequence"\n"1","ACGT"\n"0","TTTT"\n',
    ],
)
def test_tables_are_read_with_tabs_or_commas_with_a_header_or_without(tmp_path: Path, text: str) -> None:
    """The usual ways of saving a table all work."""
    table = tmp_path / "mine"
    table.write_bytes(text.encode())
    read = sequences.read_table(table)
    assert read.sequences == ("ACGT", "TTTT")
    assert read.labels.tolist() == [1, 0]
    assert read.source == "own"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; it needs a sequence and a label"),
        ("seq\tclass\nACGT\t1\n", "line 1: name the columns 'sequence' and 'label'"),
        ("ACGT\nTTTT\n", "line 1: name the columns 'sequence' and 'label'"),
        ("sequence,label\nACGT,1\nTTTT\n", "line 3: has 1 column"),
        ("sequence,label\nACGT,1\nTTTT,liver\n", "line 3: the label is 'liver'; write 1 for liver and 0"),
        ("ACGT,1\nACNT,0\n", "line 2: the sequence has the letter 'N'"),
        ("ACGT,1\nACGTA,0\n", "line 2: 5 letters where the first has 4"),
        ("ACGT,1\n,0\n", "line 2: the sequence is empty"),
        ("ACGT,1\nTTTT,1\n", "every label is the same"),
        ("sequence,label\n", "every label is the same"),
        ("A" * 140_000 + ",1\n", "line 1: cannot be split into columns"),
    ],
)
def test_a_bad_table_is_refused_with_file_line_and_remedy(tmp_path: Path, text: str, sentence: str) -> None:
    """One sentence says where the table is wrong and what to change."""
    table = tmp_path / "mine.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=sentence) as caught:
        sequences.read_table(table)
    assert str(caught.value).startswith(str(table))


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\xff", None])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A packed file and a missing one get a sentence too."""
    table = tmp_path / "mine.tsv.gz"
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(ValueError, match=r"mine\.tsv\.gz (is not plain text|cannot be read)"):
        sequences.read_table(table)


@given(st.binary(max_size=80))
def test_a_table_is_read_or_refused_with_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """No file makes the reader fail in another way."""
    table = tmp_path_factory.mktemp("tables") / "mine"
    table.write_bytes(content)
    try:
        said = f"{table} holds {len(sequences.read_table(table))} sequences"
    except ValueError as error:
        said = str(error)
    assert said.startswith(str(table))


def test_fasta_entries_may_span_lines(tmp_path: Path) -> None:
    """The first file is liver, the second is not."""
    (tmp_path / "liver.fa").write_text(">one\nAC\ngt\n\n>two\nGGGG\n")
    (tmp_path / "other.fa").write_text(">three\nTTTT\n")
    read = sequences.read_fasta(tmp_path / "liver.fa", tmp_path / "other.fa")
    assert read.sequences == ("ACGT", "GGGG", "TTTT")
    assert read.labels.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ACGT\n", "line 1: a FASTA file begins with '>'"),
        ("", "has no sequence"),
        (">one\nACGT\n>two\nAC-T\n", "line 3: the sequence has the letter '-'"),
        (">one\n>two\nACGT\n", "line 1: the sequence is empty"),
    ],
)
def test_a_bad_fasta_file_is_refused_with_file_line_and_remedy(tmp_path: Path, text: str, sentence: str) -> None:
    """One sentence says where the file is wrong."""
    (tmp_path / "good.fa").write_text(">one\nACGT\n")
    (tmp_path / "bad.fa").write_text(text)
    with pytest.raises(ValueError, match=f"bad.fa.*{sentence}"):
        sequences.read_fasta(tmp_path / "good.fa", tmp_path / "bad.fa")

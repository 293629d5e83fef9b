"""Collecting from real archives of every layout, hostile ones too: what is written, kept, and said."""

import io
import os
import stat
import tarfile
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbviva.errors import CourseError
from nbviva.handin.archive import ArchiveCaps, Source, UnreadableArchive, safe_name, split_name
from nbviva.handin.collect import LATER, Action, collect, survey
from tests.archives import NOTEBOOK, blackboard, inner, moodle, only, packed, tarred, tree


def test_second_run_changes_nothing_and_says_so(course, tmp_path):
    files = blackboard("ann_m", "2024-01-05-16-12-40", ("toys.ipynb", b"old"))
    files += blackboard("ann_m", "2024-01-07-16-12-40", ("toys.ipynb", NOTEBOOK))
    source = packed(tmp_path / "all.zip", files)
    collect(course, "toy", source)
    before = tree(course.root)
    assert {Action.UNCHANGED} == {row.action for row in collect(course, "toy", source)}
    assert before == tree(course.root)


def test_older_archive_after_a_newer_one_is_kept_aside(course, tmp_path):
    for day in ("07", "05"):
        files = blackboard("bobs", f"2024-01-{day}-16-12-40", ("toys.ipynb", day.encode()))
        row = only(collect(course, "toy", packed(tmp_path / f"{day}.zip", files)))
    assert Action.EARLIER == row.action
    assert b"07" == (course.submitted("toy", "bobs") / "toys.ipynb").read_bytes()


def test_same_files_handed_in_again_keep_their_time(course, tmp_path):
    for day in ("05", "09"):
        files = blackboard("bobs", f"2024-01-{day}-16-12-40", ("toys.ipynb", NOTEBOOK))
        row = only(collect(course, "toy", packed(tmp_path / f"{day}.zip", files)))
    assert Action.UNCHANGED == row.action
    assert "2024-01-05" in (course.submitted("toy", "bobs") / "timestamp.txt").read_text()


def test_time_that_was_missing_is_written_whole_and_shared(course, tmp_path):
    source = packed(tmp_path / "all.zip", blackboard("bobs", "2024-01-05-16-12-40", ("toys.ipynb", NOTEBOOK)))
    collect(course, "toy", source)
    folder, other = course.submitted("toy", "bobs"), tmp_path / "other.txt"
    other.write_text("not ours")
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").symlink_to(other)
    folder.chmod(0o2770)
    collect(course, "toy", source)
    assert "2024-01-05" in (folder / "timestamp.txt").read_text()
    assert ("not ours", 0o660) == (other.read_text(), stat.S_IMODE((folder / "timestamp.txt").lstat().st_mode))


def test_students_of_one_group_are_one_hand_in(course, tmp_path):
    (course.root / "roster.csv").write_text("number,name,login,group\n1,Ann,ann_m,g1\n2,Bob,bobs,g1\n")
    files = blackboard("ann_m", "2024-01-05-16-12-40", ("toys.ipynb", NOTEBOOK))
    files += blackboard("bobs", "2024-01-07-16-12-40", ("sheet.pdf", b"%PDF"))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert ["g1"] == course.groups("toy")
    assert "It has no notebook; the earlier one had, and is kept." in rows[1].notes


def test_archive_of_a_student_is_unpacked_once(course, tmp_path):
    deeper = inner(("x.ipynb", NOTEBOOK))
    zipped = inner(("work/toys.ipynb", NOTEBOOK), ("work/more.zip", deeper), ("__MACOSX/._toys.ipynb", b"x"))
    files = moodle("Ann", 11, ("handin.zip", zipped), ("more.rar", b"Rar!"), ("bad.zip", b"PK no"))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert ("bad.zip", "more.rar", "more.zip", "toys.ipynb") == row.files
    assert "more.rar is an archive that is not opened; a zip archive is." in row.notes
    assert "more.zip is an archive in an archive; it was kept unopened." in row.notes
    assert "bad.zip is neither a folder nor a zip or tar archive that can be read. It was kept unopened." in row.notes


@pytest.mark.parametrize(
    ("mode", "name"),
    [("w", "a.tar"), ("w:gz", "a.tgz"), ("w:gz", "a.tar.gz"), ("w:bz2", "a.tar.bz2"), ("w:xz", "a.txz")],
)
def test_tar_archive_of_a_student_is_unpacked(course, tmp_path, mode, name):
    zipped = tarred(("work/toys.ipynb", NOTEBOOK), ("work/../../evil.txt", b"x"), mode=mode)
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", moodle("Ann", 11, (name, zipped)))))
    assert "toys.ipynb" in {file.rpartition("/")[2] for file in row.files}
    assert "evil.txt points out of its folder; it was left out." in row.notes
    assert NOTEBOOK in tree(course.submitted("toy", "participant_11")).values()


def test_links_devices_and_bombs_in_tar_archives_are_left_out(course, tmp_path):
    link, pipe = tarfile.TarInfo("link.pdf"), tarfile.TarInfo("pipe")
    link.type, link.linkname, pipe.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.FIFOTYPE
    inside = tarred(("toys.ipynb", NOTEBOOK), (link, b""), (pipe, b""))
    bomb = tarred(("zeros", b"\0" * (9 << 20)))
    files = moodle("Ann", 11, ("a.tar.gz", inside), ("b.tar.gz", bomb), ("c.tgz", b"\x1f\x8bno"))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert ("a.tar.gz", "b.tar.gz", "c.tgz", "toys.ipynb") == row.files
    assert 2 == sum("is a link or a device" in note for note in row.notes)
    assert 1 == sum("looks like an archive bomb. It was kept unopened" in note for note in row.notes)


def test_tar_archive_is_a_source(course, tmp_path):
    (tmp_path / "all.tar.gz").write_bytes(tarred(("alice/toys.ipynb", NOTEBOOK), ("bob/toys.ipynb", NOTEBOOK)))
    assert ["alice", "bob"] == [row.group for row in collect(course, "toy", tmp_path / "all.tar.gz")]


@given(st.binary(max_size=600), st.sampled_from([b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"PK", b""]))
def test_any_bytes_are_an_archive_or_a_sentence(raw, mark):
    with suppress(UnreadableArchive), Source(io.BytesIO(mark + raw), ArchiveCaps()) as source:
        assert isinstance(list(source.items()), list)


BAD_NAMES = [
    "../../evil.txt", "/etc/evil.txt", "a/../../../evil.txt", "..\\..\\evil.txt", "C:\\evil.txt", "C:evil.txt",
    "con.txt", "NUL", "x" * 5000 + ".txt", "a/" * 300 + "b.txt", "evil\0.txt", "a\nb.txt", "\u202egnp.exe", "...", " ",
    "-rf", "~/.ssh/id", "%2e%2e/x", "ä" * 200, "timestamp.txt", ".earlier/toy/x", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("where", ["outer", "inner"])
@pytest.mark.parametrize("bad", BAD_NAMES)
def test_bad_names_write_nothing_outside_and_touch_no_other(course, tmp_path, bad, where):
    bad = bad.encode("utf-8", "replace").decode()
    files = moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)) + moodle("Bob", 12, ("toys.ipynb", NOTEBOOK))
    if where == "outer":
        files += moodle("Ann", 11, (bad, b"evil"))
    else:
        files += moodle("Ann", 11, ("z.zip", inner((bad, b"evil"))))
    source = packed(tmp_path / "all.zip", files)
    before = {path for path in tmp_path.rglob("*") if course.root / "submitted" not in path.parents}
    collect(course, "toy", source)
    after = {path for path in tmp_path.rglob("*") if course.root / "submitted" not in path.parents}
    assert {"people", "toy.json", ".nbviva", "submitted"} >= {path.name for path in after - before}
    for group in ("participant_11", "participant_12"):
        assert NOTEBOOK == (course.submitted("toy", group) / "toys.ipynb").read_bytes()
    assert ["participant_11", "participant_12"] == sorted(path.name for path in (course.root / "submitted").iterdir())


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices_in_archives_are_left_out(course, tmp_path, kind):
    info = zipfile.ZipInfo("Ann_11_assignsubmission_file_/link.pdf", (2024, 1, 5, 10, 0, 0))
    info.external_attr = (kind | 0o777) << 16
    files = [(info, b"/etc/passwd"), *moodle("Ann", 11, ("toys.ipynb", NOTEBOOK))]
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert ("link.pdf is a link or a device, no file; it was left out.",) == row.notes[2:]
    assert ("toys.ipynb",) == row.files


def test_links_in_folders_are_not_followed(course, tmp_path):
    folder = tmp_path / "source" / "ann"
    folder.mkdir(parents=True)
    (folder / "toys.ipynb").write_bytes(NOTEBOOK)
    (folder / "secret.txt").symlink_to("/etc/passwd")
    (folder / "all").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    row = only(collect(course, "toy", tmp_path / "source"))
    assert ("toys.ipynb",) == row.files
    assert 3 == sum("is a link or a device" in note for note in row.notes)


def test_bombs_are_left_out(course, tmp_path):
    bomb = b"\0" * (9 << 20)
    files = moodle("Ann", 11, ("bomb.txt", bomb), ("toys.ipynb", NOTEBOOK), ("z.zip", inner(("inner.txt", bomb))))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert ("toys.ipynb", "z.zip") == row.files
    assert 2 == sum("looks like an archive bomb" in note for note in row.notes)


def test_caps_on_a_hand_in_leave_the_others(course, tmp_path):
    many = [(f"{i:04}.txt", b"x") for i in range(300)]
    files = moodle("Ann", 11, *many, ("toys.ipynb", NOTEBOOK)) + moodle("Bob", 12, ("toys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files), limits=ArchiveCaps(handin_files=50))
    assert [50, 1] == [len(row.files) for row in rows]
    assert "toys.ipynb" in rows[0].files
    assert "And 233 more of the kind." == rows[0].notes[-1]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ArchiveCaps(file_bytes=1000), "big.txt is larger than 0 MB"),
        (ArchiveCaps(handin_bytes=1000), "big.txt was left out: a hand-in may have"),
        (ArchiveCaps(total_bytes=1000), "big.txt is more than is read of one source"),
    ],
)
def test_large_files_are_left_out(course, tmp_path, limits, words):
    files = moodle("Ann", 11, ("big.txt", os.urandom(2000)), ("a.ipynb", NOTEBOOK))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files), limits=limits))
    assert words in " ".join(row.notes)
    assert ("a.ipynb",) == row.files


def test_source_of_too_many_files_is_refused(course, tmp_path):
    source = packed(tmp_path / "all.zip", [(f"a/{i}", b"") for i in range(30)])
    with pytest.raises(CourseError, match=r"all\.zip holds more than 20 files"):
        collect(course, "toy", source, limits=ArchiveCaps(total_files=20))


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4", b"no zip", b"PK\5\6" + b"\xff" * 18])
def test_source_that_is_none_is_one_sentence(course, tmp_path, content):
    if content is not None:
        (tmp_path / "all.zip").write_bytes(content)
    with pytest.raises(CourseError, match=r"all.zip is neither a folder nor a zip or tar archive"):
        collect(course, "toy", tmp_path / "all.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_names_are_both_kept(course, tmp_path):
    files = moodle("Ann", 11, ("a.txt", b"1"), ("a.txt", b"2"), ("A.TXT", b"3"), ("a.txt/b", b"4"))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert {b"1", b"2", b"3", b"4"} == set(tree(course.submitted("toy", "participant_11")).values())
    assert "is there more than once" in " ".join(row.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_without_the_flag_are_decoded(course, tmp_path, encoding):
    place = packed(tmp_path / "all.zip", moodle("Ann", 11, ("XXXXXX.ipynb".replace("XXXXXX", "Uebung"), NOTEBOOK)))
    name = "Übung" + ("" if encoding == "utf-8" else "1")  # six bytes either way
    place.write_bytes(place.read_bytes().replace(b"Uebung", name.encode(encoding)))
    assert (f"{name}.ipynb",) == only(collect(course, "toy", place)).files


def test_damaged_file_is_left_out_and_the_rest_kept(course, tmp_path):
    data = os.urandom(5000)
    place = packed(tmp_path / "all.zip", moodle("Ann", 11, ("a.bin", data), ("toys.ipynb", NOTEBOOK)))
    raw = bytearray(place.read_bytes())
    raw[200:210] = b"0123456789"
    place.write_bytes(raw)
    row = only(collect(course, "toy", place))
    assert ("toys.ipynb",) == row.files
    assert "a.bin is damaged or packed in a way that cannot be read; it was left out." in row.notes


def test_encrypted_file_is_said(course, tmp_path):
    place = packed(tmp_path / "all.zip", moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)))
    raw = bytearray(place.read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1
    place.write_bytes(raw)
    row = only(collect(course, "toy", place))
    assert (Action.REFUSED, "toys.ipynb is encrypted; it was left out.") == (row.action, row.notes[-2])


def test_receipt_without_files_is_no_hand_in(course, tmp_path):
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", blackboard("bobs", "2024-01-06-10-00-00"))))
    assert (Action.REFUSED, "It has no file that could be collected.") == (row.action, row.notes[-1])
    assert [] == course.groups("toy")


def test_students_timestamp_is_only_a_file(course, tmp_path):
    files = moodle("Ann", 11, ("timestamp.txt", b"1999-01-01 00:00:00 UTC"), ("toys.ipynb", NOTEBOOK))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert row.handed_in is None
    assert ("timestamp (2).txt", "toys.ipynb") == row.files


def test_sentences_name_no_person(course, tmp_path):
    files = moodle("Ann Secret", 11, ("../x", b""), ("con", b""), ("z.zip", b"PK"), ("toys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert "Secret" not in repr(rows)


def test_unwritable_place_is_one_sentence_and_others_go_on(course, tmp_path):
    (course.root / "submitted").mkdir()
    (course.root / "submitted" / "participant_11").write_text("a file")
    files = moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)) + moodle("Bob", 12, ("toys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [Action.REFUSED, Action.NEW] == [row.action for row in rows]
    assert "It could not be written" in " ".join(rows[0].notes)


def test_interrupted_run_is_made_good_by_the_next(course, tmp_path, monkeypatch):
    files = blackboard("bobs", "2024-01-05-16-12-40", ("toys.ipynb", b"05"))
    collect(course, "toy", packed(tmp_path / "05.zip", files))
    source = packed(tmp_path / "07.zip", blackboard("bobs", "2024-01-07-16-12-40", ("toys.ipynb", b"07")))
    current = course.submitted("toy", "bobs")
    earlier = current.parent / ".earlier" / "toy" / "20240105T151240Z-killed"
    earlier.parent.mkdir(parents=True)
    current.rename(earlier)  # killed between the two moves
    assert Action.NEW == only(collect(course, "toy", source)).action
    assert b"05" == (earlier / "toys.ipynb").read_bytes()


NAMES = st.text(st.sampled_from("aZ0_+-./\\: \0\n~ü漢\u202e*"), max_size=40)
ROOTS = st.sampled_from(
    ["", "Ann_11_assignsubmission_file_/", "g_c_s_l_attempt_2024-01-05-10-00-00_", "L_F_log_123/", "a/", "../",
     "ann+toy+2024-01-05 14:12:40 UTC/", "Team 5/", "inbound/"]
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(ROOTS, NAMES), max_size=8))
def test_any_archive_is_collected_within_its_place(new_course, tmp_path, files):
    course = new_course()
    outside = course.root.parent
    source = packed(tmp_path / "all.zip", [(a + b, str(i).encode()) for i, (a, b) in enumerate(files) if a + b])
    collect(course, "toy", source)
    first = tree(course.root)
    assert ["course"] == [path.name for path in outside.iterdir()]
    rows = collect(course, "toy", source)
    assert not {row.action for row in rows} - {Action.UNCHANGED, Action.REFUSED, Action.LEFT}
    assert first == tree(course.root)


@given(st.text())
def test_any_name_is_made_safe(name):
    safe = safe_name(name)
    assert safe
    assert safe not in {".", ".."}
    assert not set("/\\\0\n:") & set(safe)
    assert len(safe.encode()) <= 130
    parts, _ = split_name(name)
    assert ".." not in parts


def test_later_collection_counts_where_no_time_is_known_and_the_row_says_so(course, tmp_path):
    bob = moodle("Bob S", 102, ("toys.ipynb", NOTEBOOK))
    friday = packed(tmp_path / "fri.zip", moodle("Ann M", 101, ("toys.ipynb", b"old")) + bob)
    monday = packed(tmp_path / "mon.zip", moodle("Ann M", 101, ("toys.ipynb", b"new")) + bob)
    collect(course, "toy", friday)
    ann, unchanged = collect(course, "toy", monday)
    current = course.submitted("toy", "participant_101")
    assert (Action.REPLACED, Action.UNCHANGED) == (ann.action, unchanged.action)
    assert LATER in ann.notes
    assert b"new" == (current / "toys.ipynb").read_bytes()
    (again, _) = collect(course, "toy", friday)  # handed in anew, as it was at first
    assert (Action.REPLACED, b"old") == (again.action, (current / "toys.ipynb").read_bytes())
    (earlier,) = (current.parent / ".earlier" / "toy").iterdir()
    assert b"new" == (earlier / "toys.ipynb").read_bytes()


def test_dry_run_says_the_same_and_writes_nothing(course, tmp_path):
    source = packed(tmp_path / "all.zip", [*moodle("Ann M", 101, ("toys.ipynb", NOTEBOOK)), ("stray.csv", b"x")])
    before = tree(course.root)
    found = survey(course, "toy", source)
    assert before == tree(course.root)
    assert [("participant_101", Action.FOUND), ("", Action.LEFT)] == [(row.group, row.action) for row in found]
    assert ["participant_101", ""] == [row.group for row in collect(course, "toy", source)]


@pytest.mark.parametrize(("name", "asks"), [("liste.csv", False), ("toys.ipynb", True), ("zoe.zip", True)])
def test_file_that_may_be_a_hand_in_asks_a_person(course, tmp_path, name, asks):
    files = [*moodle("Ann M", 101, ("toys.ipynb", NOTEBOOK)), (name, b"x")]
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [(False, ()), (asks, (f"{name}: the name says not whose it is; it was left where it is.",))] == [
        (row.needs_person, row.notes if not row.group else ()) for row in rows
    ]

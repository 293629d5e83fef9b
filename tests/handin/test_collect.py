"""Collecting from real archives of every layout, hostile ones too: what is written, kept, and said."""
# ruff: noqa: DTZ001 - local times are the matter of these tests

import io
import os
import stat
import struct
import tarfile
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbviva.errors import CourseError
from nbviva.handin.archive import ArchiveCaps, Source, UnreadableArchive, safe_name, split_name
from nbviva.handin.collect import Action, collect, group_id, lms_file
from nbviva.handin.people import remembered
from nbviva.handin.receipt import read_receipt, spoken_date, worksheet_times

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
EARLY, LATE = (2024, 1, 5, 10, 0, 0), (2024, 1, 8, 21, 30, 0)


def packed(path, files):
    """Make a zip archive: names or ZipInfos with bytes, or bytes and a local time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            data, time = content if isinstance(content, tuple) else (content, EARLY)
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, time)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


def inner(*files):
    """Give the bytes of a zip archive."""
    buffer = io.BytesIO()
    packed(buffer, files)
    return buffer.getvalue()


def tree(folder):
    """Give all files below a folder with their bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def moodle(name, number, *files, time=EARLY):
    return [(f"{name}_{number}_assignsubmission_file_/{file}", (data, time)) for file, data in files]


def only(rows):
    (row,) = rows
    return row


def test_moodles_folders_are_collected(course, tmp_path):
    files = moodle("Ann Müller", 11, ("toys.ipynb", NOTEBOOK), ("exercise_sheet.pdf", b"%PDF")) + moodle(
        "Bob Stone", 12, ("toys.ipynb", NOTEBOOK), time=LATE
    )
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [("participant_11", Action.NEW), ("participant_12", Action.NEW)] == [(r.group, r.action) for r in rows]
    folder = course.submitted("toy", "participant_11")
    assert {"toys.ipynb", "exercise_sheet.pdf", "timestamp.txt"} == set(tree(folder))
    assert "2024-01-05 09:00:00.000000 UTC" == (folder / "timestamp.txt").read_text()
    assert datetime(2024, 1, 8, 20, 30, tzinfo=UTC) == rows[1].handed_in
    assert "Ann Müller" == remembered(lms_file(course, "toy"))["participant_11"][0].name
    assert ["participant_11", "participant_12"] == course.groups("toy")


def test_moodles_flat_names_are_collected(course, tmp_path):
    files = [
        ("Ann B_11_assignsubmission_file_toys.ipynb", NOTEBOOK),
        ("Ann B_11_assignsubmission_file_my_12_assignsubmission_file_x.pdf", b"%PDF"),
        ("Group A_7_assignsubmission_onlinetext_onlinetext.html", b"<p>"),
    ]
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert ["participant_11", "participant_7"] == sorted(row.group for row in rows)
    assert {"toys.ipynb", "my_12_assignsubmission_file_x.pdf"} == set(tree(course.submitted("toy", "participant_11")))


def test_time_of_packing_is_no_hand_in_time(course, tmp_path):
    files = moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)) + moodle("Bob", 12, ("toys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert {None} == {row.handed_in for row in rows}
    assert "Nothing tells when it was handed in, so it counts as in time." in rows[0].notes
    assert not (course.submitted("toy", "participant_11") / "timestamp.txt").exists()


def test_grading_worksheet_tells_moodles_times(course, tmp_path):
    (tmp_path / "grades.csv").write_text(
        'Identifier,Full name,Last modified (submission)\nParticipant 11,Ann,"Monday, 8 January 2024, 9:15 PM"\n'
        "Participant 12,Bob,-\n"
    )
    times = worksheet_times(tmp_path / "grades.csv", ZoneInfo("Europe/Berlin"))
    source = packed(tmp_path / "all.zip", moodle("Ann", 11, ("toys.ipynb", NOTEBOOK)))
    collect(course, "toy", source)
    row = only(collect(course, "toy", source, times))
    assert (Action.UNCHANGED, datetime(2024, 1, 8, 20, 15, tzinfo=UTC)) == (row.action, row.handed_in)
    stamp = course.submitted("toy", "participant_11") / "timestamp.txt"
    assert "2024-01-08 20:15:00.000000 UTC" == stamp.read_text()


RECEIPT = """Name: Ann Müller (ann_m)
Assignment: Sheet 11
Date Submitted: Friday, January 5, 2024 4:12:40 PM CET
Current Mark: Needs Marking

Submission Field:
There is no student submission text data for this assignment.

Comments:
{}

Files:
\tOriginal filename: toys.ipynb
"""


def blackboard(login, time, *names, comment="There are no student comments for this assignment."):
    before = f"gradebook_2024S_Sheet_11_{login}_attempt_{time}"
    text = RECEIPT.format(comment).replace("ann_m", login).encode()
    return [(f"{before}.txt", text), *((f"{before}_{name}", data) for name, data in names)]


def test_blackboards_attempts_are_kept_and_the_last_counts(course, tmp_path):
    files = blackboard("ann_m", "2024-01-05-16-12-40", ("toys.ipynb", b"old"))
    files += blackboard("ann_m", "2024-01-07-16-12-40", ("toys.ipynb", NOTEBOOK), comment="Sorry!")
    files += blackboard("bobs", "2024-01-06-10-00-00", ("to_ys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [("ann_m", Action.NEW), ("bobs", Action.NEW), ("ann_m", Action.REPLACED)] == [
        (row.group, row.action) for row in rows
    ]
    assert ("A comment was left with it in the LMS.",) == rows[2].notes
    current = course.submitted("toy", "ann_m")
    assert NOTEBOOK == (current / "toys.ipynb").read_bytes()
    assert "2024-01-07 15:12:40.000000 UTC" == (current / "timestamp.txt").read_text()
    (earlier,) = (current.parent / ".earlier" / "toy").iterdir()
    assert b"old" == (earlier / "toys.ipynb").read_bytes()
    assert "20240105T151240Z" == earlier.name.split("-")[0]
    assert {"to_ys.ipynb", "timestamp.txt"} == set(tree(course.submitted("toy", "bobs")))
    assert ["ann_m", "bobs"] == course.groups("toy")


def test_unpacked_blackboard_folder_is_the_same(course, tmp_path):
    packed(tmp_path / "all.zip", blackboard("bobs", "2024-01-06-10-00-00", ("toys.ipynb", NOTEBOOK)))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        archive.extractall(tmp_path / "all")  # noqa: S202 - of our own making
    first = only(collect(course, "toy", tmp_path / "all.zip"))
    second = only(collect(course, "toy", tmp_path / "all"))
    assert (Action.NEW, Action.UNCHANGED, "bobs") == (first.action, second.action, second.group)


def test_blackboards_times_across_a_change_of_clocks(course, tmp_path):
    files = blackboard("bobs", "2024-10-27-02-30-00", ("toys.ipynb", NOTEBOOK))
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert datetime(2024, 10, 27, 1, 30, tzinfo=UTC) == row.handed_in


def test_iliass_members_and_teams_are_collected(course, tmp_path):
    root = "Sheet_11/Abgaben"
    files = [
        ("Sheet_11/status.xlsx", b"x"),
        (f"{root}/Team 5/Muller_Ann_annm_301/toys.ipynb", (NOTEBOOK, EARLY)),
        (f"{root}/Team 5/Stone_Bob_bobs_302/sheet.pdf", (b"%PDF", LATE)),
        (f"{root}/Team 6/Late_Cleo_Maria_cleo_303/toys.ipynb", (NOTEBOOK, EARLY)),
    ]
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert ["team_6", "team_5", ""] == [row.group for row in rows]
    assert {"toys.ipynb", "sheet.pdf", "timestamp.txt"} == set(tree(course.submitted("toy", "team_5")))
    assert ["annm", "bobs"] == [person.login for person in remembered(lms_file(course, "toy"))["team_5"]]
    assert ("status.xlsx: the name says not whose it is; it was left where it is.",) == rows[2].notes
    assert datetime(2024, 1, 8, 20, 30, tzinfo=UTC) == rows[1].handed_in


def test_iliass_multi_feedback_without_teams(course, tmp_path):
    files = [(f"multi_feedback_Sheet_11/{n}/toys.ipynb", NOTEBOOK) for n in ("M_Ann_annm_301", "S_Bob_bobs_302")]
    assert ["annm", "bobs"] == [row.group for row in collect(course, "toy", packed(tmp_path / "all.zip", files))]


def test_unix_time_of_an_archive_wins_over_its_local_time(course, tmp_path):
    infos = []
    for name, second in (("M_Ann_annm_301", 1704700800), ("S_Bob_bobs_302", 1704600000)):
        info = zipfile.ZipInfo(f"{name}/toys.ipynb", EARLY)
        info.extra = struct.pack("<HHBi", 0x5455, 5, 1, second)
        infos.append((info, NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", infos))
    assert 1704600000 == rows[0].handed_in.timestamp()


def test_nbgraders_exchange_is_collected_for_its_week_only(course, tmp_path):
    inbound = tmp_path / "exchange" / "course" / "inbound"
    for name in (
        "ann+toy+2024-01-05 14:12:40 UTC",
        "ann+toy+2024-01-06 14:12:40.5 UTC+aB-_9",
        "bo+b+toy+2024-01-06 14:12:40 UTC",
        "ann+other+2024-01-06 14:12:40 UTC",
    ):
        (inbound / name).mkdir(parents=True)
        (inbound / name / "toys.ipynb").write_bytes(name.encode())
        (inbound / name / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    rows = collect(course, "toy", tmp_path / "exchange" / "course")
    assert 3 == len(rows)
    stamp = course.submitted("toy", "ann") / "timestamp.txt"
    assert "2024-01-06 14:12:40.500000 UTC" == stamp.read_text()
    assert group_id("bo+b") in course.groups("toy")
    assert [Action.UNCHANGED] * 3 == [row.action for row in collect(course, "toy", inbound)]


@pytest.mark.parametrize("path", ["{}", "{}/toy", "Course/{}", "Course/{}/toy"])
def test_plain_folders_are_groups(course, tmp_path, path):
    for group in ("alice", "bob"):
        folder = tmp_path / "source" / path.format(group)
        folder.mkdir(parents=True)
        (folder / "toys.ipynb").write_bytes(NOTEBOOK)
        (folder / "timestamp.txt").write_text("2024-01-08 20:00:00 UTC")
    rows = collect(course, "toy", tmp_path / "source")
    assert ["alice", "bob"] == [row.group for row in rows]
    assert {datetime(2024, 1, 8, 20, tzinfo=UTC)} == {row.handed_in for row in rows}


def test_plain_folders_that_look_like_ilias_stay_apart(course, tmp_path):
    files = [(f"week_eleven_group_{i}/toys.ipynb", NOTEBOOK) for i in range(10, 15)]
    assert 5 == len({row.group for row in collect(course, "toy", packed(tmp_path / "all.zip", files))})


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
    assert ("bad.zip", "more.rar", "toys.ipynb") == row.files
    assert "more.rar is an archive that is not opened; a zip archive is." in row.notes
    assert "more.zip is an archive in an archive; it was left out." in row.notes
    assert "bad.zip is neither a folder nor a zip or tar archive that can be read. It was kept unopened." in row.notes


def tarred(*files, mode="w:gz"):
    """Give the bytes of a tar archive: names or TarInfos with bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


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
    assert ("b.tar.gz", "c.tgz", "toys.ipynb") == row.files
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
    info = zipfile.ZipInfo("Ann_11_assignsubmission_file_/link.pdf", EARLY)
    info.external_attr = (kind | 0o777) << 16
    files = [(info, b"/etc/passwd"), *moodle("Ann", 11, ("toys.ipynb", NOTEBOOK))]
    row = only(collect(course, "toy", packed(tmp_path / "all.zip", files)))
    assert ("link.pdf is a link or a device, no file; it was left out.",) == row.notes[1:]
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
    assert ("toys.ipynb",) == row.files
    assert 2 == sum("looks like an archive bomb" in note for note in row.notes)


def test_caps_on_a_hand_in_leave_the_others(course, tmp_path):
    many = [(f"{i:04}.txt", b"x") for i in range(300)]
    files = moodle("Ann", 11, *many, ("toys.ipynb", NOTEBOOK)) + moodle("Bob", 12, ("toys.ipynb", NOTEBOOK))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files), limits=ArchiveCaps(handin_files=50))
    assert [50, 1] == [len(row.files) for row in rows]
    assert "toys.ipynb" in rows[0].files
    assert "And 232 more of the kind." == rows[0].notes[-1]


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
    assert not {row.action for row in rows} - {Action.UNCHANGED, Action.REFUSED}
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


@given(st.text(), st.text())
def test_group_ids_are_safe_and_differ(one, other):
    assert group_id(one) == group_id(one)
    assert (group_id(one) == group_id(other)) == (one == other)
    assert set(group_id(one)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not group_id(one).startswith((".", "-"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday, 21 April 2020 06:34:13 o'clock BST", datetime(2020, 4, 21, 6, 34, 13)),
        ("Friday, January 5, 2024 4:12:40 PM CET", datetime(2024, 1, 5, 16, 12, 40)),
        ("Donnerstag, 20. Juni 2024 16:12 Uhr MESZ", datetime(2024, 6, 20, 16, 12)),
        ("Thursday, 20 June 2024, 12:05 AM", datetime(2024, 6, 20, 0, 5)),
        ("20.06.2024 16:12", datetime(2024, 6, 20, 16, 12)),
        ("Sunday, 5 May 2024, 12:05 PM", datetime(2024, 5, 5, 12, 5)),
        ("-", None),
        ("31 February 2024 10:00", None),
    ],
)
def test_dates_are_read_as_systems_write_them(text, expected):
    assert expected == spoken_date(text)


@given(st.text())
def test_any_text_is_a_receipt(text):
    assert isinstance(read_receipt(text).comment, bool)
    assert spoken_date(text) is None or isinstance(spoken_date(text) + timedelta(0), datetime)

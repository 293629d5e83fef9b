"""ILIAS' archives: members and teams, and the times of files."""

import struct
import zipfile
from datetime import UTC, datetime

from nbviva.handin.collect import collect, lms_file
from nbviva.handin.people import remembered
from tests.archives import EARLY, LATE, NOTEBOOK, packed, tree


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

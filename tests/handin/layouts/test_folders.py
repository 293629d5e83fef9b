"""Plain folders and archives: which are groups, inside what, and what is not believed of them."""

import pytest

from nbviva.handin.collect import collect
from nbviva.handin.layouts.folders import DISBELIEVED
from tests.archives import NOTEBOOK, inner, only, packed, tree

GROUPS = [("alice/toys.ipynb", NOTEBOOK), ("bob/toys.ipynb", b"other")]


def below(folder, files):
    return [(f"{folder}{name}", data) for name, data in files]


@pytest.mark.parametrize("around", ["", "Abgaben/", "Kurs/Abgaben/", "ML 24/Kurs/Abgaben/"])
@pytest.mark.parametrize("stray", ["", "liste.csv", "Abgaben/liste.csv", "Kurs/Abgaben/liste.csv", "Kurs/read.me"])
def test_groups_are_the_folders_whatever_lies_around_and_beside_them(course, tmp_path, around, stray):
    files = below(around, GROUPS)
    beside = stray and (around.startswith(stray.rpartition("/")[0]) or "/" not in stray)
    if beside:
        files.append((stray, b"x"))
    rows = collect(course, "toy", packed(tmp_path / "w.zip", files))
    assert [("alice", ("toys.ipynb",)), ("bob", ("toys.ipynb",))] == [(r.group, r.files) for r in rows if r.group]
    assert f"The folder '{around}alice' was taken for a group." in rows[0].notes
    told = [note for row in rows if not row.group for note in row.notes]
    name = stray.rpartition("/")[2]
    assert ([f"{name}: the name says not whose it is; it was left where it is."] if beside else []) == told


@pytest.mark.parametrize(
    ("files", "groups"),
    [
        (["alice/Abgabe/toys.ipynb", "bob/toys.ipynb"], ["alice", "bob"]),
        (["alice/data/x.csv", "alice/toys.ipynb"], ["alice"]),
        (["alice/Abgabe/toys.ipynb"], ["alice"]),
        (["alice/toy/toys.ipynb", "alice/toy/data/x.csv"], ["alice"]),
        (["submitted/alice/toy/toys.ipynb"], ["alice"]),
        (["alice.zip", "bob.zip"], ["alice", "bob"]),
        (["Abgaben/alice.zip", "Abgaben/bob.zip"], ["Abgaben"]),
        (["alice/toys.ipynb", "bob.zip"], ["alice"]),
        (["inbound/x.ipynb", "alice/toys.ipynb"], ["alice", "inbound"]),
        (["eve/inbound/ann+toy+2024-01-05 14:12:40 UTC/toys.ipynb", "bob/toys.ipynb"], ["bob", "eve"]),
    ],
)
def test_folder_is_a_group_or_lies_around_groups(course, tmp_path, files, groups):
    packed_up = inner(("toys.ipynb", NOTEBOOK))
    source = packed(tmp_path / "all.zip", [(n, packed_up if n.endswith("zip") else NOTEBOOK) for n in files])
    assert groups == sorted(row.group for row in collect(course, "toy", source) if row.group)


def test_names_of_the_roster_are_groups_even_where_one_handed_in(course, tmp_path):
    (course.root / "roster.csv").write_text("number,login,group\n1234567,ann,g1\n")
    source = packed(tmp_path / "all.zip", [("Abgaben/g1/toys.ipynb", NOTEBOOK)])
    assert "g1" == only(collect(course, "toy", source)).group


def test_students_own_timestamp_is_no_time(course, tmp_path):
    files = [*GROUPS, ("alice/timestamp.txt", b"2024-01-02 20:00:00 UTC")]
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [None, None] == [row.handed_in for row in rows]
    assert DISBELIEVED in rows[0].notes
    assert {"toys.ipynb", "timestamp (2).txt"} == set(tree(course.submitted("toy", "alice")))


def test_week_folder_with_a_timestamp_in_one_hand_in_alone_is_not_nbgraders(course, tmp_path):
    files = [(f"{group}/toy/toys.ipynb", NOTEBOOK) for group in ("ann", "eve")]
    files.append(("eve/toy/timestamp.txt", b"2024-01-02 20:00:00 UTC"))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [None, None] == [row.handed_in for row in rows]


def test_nbgraders_own_folders_have_their_times_and_weeks(course, tmp_path):
    files = []
    for group in ("alice", "bob"):
        files += [(f"{group}/toy/toys.ipynb", NOTEBOOK), (f"{group}/toy/timestamp.txt", b"2024-01-08 20:00:00 UTC")]
    files.append(("alice/week12/other.ipynb", b"of another week"))
    rows = collect(course, "toy", packed(tmp_path / "all.zip", files))
    assert [("alice", 20, ("toys.ipynb",)), ("bob", 20, ("toys.ipynb",))] == [
        (row.group, row.handed_in.hour, row.files) for row in rows
    ]


def test_times_of_files_are_not_believed(course, tmp_path):
    files = [
        ("alice/toys.ipynb", (NOTEBOOK, (2024, 1, 5, 10, 0, 0))),
        ("bob/toys.ipynb", (NOTEBOOK, (2024, 1, 9, 10, 0, 0))),
    ]
    assert {None} == {row.handed_in for row in collect(course, "toy", packed(tmp_path / "all.zip", files))}


def test_list_of_names_and_times_tells_when(course, tmp_path):
    (tmp_path / "times.csv").write_text("sep=;\nGroup;Handed in\nalice;08.01.2024 21:00\nbob;2024-01-08T19:00Z\n")
    rows = collect(course, "toy", packed(tmp_path / "all.zip", GROUPS), tmp_path / "times.csv")
    assert {"alice": 20, "bob": 19} == {row.group: row.handed_in.hour for row in rows}


def test_plain_folders_that_look_like_ilias_stay_apart(course, tmp_path):
    files = [(f"week_eleven_group_{i}/toys.ipynb", NOTEBOOK) for i in range(10, 15)]
    assert 5 == len({row.group for row in collect(course, "toy", packed(tmp_path / "all.zip", files))})

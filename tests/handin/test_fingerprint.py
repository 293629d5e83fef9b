"""The fingerprint of a hand-in is the same for the group and for who marks."""

from nbviva.handin.collect import collect, fingerprints
from nbviva.handin.door import open_handin


def test_collect_shows_the_fingerprint_that_the_group_saw(new_course, hand_in, tmp_path):
    theirs, ours = new_course(), new_course()
    hand_in(theirs, "ann")
    seen = open_handin(theirs, theirs.week("toy"), "ann").fingerprint
    folder = tmp_path / "all" / "ann" / "some folder"
    folder.parent.mkdir(parents=True)
    theirs.submitted("toy", "ann").rename(folder)
    rows = collect(ours, "toy", tmp_path / "all")
    assert {"ann": seen} == fingerprints(ours, "toy", rows)
    assert {} == fingerprints(ours, "toy", collect(ours, "toy", tmp_path / "all"))  # nothing new

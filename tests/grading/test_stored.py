"""Reports on disk: taken again while nothing has changed, made anew when anything has, and never taken in part."""

import shutil
from pathlib import Path

import pytest

from nbviva import files
from nbviva.grading import reports, stored
from nbviva.grading.reports import fresh_groups, is_spoilt, shared, stored_report, stored_transcript
from nbviva.grading.stored import graded, save, submission
from nbviva.grading.submission import Graded


@pytest.fixture
def graded_once(course, hand_in, room):
    """A course with one stored report, of a hand-in that needs no kernel."""
    hand_in(course, "g", raw=b"no notebook")
    return course, graded(course, "toy", "g", room=room)[0]


def digest(course, room):
    """Give the digest that a report of the group would have now."""
    return submission(course, "toy", "g", room).digest


def test_report_is_reused_while_nothing_changed(graded_once, room, monkeypatch):
    """The second time nothing is graded, and what is stored is given."""
    course, report = graded_once
    monkeypatch.setattr(stored, "grade", None)
    again, notebook = graded(course, "toy", "g", room=room)
    assert (report, report.seconds) == (again, again.seconds)
    assert len(notebook.cells) > 0
    with pytest.raises(TypeError):
        graded(course, "toy", "g", room=room, again=True)


def test_every_cause_of_a_mark_changes_the_digest(graded_once, room, monkeypatch):
    """Hand-in, its names of files, week, released data, secret, group and sandbox each make a report stale."""
    course, report = graded_once
    seen = [report.digest]
    assert digest(course, room) == report.digest
    handin = course.submitted("toy", "g")
    checks = course.root / "graders/toy/checks.py"
    data = course.source("toy") / "data"
    data.mkdir()
    for change in (
        lambda: (handin / "toys.ipynb").write_bytes(b"no notebook."),
        lambda: (handin / "toys.ipynb").rename(handin / "mine.ipynb"),
        lambda: (handin / "helper.py").write_text("", "utf-8"),
        lambda: checks.write_text(checks.read_text("utf-8") + "\n", "utf-8"),
        lambda: (data / "toys.csv").write_text("1", "utf-8"),
        lambda: monkeypatch.setenv("NBVIVA_SECRET", "another"),
    ):
        change()
        seen.append(digest(course, room))
    shutil.copytree(handin, course.submitted("toy", "h"))
    seen.append(submission(course, "toy", "h", room).digest)
    assert len(set(seen)) == len(seen)


def test_what_changes_while_a_batch_runs_makes_its_reports_stale(course, hand_in, room):
    """All of a batch is told by what was there when it began, which is read once."""
    hand_in(course, "g", raw=b"no notebook")
    common = shared(course, "toy", room)
    with (course.folder("toy") / "checks.py").open("a") as file:
        file.write("# changed meanwhile\n")
    stored.grade_anew(stored.one_of(course, "toy", "g", common), course.report("toy", "g"))
    assert {"g"} == fresh_groups(course, "toy", ["g"], common)
    assert set() == fresh_groups(course, "toy", ["g"], shared(course, "toy", room))


def test_caches_do_not_change_the_digest(graded_once, room):
    """Compiled files are not part of a week."""
    course, report = graded_once
    cache = course.root / "graders/toy/__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "x.pyc").write_bytes(b"1")
    assert digest(course, room) == report.digest


def test_stale_report_is_made_anew(graded_once, hand_in, room):
    """A changed hand-in is graded again, and the new report is stored."""
    course, report = graded_once
    hand_in(course, "g", raw=b'{"cells": 3}')
    again, _ = graded(course, "toy", "g", room=room)
    assert again.digest != report.digest
    assert "it has no list of cells" in again.doubts[0].sentence
    assert stored_report(course.report("toy", "g")) == again


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"points": null', '"points": 99'), ('"points": null', '"points": 0'), ('"points": null', '"points": "many"'),
        ('"detail": "', '"detail": 5, "x": "'), ('"group": "g"', '"group": "h"'), ('"seal": "', '"seal": "0'),
    ],
)  # fmt: skip
def test_report_that_somebody_has_changed_is_not_believed(graded_once, old, new):
    """Whatever was changed in it, and whatever its types are now."""
    course, _ = graded_once
    path = course.report("toy", "g") / "report.json"
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert stored_report(path.parent) is None


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(path.read_bytes() + b" "), Path.unlink])
def test_report_whose_notebook_was_changed_is_not_fresh(graded_once, room, change):
    """It is graded anew, and fresh again."""
    course, report = graded_once
    path = course.report("toy", "g") / "notebook.ipynb"
    assert {"g"} == fresh_groups(course, "toy", ["g"], shared(course, "toy", room))
    change(path)
    assert (set(), True) == (fresh_groups(course, "toy", ["g"], shared(course, "toy", room)), is_spoilt(path.parent))
    assert report == graded(course, "toy", "g", room=room)[0]
    assert {"g"} == fresh_groups(course, "toy", ["g"], shared(course, "toy", room))


def test_report_of_another_group_is_not_believed(graded_once):
    course, _ = graded_once
    shutil.copytree(course.report("toy", "g"), course.report("toy", "h"))
    assert stored_report(course.report("toy", "h")) is None
    assert b"" == stored_transcript(course.report("toy", "h"))


def test_folder_in_the_place_of_a_report_gives_way(graded_once, room):
    course, _ = graded_once
    (course.report("toy", "g") / "report.json").unlink()
    (course.report("toy", "g") / "report.json").mkdir()
    assert stored_report(course.report("toy", "g")) is None
    again, _ = graded(course, "toy", "g", room=room)
    assert again == stored_report(course.report("toy", "g"))


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "3", '{"verdicts": []}', None])
def test_half_a_report_is_not_taken(graded_once, room, text):
    """A damaged report counts as none and is written again."""
    course, report = graded_once
    path = course.report("toy", "g") / "report.json"
    whole = path.read_text("utf-8")
    path.write_text(whole[: len(whole) // 2] if text is None else text, "utf-8")
    assert stored_report(path.parent) is None
    assert graded(course, "toy", "g", room=room)[0] == report
    assert stored_report(path.parent) == report


def test_report_that_is_no_text_is_not_taken(graded_once):
    """Bytes that are no UTF-8 count as no report."""
    course, _ = graded_once
    path = course.report("toy", "g") / "report.json"
    path.write_bytes(b"\xff\xfe")
    assert stored_report(path.parent) is None


def test_report_is_written_after_its_notebook(graded_once, tmp_path, monkeypatch):
    """Killed between the two files, there is no report; and no temporary file is taken for one."""
    course, report = graded_once
    _, notebook = graded(course, "toy", "g")
    written = []
    for module in (files, stored, reports):
        monkeypatch.setattr(module, "write", lambda path, _text: written.append(path.name))
    save(tmp_path / "new", Graded(report, notebook, b""))
    assert written == ["transcript", "notebook.ipynb", "report.json"]


def test_report_without_its_notebook_is_made_anew(graded_once, room):
    """A stored report whose notebook was deleted is graded again."""
    course, report = graded_once
    (course.report("toy", "g") / "notebook.ipynb").unlink()
    again, notebook = graded(course, "toy", "g", room=room)
    assert again == report
    assert notebook.cells


def test_nothing_but_the_three_files_is_left(graded_once):
    """No temporary file stays in the folder of a report."""
    course, _ = graded_once
    assert sorted(path.name for path in course.report("toy", "g").iterdir()) == [
        "notebook.ipynb",
        "report.json",
        "transcript",
    ]

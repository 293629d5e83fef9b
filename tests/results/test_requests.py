"""Regrade requests: what files say, what cannot be placed, and the page that has each beside its audit."""

import pytest

from nbviva.errors import CourseError
from nbviva.results.requestpage import write_requests
from nbviva.results.requests import Decision, folder_of, gather, keep_decision, now, take_in
from tests.classroom import classroom

ONE = "week: toy\ngroup: g01\nquestion: 1.2\nwhy: Half of seven\nis 3.5, see my cell."


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    return classroom(tmp_path_factory.mktemp("class") / "course", 3)


@pytest.fixture
def course(graded):
    """The graded course without requests."""
    folder = folder_of(graded, "toy")
    for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
        path.unlink() if path.is_file() else path.rmdir()
    return graded


def put(course, text, name="a.txt"):
    path = folder_of(course, "toy") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def placed(course):
    return [(item.group, item.question.name, item.why) for item in gather(course, "toy").found]


def test_request_has_group_question_and_all_lines_of_its_reason(course):
    put(course, ONE)
    assert [("g01", "half", "Half of seven\nis 3.5, see my cell.")] == placed(course)


def test_several_requests_of_a_file_share_its_group(course):
    put(course, f"Dear all,\n{ONE}\n\nquestion: Doubling\nwhy: So is this.\nquestion: colour\ngroup: g02\nwhy: Red.")
    assert [
        ("g01", "double", "So is this."),
        ("g01", "half", "Half of seven\nis 3.5, see my cell."),
        ("g02", "colour", "Red."),
    ] == placed(course)  # fmt: skip


@pytest.mark.parametrize("said", ["1.2", "1.2 Half of seven", "half of SEVEN", "half", "1.2 the half"])
def test_question_is_named_by_number_title_or_both(course, said):
    put(course, f"group: g01\nquestion: {said}\nwhy: x")
    assert [("g01", "half", "x")] == placed(course)


def test_saved_mail_is_read_and_what_it_quotes(course):
    quoted = ONE.replace("\n", "\n> ")
    put(course, f"From: ann@example.org\nSubject: toy\nContent-Type: text/plain; charset=utf-8\n\n> {quoted}", "b.eml")
    assert [("g01", "half")] == [item[:2] for item in placed(course)]


@pytest.mark.parametrize(
    "mail", ["", "\x00", "Content-Type: text/plain; charset=none-such\n\nquestion: 1.2", "Content-Type: x\n\ny"]
)
def test_mail_that_cannot_be_read_is_told_and_costs_no_other(course, mail):
    put(course, mail, "b.eml")
    put(course, ONE)
    assert (["half"], ["b.eml"]) == (
        [item[1] for item in placed(course)], [item.file for item in gather(course, "toy").unplaced]
    )  # fmt: skip


def test_folder_of_a_group_tells_whose_it_is(course):
    put(course, "question: 1.2\nwhy: Look.", "g02/regrade.txt")
    assert [("g02", "half", "Look.")] == placed(course)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Please look again.", "It has no line 'question: ...'."),
        ("group: g01\nquestion: 9.9", "There is no question '9.9'."),
        ("group: nobody\nquestion: 1.2", "It names no group that handed in: 'nobody'."),
        ("week: week9\ngroup: g01\nquestion: 1.2", "It is about 'week9', and not about toy."),
    ],
)
def test_what_cannot_be_placed_is_told(course, text, why):
    put(course, text)
    found = gather(course, "toy")
    assert ((), [why]) == (found.found, [item.sentence for item in found.unplaced])


def test_files_are_taken_in_once_and_none_is_overwritten(course, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text(ONE)
    (tmp_path / "in/a.pdf").write_text("no text")
    assert [("a.txt",), ()] == [take_in(course, "toy", tmp_path / "in") for _ in range(2)]
    (tmp_path / "in/a.txt").write_text(ONE.replace("1.2", "1.3"))
    take_in(course, "toy", tmp_path / "in")
    assert ["half", "colour"] == [item.question.name for item in gather(course, "toy").found]
    with pytest.raises(CourseError, match="There is no"):
        take_in(course, "toy", tmp_path / "nothing")


def test_decided_requests_come_last_and_stay_decided(course):
    put(course, f"{ONE}\nquestion: colour\nwhy: Red.")
    first = gather(course, "toy").found[0]
    keep_decision(course, "toy", first.name, Decision(0.0, 3.0, "It is right.", now()))
    found = gather(course, "toy")
    assert ["colour", "half"] == [item.question.name for item in found.found]
    assert [None, "It is right."] == [item.decision and item.decision.because for item in found.found]
    assert ["colour"] == [item.question.name for item in found.open]


def test_page_has_each_request_beside_what_was_asked_and_nothing_of_it_is_markup(course):
    put(course, ONE.replace("Half of seven", "<script>alert(1)</script>"))
    path, found = write_requests(course, "toy")
    page = path.read_text("utf-8")
    assert ("requests/toy/index.html", 0o600) == (path.relative_to(course.root).as_posix(), path.stat().st_mode & 0o777)
    assert ["half_of_seven"] == [section.name.split()[0] for section in found[0].sections]
    assert "half_of_seven" in page
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f"--decide {found[0].request.name} --points 3" in page
    assert "../../reports/toy/g01/audit.html#question-half" in page

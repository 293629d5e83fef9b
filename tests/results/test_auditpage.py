"""The audit as a page: by question, what was cut stays cut, nothing runs, and it is written anew when its report is."""

from nbviva.grading.audit import Asked, Audit, Section
from nbviva.results.auditpage import audit_page, audit_path, write_audit
from tests.classroom import classroom
from tests.stored_reports import change_report

EVIL = '<script>alert(1)</script><img src="https://example.org/x">'
FAILED = Section(
    "half_of_seven (1.2 Half)", "Half of `seven` is right.", (Asked("read answer_half", EVIL, 0.25, 60.0),), "failed",
    "Your answer: 4.", "1.2 Half", "half",
)  # fmt: skip
PASSED = Section("double_doubles (1.1 Doubling)", "It doubles.", (), "passed", "", "1.1 Doubling", "double")
FIXTURE = Section("examined_total", "asked for total_is_supported", (Asked("double(3)", "6", 0.1, 60.0),))


def test_every_question_tells_rule_asked_answered_and_measured():
    page = audit_page("Toy week", Audit("ada", ("Kept in: bubblewrap.",), (FIXTURE, PASSED, FAILED)))
    places = [page.index(words) for words in ('id="question-double"', 'id="question-half"', "examined_total")]
    assert sorted(places) == places
    for words in (
        "Half of <code>seven</code> is right.",
        "read answer_half",
        "0.250 of 60",
        "Your answer: 4.",
        "Kept in",
    ):
        assert words in page
    assert '<a href="#question-half">1.2 Half ✗</a>' in page


def test_what_failed_is_open_and_nothing_of_a_hand_in_is_markup():
    page = audit_page("Toy week", Audit(EVIL, (EVIL,), (FAILED, FIXTURE)))
    assert 1 == page.count("<details open>")
    assert 1 == page.count("<details>")
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page


def test_page_is_its_owners_alone_and_written_anew_when_the_report_is(tmp_path):
    course = classroom(tmp_path / "course", 3)
    path = write_audit(course, "toy", "g02")
    assert (audit_path(course, "toy", "g02"), 0o600) == (path, path.stat().st_mode & 0o777)
    before = path.stat().st_mtime_ns
    assert before == write_audit(course, "toy", "g02").stat().st_mtime_ns
    change_report(path.parent, "Half of seven is right.", "Half of eight is right.")
    assert "Half of eight is right." in write_audit(course, "toy", "g02").read_text("utf-8")

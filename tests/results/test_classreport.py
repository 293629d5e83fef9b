"""The class report's data on a class of sixty synthetic hand-ins: faults first, right counts, nobody named."""

import html
import re
from dataclasses import replace

import pytest

from nbviva.errors import CourseError
from nbviva.grading.reports import keep_report
from nbviva.grading.times import shares
from nbviva.grading.verdict import Mark, Outcome, Report, Verdict
from nbviva.handin.doubt import Doubt
from nbviva.naming import natural_order
from nbviva.results.auditpage import write_audits
from nbviva.results.charts import script
from nbviva.results.classreport import class_report, without_names
from nbviva.results.faults import FaultKind, counts
from nbviva.results.page import _number, page, write_page
from nbviva.results.statistics import distributions, keep, known
from nbviva.results.walk import StopKind
from nbviva.results.wrong import sheet_answers, wrong_answers
from nbviva.secret import secret_of
from nbviva.week.declare import Value
from nbviva.week.spec import read_assignment
from tests.classroom import classroom


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return classroom(tmp_path_factory.mktemp("class") / "course")


@pytest.fixture(scope="module")
def report(course):
    return class_report(course, "toy")


def ours(report):
    """The page without Vega and without digests of scripts."""
    text = page(report).replace(script(), "")
    return re.sub(r"sha256-[\w+/=]+", "", text)


def with_values(group, *values):
    return Report("toy", group, "d", "s", (Verdict("c", "double", Outcome.PASSED, "s", values=values),), ())


def test_our_own_faults_come_first(report):
    assert [
        FaultKind.ERROR,
        FaultKind.UNMARKED,
        FaultKind.DEAD,
        FaultKind.UNREAD,
        FaultKind.FLAGGED,
        FaultKind.DIFFERS,
        FaultKind.LATE,
    ] == [kind for kind, _ in counts(report.faults)]


def test_the_page_says_where_time_went(report):
    """Waiting for a worker is told, and is no share of what was spent."""
    times = [{"waited": 5.0, "started": 1.0, "ran": 2.0, "asked": 5.0, "recorded": 2.0}, {"total": 3.0}]
    found = shares(replace(with_values("a"), seconds=seconds) for seconds in times)
    text = " ".join(ours(replace(report, times=found)).split())
    assert '<tr><td>its notebook ran</td><td class="n">2.0</td><td class="n">2</td><td class="n">20 %</td></tr>' in text
    assert '<td>waited for a worker</td><td class="n">5.0</td><td class="n">5</td><td class="n">-</td>' in text
    assert "where time went" not in ours(replace(report, times=()))


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        (FaultKind.ERROR, "g03"), (FaultKind.DEAD, "g06"), (FaultKind.UNREAD, "g12"), (FaultKind.DIFFERS, "g15"),
        (FaultKind.UNMARKED, "g18"),
    ],
)  # fmt: skip
def test_each_fault_names_its_hand_in(report, kind, group):
    assert [group] == [fault.group for fault in report.faults if fault.kind is kind]


def test_late_hand_ins_are_told_with_their_minutes(report):
    late = {handin.group: handin.late_minutes for handin in report.handins if handin.late_minutes}
    told = {fault.group: fault.sentence for fault in report.faults if fault.kind is FaultKind.LATE}
    assert {group: f"{minutes} minutes after its deadline." for group, minutes in late.items()} == told


def test_a_doubt_is_for_a_person_also_where_it_is_in_doubt_whose_the_hand_in_is(new_course, hand_in, fill_in):
    course = new_course()
    asked = course.week("toy").assignment.questions
    for group in ("g1", "g2"):
        hand_in(course, group)
        fill_in(course, group, member_1_name="Cleo Late", member_1_number="3000001")
        folder = course.report("toy", group)
        folder.mkdir(parents=True)
        marks = tuple(Mark(q.name, q.number, q.title, q.points, q.points, q.bonus, Outcome.PASSED) for q in asked)
        if group == "g1":
            marks = (replace(marks[0], points=None, outcome=Outcome.PERSON, provisional=2.0), *marks[1:])
        doubts = (Doubt("Two sheets differ.", (asked[0].name,)),)
        keep_report(folder, Report("toy", group, "d", "s", (), marks, doubts=doubts))
    found = class_report(course, "toy").faults
    whose = "Whose it is, is in doubt: the student is named in several hand-ins."
    assert {"Two sheets differ.", whose} == {f.sentence for f in found if (f.kind, f.group) == (FaultKind.PERSON, "g1")}
    assert {whose} == {f.sentence for f in found if (f.kind, f.group) == (FaultKind.PERSON, "g2")}  # it is decided


def test_every_hand_in_has_a_row(course, report):
    assert course.groups("toy") == sorted(handin.group for handin in report.handins)
    assert {"g01": ("Ann Müller", "Bob Stone")}.items() <= {item.group: item.people for item in report.handins}.items()


def test_hand_ins_that_need_a_person_come_first(report):
    statuses = [handin.status for handin in report.handins]
    assert "needs a person" in statuses
    assert sorted(statuses, key=lambda status: status != "needs a person") == statuses


def test_mutants_are_recognised(report):
    assert {"Squares instead of doubling."} == {wrong.like for wrong in report.wrong if wrong.like}


def test_frequent_wrong_answers_come_first(report):
    sizes = [len(wrong.groups) for wrong in report.wrong]
    assert sorted(sizes, reverse=True) == sizes


def test_answers_on_the_sheet_are_counted(report):
    half = next(answers for answers in report.answers if answers.check == "half_of_seven")
    assert {"3.5": True, "4": False, "3.2": False, "14": False} == {
        given.text: given.right for given in half.given if not given.text.startswith("No answer")
    }


def test_copied_hand_ins_are_pointed_at(report):
    assert [("g07", "g23")] == [(pair.first, pair.second) for pair in report.similar]


def test_values_are_one_distribution_a_name_with_their_bound():
    reports = [with_values(f"g{i}", Value("auc", 0.7 + i / 10, 0.75), Value("n", float("inf"))) for i in range(3)]
    found, curves = distributions(reports, {"auc": 0.95})
    assert [("auc", 0.75, 0.95, 3, 0), ("n", None, None, 0, 3)] == [
        (item.name, item.bound, item.reference, len(item.numbers), item.infinite) for item in found
    ]
    assert () == curves


def test_value_of_the_week_s_own_solution_is_drawn_once_it_is_known(course):
    keep(course, "toy", {"score": 0.875, "size": float("nan")})
    found = class_report(course, "toy")
    assert {"score": 0.875, "size": None} == {item.name: item.reference for item in found.distributions}
    assert "Our own solution: 0.875." in page(found)
    (course.root / ".nbviva/reference/toy.json").write_text("[")
    assert {} == known(course, "toy")


def test_names_with_a_setting_are_points_of_a_curve():
    found, curves = distributions([with_values("g1", Value("auc[12]", 0.8), Value("auc[4]", 0.6, 0.75))])
    assert ((), ("auc", 0.75, (("g1", ((4.0, 0.6), (12.0, 0.8))),))) == (
        found, (curves[0].name, curves[0].bound, curves[0].curves)
    )  # fmt: skip


def test_numbers_that_differ_by_group_do_not_split_a_wrong_answer(course):
    assignment = read_assignment(course.root / "graders/toy")
    told = [f"`double(x)` is {x}, not {2 * x}." for x in (1.5, -2.0)]
    reports = [
        Report("toy", f"g{i}", "d", "s", (Verdict("c", "double", Outcome.FAILED, "s", detail),), ())
        for i, detail in enumerate(told)
    ]
    assert [("g0", "g1")] == [wrong.groups for wrong in wrong_answers(assignment, reports, {})]
    assert () == sheet_answers(assignment, reports)


def test_anonymous_report_names_nobody(course, report):
    hidden = without_names(report, secret_of(course.root))
    text = ours(hidden)
    words = set(re.findall(r"\w+", text))
    roster = (course.root / "roster.csv").read_text("utf-8").replace("\n", ",").split(",")[4:]
    assert [] == [name for name in {*roster, *course.groups("toy")} if name in words or (" " in name and name in text)]
    assert "feedback/" not in text
    assert set() == set(course.groups("toy")) & set(re.findall(r"\w+", repr(hidden)))


def test_pseudonyms_are_stable_and_need_the_secret(course, report):
    once, again = (without_names(report, secret_of(course.root)) for _ in range(2))
    assert once == again
    assert not {h.group for h in once.handins} & {h.group for h in without_names(report, b"another").handins}


def test_anonymous_report_keeps_every_number(course, report):
    hidden = without_names(report, secret_of(course.root))
    assert sorted(h.total or 0 for h in report.handins) == sorted(h.total or 0 for h in hidden.handins)
    assert report.items == hidden.items
    assert [len(wrong.groups) for wrong in report.wrong] == [len(wrong.groups) for wrong in hidden.wrong]


def test_page_is_its_owners_alone(course, report):
    path = write_page(course, report)
    assert ("reports/toy/index.html", 0o600) == (
        path.relative_to(course.root).as_posix(), path.stat().st_mode & 0o777
    )  # fmt: skip


def test_page_shows_no_markup_of_a_hand_in(report):
    evil = "</script><script>alert(1)</script><img src=x>"
    fault = report.faults[0].__class__(FaultKind.FLAGGED, evil, evil)
    handin = report.handins[0].__class__(**{**vars(report.handins[0]), "group": evil, "people": (evil,)})
    text = ours(report.__class__(**{**vars(report), "faults": (fault,), "handins": (handin,)}))
    assert evil not in text
    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text


def test_page_asks_for_no_other_file(report):
    text = html.unescape(ours(report))
    assert "default-src 'none'" in text
    assert "unsafe-eval" not in text
    assert [] == re.findall(r"https?:[^'\"<> ]*", text)


def test_week_without_hand_ins_is_one_sentence(course, tmp_path):
    from tests.classroom import toy_course

    with pytest.raises(CourseError, match="Nothing was handed in"):
        class_report(toy_course(tmp_path / "empty"), "toy")


def test_way_through_a_question_begins_with_missing_marks_and_goes_from_one_wrong_answer_to_the_next(report):
    colour = next(walk for walk in report.walks if walk.name == "colour")
    order = list(StopKind)
    kinds = [order.index(stop.kind) for stop in colour.stops]
    assert (60, sorted(kinds)) == (len(colour.stops), kinds)
    assert {"g03", "g18"} == {stop.group for stop in colour.stops if stop.kind is StopKind.UNMARKED}
    double = next(walk for walk in report.walks if walk.name == "double")
    wrong = [(stop.cluster, stop.size) for stop in double.stops if stop.kind is StopKind.WRONG]
    assert sorted(wrong, key=lambda item: item[0]) == wrong
    assert all(size == sum(cluster == own for cluster, _ in wrong) for own, size in wrong)
    assert sorted({size for _, size in wrong}, reverse=True) == list(dict.fromkeys(size for _, size in wrong))
    assert "Squares instead of doubling." in {stop.like for stop in double.stops}


def test_hand_ins_in_which_nothing_was_written_are_one_line_and_no_wrong_answers(report):
    assert ("g27", "g32") == report.blank
    answered = [group for answers in report.answers for given in answers.given for group in given.groups]
    failed = [group for wrong in report.wrong for group in wrong.groups]
    assert set() == {"g27", "g32"} & {*answered, *failed}
    assert "Nothing was written in 2 hand-ins" in ours(report)


def test_way_of_the_anonymous_report_has_neither_names_nor_their_order(course, report):
    hidden = without_names(report, secret_of(course.root))
    for walk in hidden.walks:
        alike = [stop.group for stop in walk.stops if stop.kind is StopKind.PASSED]
        assert sorted(alike, key=natural_order) == alike
    personal = replace(report.walks[0].stops[0], told="ann.ipynb", personal=True)
    told = replace(report, walks=(replace(report.walks[0], stops=(personal,)),))
    assert "ann.ipynb" not in repr(without_names(told, b"secret"))


def test_sentence_on_several_hand_ins_is_said_once(report):
    fault = report.faults[0].__class__(FaultKind.FLAGGED, "g01", "The same for both.")
    text = ours(replace(report, faults=(fault, replace(fault, group="g02"))))
    assert 1 == text.count("The same for both.")
    assert "<strong>2 hand-ins:</strong>" in text


@pytest.mark.parametrize(
    ("number", "digits", "said"), [(1234.5, 3, "1230"), (0.1234, 3, "0.123"), (123_456.0, 2, "120000"), (None, 3, "-")]
)
def test_large_numbers_are_told_without_exponents(number, digits, said):
    assert said == _number(number, digits)


def test_hand_in_leads_to_its_audit_where_that_was_written(tmp_path):
    course = classroom(tmp_path / "course", 3)
    write_audits(course, "toy", ["g01"])
    found = {handin.group: handin.audit for handin in class_report(course, "toy").handins}
    assert {"g01": "g01/audit.html", "g02": "", "g03": ""} == found

"""The marks list: one row a student, right sums, and no formulas."""

import csv
import os
import stat
import sys
from pathlib import Path

import nbformat
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from nbviva.grading.reports import keep_report
from nbviva.grading.verdict import Mark, Outcome, Report
from nbviva.handin.collect import lms_file
from nbviva.handin.people import Person, remember
from nbviva.listing import safe_text
from nbviva.results.export import export
from nbviva.results.marks import rows

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's add_submission gives them

ROSTER = (
    "matriculation number,name,e-mail,login,group\n1000004,Ann Müller,ann@x.org,annm,g1\n"
    "2000008,Bob Stone,bob@x.org,bobs,g1\n3000001,Cleo Late,cleo@x.org,cleo,\n4000005,=1+1,dan@x.org,dan,\n"
)
POINTS = {"double": 2.0, "half": 3.0, "colour": 1.0, "total": 0.0}


@pytest.fixture(autouse=True)
def alembic_in_path(monkeypatch):
    """nbgrader calls alembic through PATH when it makes a gradebook."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def report(course, group, **changed):
    """Store a report with these points."""
    week = course.week("toy").assignment
    marks = tuple(
        Mark(q.name, q.number, q.title, {**POINTS, **changed}[q.name], q.points, q.bonus, Outcome.PASSED)
        for q in week.questions
    )
    folder = course.report("toy", group)
    folder.mkdir(parents=True)
    keep_report(folder, Report("toy", group, "d", "s", (), marks))


@pytest.fixture
def marked(course, hand_in, fill_in):
    """Three groups: g1 with two members of the roster, g2 late, and g3 that a person has to decide about."""
    for group, stamp in (("g1", "2024-01-08 19:00:00 UTC"), ("g2", "2024-01-08 20:30:00 UTC"), ("g3", "")):
        path = hand_in(course, group)
        if stamp:
            (path.parent / "timestamp.txt").write_text(stamp)
        report(course, group, **({"half": None} if group == "g3" else {}))
    fill_in(course, "g2", member_1_name="Cleo Late", member_1_number="3000001")
    (course.root / "roster.csv").write_text(ROSTER, "utf-8")
    return course


def book(course, group, **scores):
    """Put marks into the gradebook: automatic ones, or (automatic, manual)."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment("toy")
        gradebook.update_or_create_notebook("toys", "toy")
        for name in scores:
            top = 0 if name == "colour" else 3
            gradebook.update_or_create_grade_cell(name, "toys", "toy", max_score=top, cell_type="code")
        gradebook.update_or_create_student(group)
        submission = gradebook.update_or_create_submission("toy", group)
        for grade in submission.notebooks[0].grades:
            auto, manual = scores[grade.name] if isinstance(scores[grade.name], tuple) else (scores[grade.name], None)
            grade.auto_score, grade.manual_score = auto, manual
            grade.needs_manual_grade = auto is None and manual is None
        gradebook.db.commit()


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_groups_are_fanned_out_and_absent_students_listed(marked, tmp_path):
    paths = export(marked, "toy", tmp_path).files
    found = table(paths[0])
    assert [
        ("g1", "Ann Müller", "marked"), ("g1", "Bob Stone", "marked"), ("g2", "Cleo Late", "marked"),
        ("g3", "", "needs a person"), ("", "'=1+1", "not handed in"),
    ] == [(row["group"], row["name"], row["status"]) for row in found]  # fmt: skip


def test_points_are_those_of_the_sheets_numbers_and_extra_points_apart(marked, tmp_path):
    row = table(export(marked, "toy", tmp_path).files[0])[0]
    assert ["2", "3", "1", "0"] == [row[name] for name in ("1.1", "1.2", "1.3 extra", "1.4")]
    assert ("5", "6", "1", "0", "0", "6") == tuple(
        row[name] for name in ("points", "maximum", "extra points", "late minutes", "penalty", "total")
    )
    assert "reports/toy/g1/report.json" == row["report"]


def test_late_minutes_cost_what_the_rule_says(marked):
    path = marked.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text() + '\n[late]\npolicy = "per_hour"\npoints = 0.5\n')
    late = next(row for row in rows(marked, "toy") if row.group == "g2")
    assert (90, 1.0, 5.0) == (late.late_minutes, late.penalty, late.total)
    (marked.root / "extensions.csv").write_text("group,week,due\ng2,toy,60\n")
    late = next(row for row in rows(marked, "toy") if row.group == "g2")
    assert (30, 0.5, 5.5) == (late.late_minutes, late.penalty, late.total)


def test_gradebook_wins_over_the_report_and_manual_marks_over_all(marked):
    book(marked, "g1", double=1.0, half=(0.0, 2.5), colour=1.0, total=1.0)
    first = rows(marked, "toy")[0]
    assert (("1.1", 1.0), ("1.2", 2.5), ("1.3 extra", 1.0), ("1.4", 1.0)) == first.questions
    assert (4.5, 1.0, 5.5, "marked") == (first.points, first.extra, first.total, first.status)


def test_missing_mark_needs_a_person(marked):
    book(marked, "g1", double=1.0, half=None, colour=1.0, total=1.0)
    first = rows(marked, "toy")[0]
    assert ("needs a person", None) == (first.status, dict(first.questions)["1.2"])


def test_hand_in_without_marks_is_not_marked_yet(marked, hand_in):
    hand_in(marked, "g4")
    row = next(row for row in rows(marked, "toy") if row.group == "g4")
    assert ("not marked yet", None, None) == (row.status, row.points, row.total)


def test_header_cell_names_members(marked, hand_in, solved):
    hand_in(marked, "g3", raw=header(solved, marked, "Name: Cleo Late Matriculation no.: 3000001"))
    assert "cleo" in [row.person.login for row in rows(marked, "toy") if row.group == "g3"]


def test_workbook_has_numbers_as_numbers_and_no_formula(marked, tmp_path):
    sheet = openpyxl.load_workbook(export(marked, "toy", tmp_path).files[1]).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=1+1" in [cell.value for cell in cells]
    assert 2 == sheet["F2"].value


def test_imports_hold_final_marks_only(marked, tmp_path):
    paths = export(marked, "toy", tmp_path).files
    moodle = table(paths[2])
    assert [("1000004", "6", "6")] == [(r["ID number"], r["Grade"], r["Maximum Grade"]) for r in moodle[:1]]
    assert 3 == len(moodle)
    lines = paths[3].read_text("utf-8").splitlines()
    assert ["Username\tToy week [Total Pts: 6 Score]", "annm\t6", "bobs\t6", "cleo\t6"] == lines


def test_student_whom_two_hand_ins_name_is_for_a_person_and_in_no_import(marked, hand_in, fill_in, tmp_path):
    hand_in(marked, "g4")
    report(marked, "g4")
    fill_in(marked, "g4", member_1_name="Cleo Late", member_1_number="3000001")
    found = export(marked, "toy", tmp_path)
    assert ["annm\t6", "bobs\t6"] == found.files[3].read_text("utf-8").splitlines()[1:]
    assert {"needs a person"} == {row["status"] for row in table(found.files[0]) if row["name"] == "Cleo Late"}
    assert "g2: the student is named in several hand-ins." in found.problems


@pytest.mark.parametrize(("half", "logins"), [(3.0, ["annm", "bobs", "cleo"]), (0.0, ["bobs", "cleo"])])
def test_student_whom_the_platform_has_twice_is_imported_where_both_marks_are_one(
    marked, hand_in, tmp_path, half, logins
):
    hand_in(marked, "g4")
    report(marked, "g4", half=half)
    remember(lms_file(marked, "toy"), {"g4": (Person(login="annm"),)})
    lines = export(marked, "toy", tmp_path).files[3].read_text("utf-8").splitlines()
    assert logins == [line.partition("\t")[0] for line in lines[1:]]


def header(solved, course, text):
    """Give the bytes of a solved notebook with these words at its head."""
    notebook = solved(course)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text))
    return nbformat.writes(notebook).encode()


HOSTILE = "\n".join(
    f"Name: {name} Matriculation no.: {number}"
    for name, number in (("Eve", "4000005"), ("Ann Müller", "1000004"), ("Bob Stone", "2000008"), ("Zoe", "5000006"))
)


@pytest.mark.parametrize("roster", [True, False])
def test_claims_of_others_change_no_row_and_bring_nobody_into_the_imports(course, hand_in, solved, tmp_path, roster):
    """A student with 0 points writes the numbers of Ann, Bob and Zoe into the header of her notebook."""
    people = {"annm": ("Ann Müller", "1000004"), "bobs": ("Bob Stone", "2000008"), "eve": ("Eve", "4000005")}
    if roster:
        lines = [f"{number},{name},{login}" for login, (name, number) in people.items()]
        (course.root / "roster.csv").write_text("\n".join(["number,name,login", *lines, "5000006,Zoe,zoe"]), "utf-8")
    else:
        said = {login: (Person(name, login=login),) for login, (name, _) in people.items()}
        remember(lms_file(course, "toy"), said)
    for login in people:
        hand_in(course, login, raw=header(solved, course, HOSTILE) if login == "eve" else None)
        report(course, login, **(dict.fromkeys(POINTS, 0.0) if login == "eve" else {}))
    found = export(course, "toy", tmp_path)
    assert ["annm\t6", "bobs\t6", "eve\t0"] == found.files[3].read_text("utf-8").splitlines()[1:]
    assert [("annm", "Ann Müller", "6"), ("bobs", "Bob Stone", "6"), ("eve", "Eve", "0")] == [
        (row["group"], row["name"], row["total"]) for row in table(found.files[0]) if row["group"]
    ]
    assert 3 == sum("is no member by platform or roster and does not count" in text for text in found.problems)


def test_canvas_gets_its_own_ids(marked, tmp_path):
    remember(lms_file(marked, "toy"), {"g2": (Person("Cleo Late", lms="Canvas 340934"),)})
    points, *found = table(export(marked, "toy", tmp_path).files[4])
    assert ("    Points Possible", "6") == (points["Student"], points["Toy week"])
    assert {"annm": "", "bobs": "", "cleo": "340934"} == {row["SIS Login ID"]: row["ID"] for row in found}


def test_who_has_nothing_but_a_name_is_in_no_import_and_that_is_said(course, hand_in, solved, tmp_path):
    hand_in(course, "x", raw=header(solved, course, "Name: Ann Doe Matriculation no.:"))
    report(course, "x")
    found = export(course, "toy", tmp_path)
    assert [[], []] == [table(found.files[2]), found.files[3].read_text().splitlines()[1:]]
    assert "x: 'Ann Doe' has no number, login or e-mail, and is left out of the imports" in found.problems[-1]


def test_moodles_participant_is_in_its_worksheet(marked, tmp_path):
    remember(lms_file(marked, "toy"), {"g1": (Person("Ann Müller", lms="Participant 11"), Person("Bob Stone"))})
    rows = table(export(marked, "toy", tmp_path).files[2])
    assert ["Participant 11", "", ""] == [row["Identifier"] for row in rows]
    assert ["annm", "bobs", "cleo"] == [row["Username"] for row in rows]


def test_files_are_their_owners_alone_and_named_by_the_week(marked, tmp_path):
    paths = export(marked, "toy", tmp_path / "new").files
    assert [
        "toy-marks.csv",
        "toy-marks.xlsx",
        "toy-moodle.csv",
        "toy-blackboard.txt",
        "toy-canvas.csv",
        "toy-problems.txt",
    ] == [path.name for path in paths]
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert "g3: nobody is named as a member." in paths[-1].read_text()


def test_week_without_hand_ins_is_an_empty_list(course, tmp_path):
    assert [] == table(export(course, "toy", tmp_path).files[0])


@given(st.text())
def test_no_text_is_a_formula(text):
    assert not safe_text(text).lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))


def test_export_that_is_interrupted_leaves_the_list_of_the_last_one(marked, monkeypatch):
    export(marked, "toy", marked.root / "marks")
    before = (marked.root / "marks/toy-marks.xlsx").read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nbviva.results.export.Workbook.create_sheet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(marked, "toy", marked.root / "marks")
    assert before == (marked.root / "marks/toy-marks.xlsx").read_bytes()

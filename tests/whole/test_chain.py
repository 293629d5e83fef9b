"""The whole way of a hand-in: released form, filled in by four programs, three platforms' archives, marks, marks list.

What the marks list has to say was worked out by hand and stands in `MARKS`.
"""
# ruff: noqa: DTZ001 - archives have local times

import csv
import io
import json
import stat
import zipfile
from datetime import datetime

import nbformat
import openpyxl
import pytest

from nbviva.cli.exits import ExitCode
from nbviva.handin.collect import Action, collect
from nbviva.sandbox.provisioner import refusal
from tests.fillers import filled

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))

RULES = """check_digit = "mod11"

[late]
policy = "per_hour"
points = 0.5
grace_minutes = 10

[[question]]"""
ROSTER = """matriculation number,name,e-mail,login,group
5512301,Zoë Müller,zoe@uni.example,zoem,participant_11
5512328,Łukasz Nowak,lukasz@uni.example,lukaszn,participant_11
5512336,Ada Lovelace,ada@uni.example,adal,
5512344,Bob Stone,bob@uni.example,bobs,
5512360,Cleo Late,cleo@uni.example,cleol,
5512352,Dan Absent,dan@uni.example,dana,
"""
WORKSHEET = """Identifier,Full name,Last modified (submission)
Participant 11,Zoë Müller,"Monday, 8 January 2024, 7:59 PM"
Participant 12,Ada Lovelace,"Monday, 8 January 2024, 9:30 PM"
Participant 13,Eve Wrong,"Monday, 8 January 2024, 8:05 PM"
"""
RIGHT = {"answer_half": "3,5"}
HEAD = [
    "group", "name", "matriculation number", "login", "e-mail", "1.1", "1.2", "1.3 extra", "1.4", "points", "maximum",
    "extra points", "late minutes", "penalty", "total", "status", "report",
]  # fmt: skip
ZOE = ["Zoë Müller", "5512301", "zoem", "zoe@uni.example"]
LUKASZ = ["Łukasz Nowak", "5512328", "lukaszn", "lukasz@uni.example"]
ADA = ["Ada Lovelace", "5512336", "adal", "ada@uni.example"]
BOB = ["Bob Stone", "5512344", "bobs", "bob@uni.example"]
CLEO = ["Cleo Late", "5512360", "cleol", "cleo@uni.example"]
DAN = ["Dan Absent", "5512352", "dana", "dan@uni.example"]
EVE = ["Eve Wrong", "5512399", "", ""]
MARKS = [
    # Blackboard: both colours ticked, which is no answer
    ["bobs", *BOB, "2", "3", "0", "1", "6", "6", "0", "0", "0", "6"],
    # Blackboard: a sheet without a notebook, 70 minutes late: a person decides
    ["cleol", *CLEO, "", "", "", "", "0", "6", "0", "70", "0", "0"],
    # Moodle: a pair that has everything right, and the extra point
    ["participant_11", *ZOE, "2", "3", "1", "1", "6", "6", "1", "0", "0", "7"],
    ["participant_11", *LUKASZ, "2", "3", "1", "1", "6", "6", "1", "0", "0", "7"],
    # Moodle: 90 minutes late, two hours begun after ten minutes of grace
    ["participant_12", *ADA, "2", "3", "1", "1", "6", "6", "1", "90", "1", "6"],
    # Moodle: 5 minutes late, in the grace; the sheet says 4 where the notebook says 3.5; the platform knows no number
    ["participant_13", EVE[0], "", "", "", "2", "0", "1", "1", "3", "6", "1", "5", "0", "4"],
    # ILIAS: no sheet, so the notebook's answers count; a wrong colour; one of the two is in Bob's group as well
    ["team_7", *DAN, "2", "3", "0", "1", "6", "6", "0", "0", "0", "6"],
    ["team_7", *BOB, "2", "3", "0", "1", "6", "6", "0", "0", "0", "6"],
]
STATUS = {"cleol": "needs a person"}
PROBLEMS = [
    "participant_13: Line 1: name and matriculation number were swapped and put right.",
    "participant_13: the check digit of the number 5512399 is wrong.",
    "participant_13: the number 5512399 is not in the roster.",
    "bobs, team_7: the student 5512344 is in more than one group.",
]


def archive(path, files):
    """Write a zip archive of (name, local time, content)."""
    with zipfile.ZipFile(path, "w") as target:
        for name, moment, content in files:
            target.writestr(zipfile.ZipInfo(name, moment.timetuple()[:6]), content)
    return path


def moodle(people):
    """All files have the time of packing."""
    packed = datetime(2024, 1, 10, 9)
    return [
        (f"{name}_{number}_assignsubmission_file_/{file}", packed, content)
        for name, number, files in people
        for file, content in files.items()
    ]


def blackboard(login, moment, files):
    """A receipt, and each file with the time in its name."""
    stem = f"toys_{login}_attempt_{moment:%Y-%m-%d-%H-%M-%S}"
    receipt = f"Name: Some One ({login})\nAssignment: Toys\n\nComments:\nThere are no student comments.\n"
    found = [(f"{stem}_{name}", moment, content) for name, content in files.items()]
    return [(f"{stem}.txt", moment, receipt.encode()), *found]


def ilias(team, people, moment, files):
    """Files lie in the folder of who gave them; the others' folders hold a note."""
    found = [(f"Toys/Team {team}/{people[0]}/{name}", moment, content) for name, content in files.items()]
    others = [(f"Toys/Team {team}/{person}/note.txt", datetime(2024, 1, 2), b"see above") for person in people[1:]]
    return [*found, *others]


@pytest.fixture(scope="module")
def sources(released, solved, tmp_path_factory):
    """Three platforms' archives with what the groups handed in."""
    folder = tmp_path_factory.mktemp("platforms")
    form = released.release("toy") / "exercise_sheet.pdf"

    def sheet(program, *ticks, **texts):
        target = folder / f"{program}.pdf"
        filled(program, form, target, RIGHT | texts, ticks)
        return target.read_bytes()

    def notebook(**texts):
        return nbformat.writes(solved(released, **texts)).encode()

    def member(line, person):
        return {f"member_{line}_name": person[0], f"member_{line}_number": person[1]}

    red = "answer_colour-red"
    pair = sheet("chromium", red, **member(1, ZOE), **member(2, LUKASZ))
    late = sheet("qpdf", red, **member(1, ADA))
    swapped = {"member_1_name": EVE[1], "member_1_number": EVE[0], "answer_half": " x = 8/2 "}
    wrong = sheet("pypdf", red, **swapped)
    both = sheet("pdftk", red, "answer_colour-blue", **member(1, BOB))
    alone = sheet("pypdf", red, **member(1, CLEO))
    (folder / "worksheet.csv").write_text(WORKSHEET, "utf-8")
    return [
        (archive(folder / "moodle.zip", moodle([
            (ZOE[0], 11, {"toys.ipynb": notebook(), "exercise_sheet.pdf": pair}),
            (ADA[0], 12, {"all.zip": zipped({"toys.ipynb": notebook(), "exercise_sheet.pdf": late})}),
            (EVE[0], 13, {"toys.ipynb": notebook(), "our sheet.pdf": wrong}),
        ])), "--times", str(folder / "worksheet.csv")),
        (archive(folder / "blackboard.zip", [
            *blackboard("bobs", datetime(2024, 1, 5, 16), {"toys.ipynb": b"an earlier one"}),
            *blackboard("bobs", datetime(2024, 1, 7, 16), {"toys.ipynb": notebook(), "exercise_sheet.pdf": both}),
            *blackboard("cleol", datetime(2024, 1, 8, 21, 10), {"exercise_sheet.pdf": alone}),
        ]),),
        (archive(folder / "ilias.zip", ilias(
            7, ["Absent_Dan_dana_301", "Stone_Bob_bobs_302"], datetime(2024, 1, 8, 19, 30),
            {"toys.ipynb": notebook(colour_answer='answer_colour = "blue"')},
        )),),
    ]  # fmt: skip


def zipped(files):
    """Give an archive as a student makes one, with a folder around its files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as inner:
        for name, content in files.items():
            inner.writestr(f"work/{name}", content)
    return target.getvalue()


@pytest.fixture(scope="module")
def released(new_course, program):
    """A course with its rules, roster and release."""
    course = new_course()
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text("utf-8").replace("[[question]]", RULES, 1), "utf-8")
    (course.root / "roster.csv").write_text(ROSTER, "utf-8")
    assert 0 == program(course, "nbviva", "release", "toy").returncode
    return course


@pytest.fixture(scope="module")
def said(released, sources, program):
    """Collect, grade and export; gives what each command printed."""
    collected = [program(released, "nbviva", "collect", "toy", "--json", *map(str, source)) for source in sources]
    return {
        "collect": collected,
        "grade": [program(released, "nbviva", "grade", "toy")],
        "export": [program(released, "nbviva", "export", "toy", "--json")],
    }


def listed(course):
    """Read the marks list as a spreadsheet program would."""
    with (course.root / "marks/toy-marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_step_succeeds(said):
    """Grading tells by its exit code that a person has to decide on a hand-in."""
    codes = {"collect": [ExitCode.FINE] * 3, "grade": [ExitCode.PERSON], "export": [ExitCode.FINE]}
    assert codes == {name: [run.returncode for run in runs] for name, runs in said.items()}


def test_collecting_says_what_it_did_and_does_it_once(said, released, sources):
    rows = [row for run in said["collect"] for row in json.loads(run.stdout)]
    assert [
        ("participant_11", "new", "2024-01-08T18:59:00+00:00"), ("participant_13", "new", "2024-01-08T19:05:00+00:00"),
        ("participant_12", "new", "2024-01-08T20:30:00+00:00"), ("bobs", "new", "2024-01-05T15:00:00+00:00"),
        ("bobs", "replaced an earlier one", "2024-01-07T15:00:00+00:00"),
        ("cleol", "new", "2024-01-08T20:10:00+00:00"), ("team_7", "new", "2024-01-08T18:30:00+00:00"),
    ] == [(row["group"], row["action"], row["handed_in"]) for row in rows]  # fmt: skip
    again = [row.action for source in sources for row in collect(released, "toy", source[0])]
    assert [Action.UNCHANGED] * len(rows) == again
    assert [b"an earlier one"] == [
        path.read_bytes() for path in (released.root / "submitted/bobs/.earlier/toy").glob("*/toys.ipynb")
    ]


def test_marks_list_is_the_one_worked_out_by_hand(said, released):
    table = listed(released)
    reports = [f"reports/toy/{row[0]}/report.json" for row in MARKS]
    assert [
        HEAD,
        *([*row, STATUS.get(row[0], "marked"), report] for row, report in zip(MARKS, reports, strict=True)),
    ] == table
    for report in reports:
        assert (released.root / report).is_file()


def test_workbook_says_the_same_in_numbers(said, released):
    sheet = openpyxl.load_workbook(released.root / "marks/toy-marks.xlsx").active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [[float(text) if text else None for text in row[5:]] for row in MARKS] == [row[5:15] for row in cells]
    assert [row[:5] for row in MARKS] == [[value or "" for value in row[:5]] for row in cells]


def test_platforms_get_what_they_import(said, released):
    moodle, blackboard = (
        (released.root / f"marks/toy-{name}").read_text("utf-8") for name in ("moodle.csv", "blackboard.txt")
    )
    rows = list(csv.DictReader(io.StringIO(moodle)))
    assert [("Participant 11", "7"), ("Participant 12", "6"), ("Participant 13", "4")] == [
        (row["Identifier"], row["Grade"]) for row in rows if row["Identifier"] and row["Full name"] != LUKASZ[0]
    ]
    assert ["bobs\t6", "zoem\t7"] == blackboard.splitlines()[1:3]
    assert "cleol" not in blackboard  # no mark before a person decides


def test_what_is_odd_about_people_is_one_list(said, released):
    assert PROBLEMS == (released.root / "marks/toy-problems.txt").read_text("utf-8").splitlines()


def test_hand_in_without_notebook_is_told_the_rule(said, released):
    report = json.loads((released.root / "reports/toy/cleol/report.json").read_text("utf-8"))
    why = "The hand-in must contain toys.ipynb; it contains exercise_sheet.pdf, and no notebook that can be read."
    assert {f'{why} "Answers must be supported by the notebook."'} == {
        verdict["detail"] for verdict in report["verdicts"]
    }


def test_sheet_and_notebook_that_differ_are_told_in_the_feedback(said, released):
    page = (released.root / "feedback/participant_13/toy/toys.html").read_text("utf-8")
    assert "the sheet counts." in page


def test_names_stand_nowhere_but_in_private_files(said, released):
    words = ["Müller", "Lovelace", "Stone", "5512301", "5512344", "uni.example"]
    for runs in said.values():
        assert [] == [word for run in runs for word in words if word in run.stdout + run.stderr]
    with_names = {
        path
        for folder in ("reports", "feedback", "autograded", "release", "marks", ".nbviva")
        for path in (released.root / folder).rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    }
    assert {"members.json", "toy.json", "toy-canvas.csv", "toy-marks.csv", "toy-moodle.csv", "toy-problems.txt"} >= {
        path.name for path in with_names
    }
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in with_names}


def test_new_dates_change_penalties_and_no_report(said, released, program):
    """Run last: an extension and a later export mark nothing again."""
    reports = {path: path.stat().st_mtime_ns for path in (released.root / "reports").rglob("report.json")}
    (released.root / "extensions.csv").write_text("group,week,due\nparticipant_12,toy,60\n", "utf-8")
    done = program(released, "nbviva", "deadline", "toy")
    assert "participant_12: loses 0.5 points, before 1; its deadline is 08.01.2024 9pm." in done.stdout.splitlines()
    program(released, "nbviva", "export", "toy")
    ada = dict(zip(HEAD, next(row for row in listed(released) if row[0] == "participant_12"), strict=True))
    assert ("30", "0.5", "6.5") == (ada["late minutes"], ada["penalty"], ada["total"])
    assert reports == {path: path.stat().st_mtime_ns for path in (released.root / "reports").rglob("report.json")}
    page = (released.root / "feedback/participant_12/toy/toys.html").read_text("utf-8")
    assert "Score: 6.5" in page or "6.5" in page

"""From each platform's archive to the marks list and the imports, with hostile claims, against a list made by hand.

In every archive Ann and Bob have all points, Late has them and is late, and Eve has none but writes the numbers of Ann,
Bob and Zoe, who handed nothing in, at the head of her notebook. Reports are stored: whose they are needs no kernel.
"""

import csv
import zipfile
from pathlib import Path

import nbformat
import pytest

from nbviva.grading.reports import keep_report
from nbviva.grading.verdict import Mark, Outcome, Report
from nbviva.handin.collect import collect
from nbviva.results.export import export
from tests.archives import blackboard, moodle, packed

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's add_submission gives them
ROSTER = (
    "matriculation number,name,e-mail,login\n1000004,Ann Doe,ann@x.org,annd\n2000008,Bob Stone,bob@x.org,bobs\n"
    "3000001,Cleo Late,cleo@x.org,cleo\n4000005,Eve Quick,eve@x.org,eveq\n5000006,Zoe Absent,zoe@x.org,zoea\n"
)
HOSTILE = "\n".join(
    f"Name: {name} Matriculation no.: {number}"
    for name, number in (("Ann Doe", "1000004"), ("Bob Stone", "2000008"), ("Zoe Absent", "5000006"))
)
TIMES = (
    "Identifier,Full name,Email address,Group,Last modified (submission)\n"
    'Participant 11,Ann Doe,ann@x.org,{},"Friday, 5 January 2024, 9:15 AM"\n'
    'Participant 12,Bob Stone,bob@x.org,{},"Friday, 5 January 2024, 9:15 AM"\n'
    'Participant 13,Cleo Late,cleo@x.org,{},"Tuesday, 9 January 2024, 9:15 AM"\n'
    'Participant 14,Eve Quick,eve@x.org,{},"Friday, 5 January 2024, 9:15 AM"\n'
)
METADATA = """
submission_{}:
  :submitters:
  - :name: {}
    :sid: '{}'
    :email: {}
  :created_at: {} 09:15:00.000000000 Z
"""


@pytest.fixture
def notebooks(course, solved):
    """Give the notebooks by their owners' first names."""
    honest = nbformat.writes(solved(course)).encode()
    hostile = solved(course)
    hostile.cells.insert(0, nbformat.v4.new_markdown_cell(HOSTILE))
    return {"ann": honest, "bob": honest + b" ", "cleo": honest, "eve": nbformat.writes(hostile).encode()}


def _moodle(books):
    found = [("Ann Doe", 11, "ann"), ("Bob Stone", 12, "bob"), ("Cleo Late", 13, "cleo"), ("Eve Quick", 14, "eve")]
    return [file for name, number, who in found for file in moodle(name, number, ("toys.ipynb", books[who]))]


def _teams(books):
    """The numbers of the groups are those of other groups' participants."""
    found = [("Gruppe 1", 13, "ann"), ("Die Pinguine", 14, "cleo"), ("Gruppe 3", 11, "eve")]
    return [file for name, number, who in found for file in moodle(name, number, ("toys.ipynb", books[who]))]


def _blackboard(books):
    found = [("annd", "05", "ann"), ("bobs", "05", "bob"), ("cleo", "09", "cleo"), ("eveq", "05", "eve")]
    return [
        file
        for login, day, who in found
        for file in blackboard(login, f"2024-01-{day}-09-15-00", ("toys.ipynb", books[who]))
    ]


def _ilias(books):
    found = [("Doe_Ann_annd_11", 5, "ann"), ("Stone_Bob_bobs_12", 5, "bob"), ("Late_Cleo_cleo_13", 9, "cleo"),
             ("Quick_Eve_eveq_14", 5, "eve")]  # fmt: skip
    return [(f"Abgabe/{name}/toys.ipynb", (books[who], (2024, 1, day, 9, 15, 0))) for name, day, who in found]


def _canvas(books):
    found = [("doeann_11", "ann"), ("stonebob_12", "bob"), ("latecleo_LATE_13", "cleo"), ("quickeve_14", "eve")]
    return [(f"{name}_990{number}_toys.ipynb", books[who]) for number, (name, who) in enumerate(found)]


def _gradescope(books):
    found = [("Ann Doe", "1000004", "ann", "2024-01-05"), ("Bob Stone", "2000008", "bob", "2024-01-05"),
             ("Cleo Late", "3000001", "cleo", "2024-01-09"), ("Eve Quick", "4000005", "eve", "2024-01-05")]  # fmt: skip
    text = "".join(METADATA.format(i, name, sid, f"{who}@x.org", day) for i, (name, sid, who, day) in enumerate(found))
    files = [(f"assignment_1_export/submission_{i}/toys.ipynb", books[item[2]]) for i, item in enumerate(found)]
    return [*files, ("assignment_1_export/submission_metadata.yml", text.encode())]


def _exchange(books):
    found = [("annd", "05", "ann"), ("bobs", "05", "bob"), ("cleo", "09", "cleo"), ("eveq", "05", "eve")]
    return [
        (f"exchange/toys/inbound/{login}+toy+2024-01-{day} 09:15:00 UTC/toys.ipynb", books[who])
        for login, day, who in found
    ]


def marked(course):
    """Store a report of each hand-in: all points, and none for Eve's."""
    for group in course.groups("toy"):
        text = (course.submitted("toy", group) / "toys.ipynb").read_text()
        marks = tuple(
            Mark(q.name, q.number, q.title, 0.0 if "Zoe" in text else q.points, q.points, q.bonus, Outcome.PASSED)
            for q in course.assignment("toy").questions
        )
        folder = course.report("toy", group)
        folder.mkdir(parents=True)
        keep_report(folder, Report("toy", group, "d", "s", (), marks))


PLATFORMS = {
    "moodle": _moodle, "teams": _teams, "blackboard": _blackboard, "ilias": _ilias, "canvas": _canvas,
    "gradescope": _gradescope, "exchange": _exchange,
}  # fmt: skip
NAMES = ("Ann Doe", "Bob Stone", "Cleo Late", "Eve Quick")
LOGINS = ("annd", "bobs", "cleo", "eveq")
TOTALS = ("7", "7", "6", "0")  # Cleo loses a point for a day


def handed_over(course, tmp_path, platform, books):
    """Collect a platform's archive, with the worksheet where it has no times; give the marks list and the imports."""
    source = packed(tmp_path / "all.zip", PLATFORMS[platform](books))
    assert zipfile.is_zipfile(source)
    groups = ("Gruppe 1", "Gruppe 1", "Die Pinguine", "Gruppe 3") if platform == "teams" else ("",) * 4
    (tmp_path / "times.csv").write_text(TIMES.format(*groups))
    times = tmp_path / "times.csv" if platform in {"moodle", "teams", "canvas"} else None
    collect(course, "toy", source, times)
    marked(course)
    return export(course, "toy", tmp_path / "marks").files


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("roster", [True, False])
def test_marks_are_their_owners_and_imports_name_no_other(course, tmp_path, notebooks, platform, roster):
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text() + '\n[late]\npolicy = "per_day"\npoints = 1\n')
    if roster:
        (course.root / "roster.csv").write_text(ROSTER)
    files = handed_over(course, tmp_path, platform, notebooks)
    known = LOGINS if roster or platform in {"blackboard", "ilias", "exchange"} else NAMES
    rows = [row for row in table(files[0]) if row["group"]]
    assert dict(zip(known, TOTALS, strict=True)) == {row["login"] or row["name"]: row["total"] for row in rows}
    assert {"marked"} == {row["status"] for row in rows}
    assert sorted(TOTALS) == sorted(row["Grade"] for row in table(files[2]))
    assert "Zoe" not in "".join(file.read_text("utf-8") for file in files[2:5])


@pytest.mark.parametrize("roster", [True, False])
def test_moodles_participants_get_their_own_groups_points(course, tmp_path, notebooks, roster):
    if roster:
        (course.root / "roster.csv").write_text(ROSTER)
    files = handed_over(course, tmp_path, "teams", notebooks)
    assert {"Participant 11": "7", "Participant 12": "7", "Participant 13": "7", "Participant 14": "0"} == {
        row["Identifier"]: row["Grade"] for row in table(files[2])
    }

"""assignment.toml: what is read, and that every mistake names its field and its line."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviva.errors import SpecError
from nbviva.week.deadline import NOT_LATE, Late, Policy
from nbviva.week.spec import Kind, Support, read_assignment

TEXT = (Path(__file__).parent.parent / "toy/graders/toy/assignment.toml").read_text("utf-8")
TOP, _, QUESTIONS = TEXT.partition("\n[[question]]")


def read(folder: Path, text: str):
    """Read a text as the assignment.toml of a week."""
    (folder / "assignment.toml").write_text(text, "utf-8")
    return read_assignment(folder)


def refusal(folder: Path, text: str) -> tuple[int, str]:
    """Give the line and the sentence with which a text is refused."""
    with pytest.raises(SpecError) as caught:
        read(folder, text)
    place, _, sentence = str(caught.value).partition(": ")
    assert place.startswith(f"{folder / 'assignment.toml'}, line ")
    return int(place.rpartition(" ")[2]), sentence


def line_of(text: str, part: str) -> int:
    """Give the number of the only line that holds a part."""
    (number,) = [i for i, line in enumerate(text.splitlines(), start=1) if part in line]
    return number


def test_all_fields_are_read(tmp_path):
    """The toy week's file becomes an Assignment with every field in its place."""
    week = read(tmp_path, TEXT)
    assert ("Toys", "Toy week", "Spring", "toys", 2) == (
        week.course,
        week.title,
        week.term,
        week.notebook,
        week.group_size,
    )
    assert ["double", "half", "colour", "total"] == [q.name for q in week.questions]
    half = week.question("half")
    assert (Kind.NUMERIC, 3.0, False, 0.01) == (half.kind, half.points, half.bonus, half.tolerance)
    assert (("answer_half", "half of 7"),) == half.answers
    assert tmp_path.name == week.week


def test_extra_points_are_not_in_the_maximum(tmp_path):
    """A bonus question counts as extra only."""
    week = read(tmp_path, TEXT)
    assert (6.0, 1.0) == (week.maximum, week.extra)


def test_unknown_question_is_named_with_those_there_are(tmp_path):
    """Asking for a question that does not exist says which exist."""
    with pytest.raises(KeyError, match="no question 'treble'; it has double, half, colour, total"):
        read(tmp_path, TEXT).question("treble")


@pytest.mark.parametrize(
    ("local", "expected"),
    [("2024-01-08T20:00:00", (2024, 1, 8, 19)), ("2024-06-21T23:00:00", (2024, 6, 21, 21))],
)
def test_deadline_follows_daylight_saving(tmp_path, local, expected):
    """Berlin is one hour before UTC in winter and two in summer."""
    week = read(tmp_path, TEXT.replace("2024-01-08T20:00:00", local))
    assert datetime(*expected, tzinfo=UTC) == week.due_utc


@pytest.mark.parametrize(
    "field", ["course", "title", "term", "notebook", "issued", "due", "zone", "group_size", "rule"]
)
def test_missing_field_is_named(tmp_path, field):
    """A file without a required field is refused by the field's name, at its first line."""
    lines = TOP.splitlines()
    text = "\n".join(line for line in lines if not line.startswith(f"{field} "))
    line, sentence = refusal(tmp_path, f"{text}\n[[question]]{QUESTIONS}")
    assert 1 == line
    assert sentence.startswith(f"'{field}' is missing")


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ('course = "Toys"', "course = 3", "course", "must be of type str, not int"),
        ("due = 2024-01-08T20:00:00", 'due = "8.1.2024"', "due", "must be of type datetime, not str"),
        ("due = 2024-01-08T20:00:00", "due = 2024-01-08", "due", "must be of type datetime, not date"),
        ("due = 2024-01-08T20:00:00", "due = 2024-01-08T20:00:00Z", "due", "local time without an offset"),
        ("group_size = 2", "group_size = true", "group_size", "must be of type int, not bool"),
        ("group_size = 2", "group_size = 0", "group_size", "must be at least 1"),
        ('zone = "Europe/Berlin"', 'zone = "Berlin"', "zone", "no IANA time zone"),
        ('zone = "Europe/Berlin"', 'zone = "Europe"', "zone", "no IANA time zone"),
        ('zone = "Europe/Berlin"', 'zone = ""', "zone", "no IANA time zone"),
        ('zone = "Europe/Berlin"', 'zone = "../Berlin"', "zone", "no IANA time zone"),
        ('term = "Spring"', 'term = "Spring"\nterms = "Spring"', "terms", "is not known"),
        ('term = "Spring"', 'term = "Spring"\nfiles = ["a"]', "files", "must be a table"),
        ('term = "Spring"', 'term = "Spring"\nfiles.a = 1', "files", "must be a table"),
        ('term = "Spring"', 'term = "Spring"\nlate = 3', "late", "must be a table"),
        ('term = "Spring"', 'term = "Spring"\nlimits = 3', "limits", "must be a table"),
        ('term = "Spring"', 'term = "Spring"\ncheck_digit = "mod12"', "check_digit", "must be one of mod11, luhn"),
        ('term = "Spring"', 'term = "Spring"\ncheck_digit = []', "check_digit", "must be one of mod11, luhn"),
        ('term = "Spring"', 'term = "Spring"\nsheet_required = "yes"', "sheet_required", "must be true or false"),
        ("due = 2024-01-08T20:00:00", "due = 0001-01-01T00:00:00", "due", "lies too far from today"),
        ('number = "1.2"', "number = 1.2", "number", "is missing or no text"),
        ('name = "half"', 'name = "Half"', "name", "use small letters"),
        ('name = "half"', 'name = "double"', "name", "an earlier question has already"),
        ('title = "Half of seven"', 'title = "Half of seven"\nhint = "3"', "hint", "is not known"),
        ('kind = "numeric"', 'kind = "number"', "kind", "must be one of code, numeric, choice"),
        ("points = 3", "points = -1", "points", "must be a number from 0 to 1000"),
        ("points = 3", "points = true", "points", "must be a number from 0 to 1000"),
        ("points = 3", "points = nan", "points", "must be a number from 0 to 1000"),
        ("points = 3", 'points = "3"', "points", "must be a number from 0 to 1000"),
        ("tolerance = 0.01", "tolerance = -0.01", "tolerance", "is missing or negative"),
        ("tolerance = 0.01", "tolerance = nan", "tolerance", "is missing or negative"),
        ("tolerance = 0.01", 'tolerance = "0.01"', "tolerance", "is missing or negative"),
        ('answers = { answer_half = "half of 7" }', "answers = 7", "answers", "must be a table"),
        ('answers = { answer_half = "half of 7" }', "answers.answer_half = 7", "answers", "must be a table"),
        ('answers = { answer_half = "half of 7" }', "answers = {}", "answers", "names the variable"),
        ('options = { red = "Red", blue = "Blue" }', 'options = { red = "Red" }', "options", "at least two entries"),
        ('options = { red = "Red", blue = "Blue" }', "options = 2", "options", "must"),
        ('options = { red = "Red", blue = "Blue" }', 'options = ["red", "blue"]', "options", "must be a table"),
        ("bonus = true", "bonus = 1", "bonus", "must be true or false"),
    ],
)
def test_mistake_names_field_and_line(tmp_path, old, new, field, words):
    """Each mistake is refused with the line that holds it, the field's name and what to write."""
    assert 1 == TEXT.count(old)
    text = TEXT.replace(old, new)
    line, sentence = refusal(tmp_path, text)
    if text.count(new.splitlines()[-1]) == 1:
        assert line_of(text, new.splitlines()[-1]) == line
    assert text.splitlines()[line - 1].startswith(field)
    assert sentence.startswith(f"'{field}' ")
    assert words in sentence


def test_rules_have_defaults(tmp_path):
    """Without them nothing is lost for being late, no digit is checked, and no PDF is required."""
    week = read(tmp_path, TEXT)
    assert (NOT_LATE, "", False) == (week.late, week.check_digit, week.sheet_required)


@pytest.mark.parametrize("where", [TOP + "\n{}\n[[question]]" + QUESTIONS, TEXT + "\n{}"])
@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('policy = "none"', Late()),
        ('policy = "cutoff"\ngrace_minutes = 15', Late(Policy.CUTOFF, 15.0)),
        ('policy = "per_hour"\npoints = 0.5', Late(Policy.PER_HOUR, 0.0, 0.5)),
        ('policy = "per_day"\npoints = 2\ngrace_minutes = 5.5', Late(Policy.PER_DAY, 5.5, 2.0)),
    ],
)
def test_late_rule_is_read_wherever_its_table_stands(tmp_path, where, table, expected):
    """The table may stand before or after the questions."""
    assert expected == read(tmp_path, where.replace("{}", f"[late]\n{table}", 1)).late


@pytest.mark.parametrize("where", [TOP + "\n{}\n[[question]]" + QUESTIONS, TEXT + "\n{}"])
@pytest.mark.parametrize(
    ("table", "field", "words"),
    [
        ("", "policy", "must be one of none, cutoff, per_hour, per_day"),
        ('policy = "weekly"', "policy", "must be one of"),
        ("policy = []", "policy", "must be one of"),
        ('policy = "none"\ngrace = 3', "grace", "is not known; [late] has policy"),
        ('policy = "cutoff"\ngrace_minutes = -3', "grace_minutes", "a number of minutes from 0"),
        ('policy = "cutoff"\ngrace_minutes = nan', "grace_minutes", "a number of minutes from 0"),
        ('policy = "cutoff"\ngrace_minutes = true', "grace_minutes", "a number of minutes from 0"),
        ('policy = "per_day"\npoints = "2"', "points", "must be a number from 0 to 1000"),
        ('policy = "per_day"\npoints = 0', "points", "must be above 0 for per_hour and per_day"),
        ('policy = "per_hour"', "points", "must be above 0 for per_hour and per_day"),
        ('policy = "cutoff"\npoints = 2', "points", "is not for the other policies"),
    ],
)
def test_mistake_in_the_late_rule_names_field_and_line(tmp_path, where, table, field, words):
    """The line is the field's in [late], not that of a field with the same name in a question; else [late]'s own."""
    text = where.replace("{}", f"[late]\n{table}", 1)
    line, sentence = refusal(tmp_path, text)
    lines = text.splitlines()
    inside = [i for i, row in enumerate(f"[late]\n{table}".splitlines()) if row.startswith(f"{field} ")]
    assert lines.index("[late]") + 1 + (inside[0] if inside else 0) == line
    assert sentence.startswith(f"'{field}' ")
    assert words in sentence


@pytest.mark.parametrize(
    ("local", "expected"),
    [("2024-03-31T02:30:00", (2024, 3, 31, 1, 30)), ("2024-10-27T02:30:00", (2024, 10, 27, 1, 30))],
)
def test_deadline_where_clocks_change_is_the_later_moment(tmp_path, local, expected):
    """An hour that does not exist, or exists twice, costs nobody anything."""
    week = read(tmp_path, TEXT.replace("2024-01-08T20:00:00", local))
    assert datetime(*expected, tzinfo=UTC) == week.due_utc


@pytest.mark.parametrize("field", ["name", "number", "title", "kind"])
def test_question_without_a_field_is_refused_at_its_head(tmp_path, field):
    """A question that lacks a field is refused at the line of its [[question]]."""
    second = TEXT.split("[[question]]")[2]
    cut = "\n".join(line for line in second.splitlines() if not line.startswith(f"{field} ")) + "\n"
    text = TEXT.replace(second, cut)
    line, sentence = refusal(tmp_path, text)
    heads = [i for i, row in enumerate(text.splitlines(), start=1) if row == "[[question]]"]
    assert heads[1] == line
    assert sentence.startswith(f"'{field}' is missing")


def test_numeric_question_needs_a_tolerance(tmp_path):
    """A numeric question without tolerance is refused in its own table, although another has one."""
    text = TEXT.replace("tolerance = 0.01\n", "")
    line, sentence = refusal(tmp_path, text)
    heads = [i for i, row in enumerate(text.splitlines(), start=1) if row == "[[question]]"]
    assert heads[1] == line
    assert sentence.startswith("'tolerance' is missing")


def test_tolerance_of_another_kind_must_be_a_number_too(tmp_path):
    """A text as the tolerance of a code question is refused, not kept."""
    text = TEXT.replace("points = 2", 'points = 2\ntolerance = "wide"')
    line, sentence = refusal(tmp_path, text)
    assert line_of(text, "wide") == line
    assert sentence.startswith("'tolerance' ")


@pytest.mark.parametrize("questions", ["", "question = []", "question = 3", "question = [1]", 'question = ["a"]'])
def test_week_without_questions_is_refused(tmp_path, questions):
    """No question, or something else in their place, is refused by the field's name."""
    _, sentence = refusal(tmp_path, f"{TOP}\n{questions}\n")
    assert sentence.startswith("'question' is missing")


def test_inline_question_is_refused_by_its_field(tmp_path):
    """Questions written inline, without [[question]], still give a sentence for their mistakes."""
    _, sentence = refusal(tmp_path, f'{TOP}\nquestion = [{{ name = "a" }}]\n')
    assert sentence.startswith("'number' is missing")


def test_missing_file_is_a_sentence(tmp_path):
    """A folder without assignment.toml is no week."""
    with pytest.raises(SpecError, match="is missing: a week is a folder"):
        read_assignment(tmp_path)


@pytest.mark.parametrize("content", [b"course = ", b"\xff\xfe", b"[[question]", b"a = 1\na = 2"])
def test_bad_toml_is_a_sentence(tmp_path, content):
    """What is no TOML is refused as such."""
    (tmp_path / "assignment.toml").write_bytes(content)
    with pytest.raises(SpecError, match="is no valid TOML"):
        read_assignment(tmp_path)


VALUES = st.sampled_from(
    ["1", "-1", "nan", "true", '""', '"x"', "[]", "[1]", "{}", "{ a = 1 }", "2024-01-01", "12:00:00"]
)


@given(st.integers(0, len(TEXT.splitlines()) - 1), VALUES)
def test_any_value_in_any_line_is_read_or_refused(tmp_path_factory, number, value):
    """Whatever value a line is given, reading gives an Assignment or SpecError, never another exception."""
    lines = TEXT.splitlines()
    lines[number] = f"{lines[number].partition(' = ')[0]} = {value}" if " = " in lines[number] else lines[number]
    folder = tmp_path_factory.mktemp("week")
    try:
        read(folder, "\n".join(lines))
    except SpecError as error:
        assert str(folder / "assignment.toml") in str(error)  # noqa: PT017 - either end is allowed


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('evidence = "long"', "'evidence' is for numeric questions, and a table"),
        ("evidence = { label = 'R2' }", "'evidence' is for numeric questions, and a table"),
        ("evidence = { cell = 'long', decimal = 2 }", "'evidence' is for numeric questions, and a table"),
        ("evidence = { cell = 'long', decimals = -1 }", "'decimals' must be a whole number below 16"),
        ("share = 1", "'share' must be true or false"),
    ],
)
def test_what_supports_a_number_is_checked(course, line, why):
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text("utf-8").replace("tolerance = 0.01\n", f"tolerance = 0.01\n{line}\n"), "utf-8")
    with pytest.raises(SpecError, match=re.escape(why)):
        read_assignment(path.parent)


def test_what_supports_a_number_is_read(course):
    path = course.root / "graders/toy/assignment.toml"
    line = 'share = true\nevidence = { cell = "long", label = "total" }\n'
    path.write_text(path.read_text("utf-8").replace("tolerance = 0.01\n", f"tolerance = 0.01\n{line}"), "utf-8")
    question = read_assignment(path.parent).question("half")
    assert (True, Support("long", "total", 2)) == (question.share, question.evidence)
    path.write_text(path.read_text("utf-8").replace('kind = "code"', 'kind = "code"\nshare = true', 1), "utf-8")
    with pytest.raises(SpecError, match="'share' is for numeric questions"):
        read_assignment(path.parent)

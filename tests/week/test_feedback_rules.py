"""`[feedback]` of assignment.toml: what is read, and the sentence for what is not."""

import pytest

from nbviva.errors import SpecError
from nbviva.week.feedback_rules import AS_USUAL, FeedbackRules
from nbviva.week.spec import read_assignment


def rules(course, text):
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[feedback]\n{text}\n", "utf-8")
    return read_assignment(path.parent).feedback


def test_nothing_is_told_unless_the_week_says_so(course):
    assert AS_USUAL == read_assignment(course.root / "graders/toy").feedback


@pytest.mark.parametrize("to", ["regrade.txt", "tutors@example.org"])
def test_all_fields_are_read(course, to):
    found = rules(course, f'class = true\nsolution = true\nrequests = "{to}"')
    assert FeedbackRules(class_points=True, solution=True, requests=to) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("class = 1", "'class' must be true or false"),
        ('solution = "later"', "'solution' must be true or false"),
        ("klass = true", "'klass' is not known; [feedback] has class, solution, requests"),
        ('requests = "../regrade.txt"', "'requests' must be a mail address"),
        ('requests = "a@b?cc=c@d"', "'requests' must be a mail address"),
        ("requests = 3", "'requests' must be a mail address"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_with_its_line(course, text, why):
    with pytest.raises(SpecError, match=r"line 4\d: ") as refused:
        rules(course, text)
    assert why in str(refused.value)

"""A hand-in asked again under other secrets: other questions, the same verdict, and nothing of it is stored."""

from nbviva.grading.again import ask_again


def test_right_answer_is_right_and_a_wrong_one_wrong_whatever_is_asked(course, hand_in, room):
    hand_in(course, "right")
    hand_in(course, "wrong", double_answer="def double(x):\n    return x * x * 1.0")
    assert ["passed", "passed"] == [item.outcome for item in ask_again(course, "toy", "right", "double", room)]
    first, second = ask_again(course, "toy", "wrong", "double", room)
    assert ["failed", "failed"] == [first.outcome, second.outcome]
    assert first.found != second.found  # other numbers were asked
    assert not course.report("toy", "wrong").exists()

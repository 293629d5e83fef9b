"""A hand-in is read once: one walk of its folder, and one process for all of its PDFs."""

import pytest

from nbviva.grading.stored import graded
from nbviva.handin import apart, door


@pytest.fixture
def noted(monkeypatch):
    """Note the calls of a function that a module calls."""

    def note(module, name):
        calls, real = [], getattr(module, name)

        def called(*given, **named):
            calls.append((given, named))
            return real(*given, **named)

        monkeypatch.setattr(module, name, called)
        return calls

    return note


def test_folder_is_walked_once_and_its_papers_are_parsed_in_one_process(
    course, hand_in, room, noted, toy_sheet, fill_in
):
    notebook = hand_in(course, "ada")
    fill_in(course, "ada")
    for name in ("copy.pdf", "other.pdf"):
        (notebook.parent / name).write_bytes(toy_sheet.read_bytes())
    walks, processes = noted(door, "walk"), noted(apart, "program")
    graded(course, "toy", "ada", room=room)
    assert (1, 1) == (len(walks), len(processes))

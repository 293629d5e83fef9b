"""Similar hand-ins: copies are found under other names, what all share is not."""

import pytest

from nbviva.results.similar import similar, tokens_of

LONG = """
def walk(start, moves):
    here = [start]
    for move in moves:
        if move % 3 == 0:
            here.append(here[-1] + move * 2)
        elif move % 5 == 1:
            here.append(here[-1] - move // 4)
        else:
            here.extend([move, here[0]])
    return sorted(set(here), reverse=True)[: len(moves) // 2 + 1]
"""
RENAMED = LONG.replace("here", "places").replace("move", "m").replace("start", "first").replace("ms", "many")
OTHER = """
def walk(start, moves):
    total = start
    while moves:
        total += moves.pop() if total < 100 else -moves.pop(0)
        print("now at", total, flush=total > 50)
    return [total - 1, total, total + 1] if total is not None else [start for _ in range(4)]
"""


def pairs(handins, release=None):
    found = similar({group: {"walk": text} for group, text in handins.items()}, release or {})
    return [(pair.first, pair.second) for pair in found]


def test_renamed_copy_is_found():
    found = similar({"a": {"walk": LONG}, "b": {"walk": RENAMED}, "c": {"walk": OTHER}}, {})
    assert [("a", "b", 1.0, ("walk",))] == [(p.first, p.second, p.share, p.cells) for p in found]


def test_comments_and_layout_hide_no_copy():
    spaced = "# mine\n" + LONG.replace("\n    ", "\n\n    ").replace("return", "# so\n    return")
    assert [("a", "b")] == pairs({"a": LONG, "b": spaced, "c": OTHER})


def test_what_the_release_gives_is_no_copy():
    assert [] == pairs({"a": LONG, "b": LONG}, {"walk": LONG})


def test_what_many_share_is_no_copy():
    assert [] == pairs({f"g{i}": LONG for i in range(9)})


def test_short_answers_are_no_copies():
    assert [] == pairs({"a": "answer = 3.5", "b": "answer = 3.5"})


@pytest.mark.parametrize("text", ["", "def (", "x = '''", "\0\ud800"])
def test_broken_code_is_tokens_too(text):
    assert isinstance(tokens_of(text), list)


def test_attributes_and_builtins_keep_their_names():
    assert ["name", "=", "name", ".", "relu", "(", "len", "(", "name", ")", ")"] == tokens_of(
        "y = torch.relu(len(z))\n"
    )

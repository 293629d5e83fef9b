"""Records: read as their annotations say, and nothing else."""

import math
from dataclasses import dataclass, field

import pytest

from nbviva.errors import Refused
from nbviva.records import Measured, Size, kept, read, to_json


@dataclass(frozen=True)
class Thing:
    name: str
    points: float | None
    size: Size = 0
    found: tuple[Measured, ...] = ()
    by_place: dict[int, list[str]] = field(default_factory=dict)


THING = Thing("a", 1.5, 3, (1.0, math.inf, -math.inf), {2: ["b"]})


@pytest.mark.parametrize("halves", [False, True])
def test_what_was_written_is_read(halves):
    assert THING == read(Thing, to_json(THING), half_characters=halves)


@pytest.mark.parametrize("halves", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"name": 1, "points": 1}', '{"name": "a"}', '{"name": "a", "points": "1"}',
        '{"name": "a", "points": true}', '{"name": "a", "points": NaN}', '{"name": "a", "points": 1e999}',
        '{"name": "a", "points": "inf"}', '{"name": "a", "points": 1, "size": -1}',
        '{"name": "a", "points": 1, "size": 1.5}', '{"name": "a", "points": 1, "size": 1099511627776}',
        '{"name": "a", "points": 1, "found": ["2.5"]}', '{"name": "a", "points": 1, "found": ["much"]}',
        '{"name": "a", "points": 1, "found": [null]}', '{"name": "a", "points": 1, "found": [true]}',
        '{"name": "a", "points": 1, "by_place": {"b": []}}', '{"name": "a", "points": 1, "by_place": {"1": "b"}}',
    ],
)  # fmt: skip
def test_what_is_no_such_record_is_refused(text, halves):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are a library's
        read(Thing, text, half_characters=halves)


def test_half_a_character_is_read_where_names_of_folders_stand():
    text = '{"name": "a\\udcff", "points": 1}'
    assert Thing("a\udcff", 1.0) == read(Thing, text, half_characters=True)
    with pytest.raises(ValueError, match="surrogate"):
        read(Thing, text)


def test_what_cannot_be_read_is_as_if_nothing_were_there(tmp_path):
    path = tmp_path / "a.json"
    assert kept(Thing, path) is None
    for content in (b"", b"\xff", b"[" * 100_000, b'{"name": "a"}'):
        path.write_bytes(content)
        assert kept(Thing, path) is None
    path.write_text(to_json(THING))
    assert THING == kept(Thing, path)
    assert kept(Thing, tmp_path) is None
    assert kept(Thing, path / "b.json") is None


def test_what_is_there_and_may_not_be_read_is_not_taken_for_nothing(tmp_path):
    path = tmp_path / "a.json"
    path.symlink_to(path)
    with pytest.raises(
        Refused, match=r"a\.json cannot be read \(Too many levels of symbolic links\), so nothing was done"
    ):
        kept(Thing, path)

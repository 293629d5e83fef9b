"""nbgrader's exchange: by its root, its course or its inbound; live, or a copy of it."""

import os

import pytest

from nbviva.errors import CourseError
from nbviva.handin.collect import Action, collect
from nbviva.handin.layouts.exchange import COPY
from nbviva.handin.people import group_id
from tests.archives import NOTEBOOK, only, packed

TIME = "2024-01-05 14:12:40.5 UTC+aB-_9"


def handed_in(exchange, course, *names):
    """Make hand-ins, and what the course gave out."""
    for name in names:
        folder = exchange / course / "inbound" / f"{name}+{TIME}"
        folder.mkdir(parents=True)
        (folder / "toys.ipynb").write_bytes(NOTEBOOK)
        (folder / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    for stage in ("outbound/toy", "feedback"):
        (exchange / course / stage).mkdir(parents=True, exist_ok=True)
        (exchange / course / stage / "toys.ipynb").write_bytes(b"given out")
    return exchange


def test_nbgraders_exchange_is_collected_for_its_week_only(course, tmp_path):
    inbound = tmp_path / "exchange" / "course" / "inbound"
    for name in (
        "ann+toy+2024-01-05 14:12:40 UTC",
        "ann+toy+2024-01-06 14:12:40.5 UTC+aB-_9",
        "bo+b+toy+2024-01-06 14:12:40 UTC",
        "ann+other+2024-01-06 14:12:40 UTC",
    ):
        (inbound / name).mkdir(parents=True)
        (inbound / name / "toys.ipynb").write_bytes(name.encode())
        (inbound / name / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    rows = collect(course, "toy", tmp_path / "exchange" / "course")
    assert 3 == len(rows)
    stamp = course.submitted("toy", "ann") / "timestamp.txt"
    assert "2024-01-06 14:12:40.500000 UTC" == stamp.read_text()
    assert group_id("bo+b") in course.groups("toy")
    assert [Action.UNCHANGED] * 3 == [row.action for row in collect(course, "toy", inbound)]


@pytest.mark.parametrize("place", ["", "demo", "demo/inbound"])
def test_course_is_no_group_and_outbound_no_hand_in(course, tmp_path, place):
    exchange = handed_in(tmp_path / "exchange", "demo", "alice+toy", "bob+toy")
    handed_in(exchange, "other", "alice+week12")
    rows = collect(course, "toy", exchange / place)
    assert ["alice", "bob"] == [row.group for row in rows]
    assert [(COPY,)] * 2 == [row.notes for row in rows]
    assert NOTEBOOK == (course.submitted("toy", "alice") / "toys.ipynb").read_bytes()


def test_packed_exchange_is_a_copy(course, tmp_path):
    files = [(f"exchange/demo/inbound/alice+toy+{TIME}/toys.ipynb", NOTEBOOK), ("exchange/demo/outbound/toy/x", b"x")]
    assert (COPY,) == only(collect(course, "toy", packed(tmp_path / "all.zip", files))).notes


def test_several_courses_with_the_week_are_refused_unless_the_course_has_its_name(course, tmp_path):
    exchange = handed_in(tmp_path / "exchange", "demo", "alice+toy")
    handed_in(exchange, "other", "zoe+toy")
    with pytest.raises(CourseError, match=r"in several courses \(demo, other\): name one of them"):
        collect(course, "toy", exchange)
    assert [] == course.groups("toy")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.CourseDirectory.course_id = "other"\n')
    assert ["zoe"] == [row.group for row in collect(course, "toy", exchange)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give folders away")
def test_folder_of_another_user_is_refused_in_the_live_exchange(course, tmp_path):
    exchange = handed_in(tmp_path / "exchange", "demo", "root+toy", "bin+toy", "alice+toy")
    os.chown(exchange / "demo" / "inbound" / f"bin+toy+{TIME}", 2, 2)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"\nc.Exchange.root = {str(exchange)!r}\n")
    rows = {row.group: row for row in collect(course, "toy", exchange / "demo")}
    assert {"root": Action.NEW, "bin": Action.NEW, "alice": Action.REFUSED} == {g: r.action for g, r in rows.items()}
    assert "belongs to root, not to alice" in rows["alice"].notes[-1]
    assert ["bin", "root"] == course.groups("toy")
    config.write_text(config.read_text() + "\nc.ExchangeCollect.check_owner = False\n")
    assert "alice" in [row.group for row in collect(course, "toy", exchange) if row.action is Action.NEW]

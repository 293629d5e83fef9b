"""What following a batch looks like: lines, JSON lines, a table."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from nbviva.cli.following import in_json, in_lines, on_screen
from nbviva.grading.progress import OneDone, Over, SaidOfAll, Standing, Started, Ticked, Told

BEGUN = Standing(total=5, fresh=1)
AT = replace(BEGUN, seconds=20.0).told(Told(7, "ada", "running [cells]"))
DONE = replace(AT, seconds=130.0).finished("ada", fault=False)
FAULTY = replace(DONE, seconds=140.0).finished("ben", fault=True)
EVENTS = (
    Started(BEGUN), Ticked(AT), OneDone(DONE, "ada", ""), SaidOfAll("All is slow."),
    OneDone(FAULTY, "ben", "It [broke]."), Over(),
)  # fmt: skip


def test_a_line_for_each_hand_in():
    heard = []
    for event in EVENTS:
        in_lines(heard.append)(event)
    assert [
        "5 hand-ins, 1 unchanged since graded.",
        "ada: graded (2 of 5 done, about 6 min left)",
        "All is slow.",
        "ben: It [broke]. (3 of 5 done, 1 with a fault of ours, about 2 min left)",
    ] == heard


def test_what_a_transcript_answered_is_told():
    event, lines, objects = OneDone(Standing(5, 1, replayed=1), "cem", "", from_transcript=True), [], []
    in_lines(lines.append)(event)
    in_json(objects.append)(event)
    assert ["cem: marked from its transcript (2 of 5 done)"] == lines
    assert json.loads(objects[0])["from_transcript"] is True


def test_an_object_for_each_event():
    heard = []
    for event in EVENTS:
        in_json(heard.append)(event)
    assert [
        {"event": "begin", "total": 5, "fresh": 1},
        {"event": "graded", "group": "ada", "fault": "", "left": 3, "seconds_left": 390.0},
        {"event": "note", "sentence": "All is slow."},
        {"event": "graded", "group": "ben", "fault": "It [broke].", "left": 2, "seconds_left": 140.0},
    ] == [json.loads(line) for line in heard]


def test_the_table_shows_workers_and_leaves_faults_and_remarks_above():
    def seen(*events):
        written = io.StringIO()
        show = on_screen(Console(file=written, force_terminal=True, width=100, color_system=None))
        for event in (*events, Over()):
            show(event)
        return written.getvalue()

    assert "running [cells]" in seen(*EVENTS[:2])
    text = seen(*EVENTS[:-1])
    for part in ("All is slow.", "ben: It [broke].", "3 of 5 done"):
        assert part in text


@pytest.mark.parametrize(("worker", "left"), [(7, 1), (8, 2)])
def test_a_worker_is_at_one_thing_at_a_time(worker, left):
    assert left == len(AT.told(Told(worker, "cem", "starting")).at)

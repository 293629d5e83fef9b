"""The outer bound: whatever a hand-in costs us, it ends, is left to a person, and the next goes on."""

import contextlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from pebble import ProcessExpired

from nbviva.errors import Refused
from nbviva.grading import bound
from nbviva.grading.bound import Overspent, bounded
from nbviva.grading.grade import grade
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome
from nbviva.handin.door import Handin
from nbviva.kernel.room import Room
from nbviva.processes.workers import run
from nbviva.sandbox.limits import CPU_GRACE, MIB
from nbviva.sandbox.provisioner import refusal

needs_a_sandbox = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))


def spin():
    """Take CPU time without an end."""
    while True:
        sum(range(1000))


def test_who_takes_too_much_cpu_is_told():
    with pytest.raises(Overspent, match=r"more than 0.2 s of the examiner's own CPU time"), bounded(0.2):
        spin()


def test_who_catches_every_exception_is_told_all_the_same():
    def stubborn():
        try:
            spin()
        except Exception:  # noqa: BLE001 - as a check does
            spin()

    with pytest.raises(Overspent), bounded(0.2):
        stubborn()


def test_who_runs_in_a_thread_is_told():
    """As nbgrader's autograde and a cluster's worker do."""

    def job():
        with bounded(0.3):
            spin()

    with ThreadPoolExecutor(1) as apart, pytest.raises(Overspent, match=r"more than 0.3 s"):
        apart.submit(job).result()


def test_too_much_memory_is_refused():
    with bounded(memory=200 * MIB):
        assert 1 == np.ones(10 * MIB, np.int8)[-1]
        with pytest.raises(MemoryError):
            np.ones(300 * MIB, np.int8)
    assert 1 == np.ones(300 * MIB, np.int8)[-1]


def test_what_was_before_is_there_afterwards():
    import resource

    kinds = (resource.RLIMIT_CPU, resource.RLIMIT_DATA)
    before = [resource.getrlimit(kind) for kind in kinds], signal.getsignal(signal.SIGPROF)
    with bounded():
        assert before[0] != [resource.getrlimit(kind) for kind in kinds]
    assert before == ([resource.getrlimit(kind) for kind in kinds], signal.getsignal(signal.SIGPROF))
    assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_PROF)


def test_the_limit_is_set_by_the_clock_that_it_is_counted_by(monkeypatch):
    """After many short jobs that clock may be seconds before the exact one, and a limit in between over at once."""
    import resource

    monkeypatch.setattr(bound, "counted_seconds", lambda: 5000.0)
    with bounded(10):
        assert 5000 + 10 + CPU_GRACE + 1 == resource.getrlimit(resource.RLIMIT_CPU)[0]


def test_a_bound_inside_of_another_leaves_that_in_force():
    def two():
        with contextlib.suppress(Overspent), bounded(0.2):
            spin()
        spin()

    with pytest.raises(Overspent, match=r"more than 0.5 s"), bounded(0.5):
        two()


def test_what_a_class_costs_is_bounded_by_its_size(monkeypatch):
    monkeypatch.setattr(bound, "CLASS_SECONDS", 0.1)
    monkeypatch.setattr(bound, "EACH_SECONDS", 0.1)
    with pytest.raises(Refused, match=r"The list took more than 0.3 s of CPU time"), bound.bounded_class("The list", 2):
        spin()


def deaf(job, folder):
    """Take CPU time where nobody can be told, or none."""
    vars(bound).update(CPU_SECONDS=0.2, CPU_GRACE=0)
    with bounded():
        if job == "deaf":
            signal.signal(signal.SIGPROF, signal.SIG_IGN)
            spin()
    return os.getpid()


def test_process_that_cannot_be_told_is_ended(tmp_path):
    finished = {item.job: item for item in run(deaf, [(name, tmp_path) for name in ("deaf", "other")], 1)}
    assert isinstance(finished["deaf"].error, ProcessExpired)
    assert finished["other"].error is None


@needs_a_sandbox
@pytest.mark.parametrize("kind", ["cpu", "memory"])
def test_hand_in_that_costs_too_much_is_left_to_a_person(course, hand_in, monkeypatch, kind):
    """The week's one check never ends, or asks for more memory than there is."""
    hand_in(course, "g")
    item = submission(course, "toy", "g", Room())

    def costly(student):
        assert student.double(np.ones(3)) is not None
        if kind == "cpu":
            spin()
        np.ones(400 * MIB, np.int8)

    checks = (replace(item.week.checks[0], function=costly, needs=()),)
    monkeypatch.setattr(bound, "CPU_SECONDS", 3.0)
    monkeypatch.setattr(bound, "MEMORY", 300 * MIB)
    week = replace(item.week, checks=checks)
    report = grade(replace(item, handin=Handin("g", item.handin.came, week))).report
    (verdict,) = report.verdicts
    assert report.needs_person
    assert Outcome.ERROR is verdict.outcome
    assert ("CPU time" in verdict.detail) == (kind == "cpu")

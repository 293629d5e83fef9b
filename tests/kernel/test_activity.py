"""Whether a process was kept waiting by others, or by itself."""

import os
import signal
import subprocess
import sys
import time

import pytest

from nbviva.kernel.activity import Activity


def watched(code, seconds, signals=()):
    """Look at a Python process that runs this code."""
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        time.sleep(0.5)
        for number in signals:
            process.send_signal(number)
        activity, end = Activity(process.pid), time.monotonic() + seconds
        while time.monotonic() < end:
            activity.sample()
            time.sleep(0.05)
        return activity
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("code", "signals", "starved"),
    [
        ("import time; time.sleep(60)", (), False),
        ("while True: pass", (signal.SIGSTOP,), True),
    ],
)
def test_who_sleeps_waits_for_nobody_and_who_is_stopped_does(code, signals, starved):
    assert starved == watched(code, 1.0, signals).starved


def test_who_computes_beside_many_on_one_core_is_kept_waiting():
    (core, *_) = cores = os.sched_getaffinity(0)
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(5)]
    try:
        for process in others:
            os.sched_setaffinity(process.pid, {core})
        busy = f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
        assert watched(busy, 3.0).starved
    finally:
        for process in others:
            process.kill()
            process.wait()
        os.sched_setaffinity(0, cores)


def test_process_that_is_gone_wants_nothing():
    activity = Activity(0)
    activity.sample()
    assert not activity.starved

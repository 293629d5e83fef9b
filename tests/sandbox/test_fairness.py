"""One share of the CPU for a kernel without a control group: how nice its threads are made."""

import os
import subprocess
import sys
import time

import pytest

from nbviva.sandbox import fairness
from nbviva.sandbox.cgroup import process_tree
from nbviva.sandbox.fairness import CpuWatch, niceness

SPIN = "import os, time\nfor _ in range(3): os.fork()\nend = time.monotonic() + 5\nwhile time.monotonic() < end: pass"


@pytest.mark.parametrize(("threads", "busy", "nice"), [(0, True, 0), (1, False, 0), (1, True, 4), (40, False, 17)])
def test_threads_weigh_as_much_as_one_together(threads, busy, nice):
    assert nice == niceness(threads, busy=busy)
    assert not threads or threads * (1 + busy) / 1.25**nice <= 1


def test_what_a_kernel_starts_is_made_nicer_and_the_kernel_is_not(monkeypatch):
    monkeypatch.setattr(fairness, "INTERVAL", 0.01)
    with subprocess.Popen([sys.executable, "-c", SPIN]) as kernel:
        watch = CpuWatch(kernel.pid, kernel.pid)
        watch.start()
        end = time.monotonic() + 4
        while time.monotonic() < end and not max(_nice(kernel.pid)):
            time.sleep(0.01)
        watch.stop()
        found = _nice(kernel.pid)
        kernel.kill()
    assert (0, True) == (min(found) - os.getpriority(os.PRIO_PROCESS, 0), max(found) > 0)


def _nice(pid):
    """Give how nice a process and those below it are, its own first."""
    return [os.getpriority(os.PRIO_PROCESS, process) for process in process_tree(pid)]

"""Uses more CPU time than a process may and catches the signal that says so."""

from nbviva.kernel.room import Clock
from nbviva.sandbox.limits import Limits

CELLS = [
    """
import signal
signal.signal(signal.SIGXCPU, lambda *args: None)
while True:
    pass
""",
]
LIMITS = Limits(cpu_seconds=2)
CLOCK = Clock(cell=120, grace=2, notebook=130)  # a busy machine gives its three seconds of the processor late
SECONDS = 120


def after(report, notebook, outside):
    assert "were not run" in str(report.notes)

"""Leaves work for the end: exit functions, collector callbacks, finalisers and signal handlers that do not let go."""

CELLS = [
    """
import atexit, gc, os, signal, time, weakref

def stay(*args):
    time.sleep(1000)

atexit.register(stay)
os.register_at_fork(before=stay)
gc.callbacks.append(lambda phase, info: None)
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGCHLD}:
    signal.signal(number, signal.SIG_IGN if number == signal.SIGTERM else stay)

class Last:
    def __del__(self):
        time.sleep(1000)
last = Last()
""",
]

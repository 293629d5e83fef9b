"""Stops its own kernel, which is then neither dead nor alive, after a child is told to wake it much later."""

CELLS = [
    """
import os, signal, time
me = os.getpid()
if not os.fork():
    time.sleep(600)
    os.kill(me, signal.SIGCONT)
    os._exit(0)
os.kill(me, signal.SIGSTOP)
""",
]
SECONDS = 20

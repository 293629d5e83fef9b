"""Sleeps forever in each answer and ignores interruptions."""

ANSWERS = {
    "double_answer": """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
def double(x):
    if x == 2:
        return 4
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
""",
}


def after(report, notebook, outside):
    assert outside.seconds < 25

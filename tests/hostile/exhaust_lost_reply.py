"""Ends a cell after its time with a reply that is too large to be read; who waits for it must not wait for good."""

from nbviva.kernel.room import Clock

CLOCK = Clock(cell=3, grace=5, notebook=20)
CELLS = [
    """
import time
send = get_ipython().kernel.session.send
def larger(stream, kind, content=None, *args, **options):
    content = {**content, "evalue": "y" * 40_000_000} if kind == "execute_reply" else content
    return send(stream, kind, content, *args, **options)
get_ipython().kernel.session.send = larger
end = time.monotonic() + 3.3
while time.monotonic() < end:
    try:
        time.sleep(0.1)
    except BaseException:
        pass
"""
]


def after(report, notebook, outside):
    assert outside.processor < 10  # nor look without a pause

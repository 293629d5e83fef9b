"""Lets other threads answer while the main one is still thinking, each with another guess."""

from forge import answering

CELLS = [
    answering("[tree(0.0)]").replace(
        "kernel = get_ipython()",
        """
import threading, time
first = forged
def forged(stream, identity, parent):
    def one(guess):
        kernel.session.send(stream, "viva_reply", {}, parent=parent, ident=identity, buffers=[tree(guess)])
    threads = [threading.Thread(target=one, args=(float(guess),)) for guess in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
kernel = get_ipython()""",
    ),
]

"""Answers every question three times: an error first, then twice a guess, once by the same signature."""

from forge import answering

CELLS = [
    answering("[tree(0.0)]").replace(
        "kernel = get_ipython()",
        """
once = forged
def forged(stream, identity, parent):
    for answer in ([b"[]"], [tree(0.0)], [tree(0.0)], [tree(1.0)]):
        kernel.session.send(stream, "viva_reply", {}, parent=parent, ident=identity, buffers=answer)
    kernel.session.digest_history.clear()
kernel = get_ipython()""",
    ),
]

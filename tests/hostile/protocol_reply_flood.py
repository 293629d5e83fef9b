"""Floods the examiner with large answers to nothing while it waits for the one that it asked for."""

from forge import answering

CELLS = [
    answering("[tree(0.0)]").replace(
        "kernel = get_ipython()",
        """
def forged(stream, identity, parent):
    block = bytes(8 << 20)
    for number in range(400):
        kernel.session.send(stream, "viva_reply", {}, parent={"msg_id": str(number)}, ident=identity, buffers=[block])
kernel = get_ipython()""",
    ),
]

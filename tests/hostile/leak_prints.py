"""Prints its inputs while it is asked, to every stream, as a display, and as a warning."""

ANSWERS = {
    "double_answer": """
import logging, sys, os, warnings
from IPython.display import display
def double(x):
    print(repr(x))
    print(repr(x), file=sys.stderr)
    os.write(1, repr(x).encode())
    display(x)
    warnings.warn(repr(x))
    logging.error(repr(x))
    get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, "stream", {"name": "stdout", "text": repr(x)})
    return 0.0
""",
}

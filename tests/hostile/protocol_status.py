"""Forges status messages so that its cells look finished before they are, and never idle after."""

CELLS = [
    """
kernel = get_ipython().kernel
send = kernel.session.send
parent = kernel.get_parent("shell")
for state in ("idle", "dead", "starting", None, 7, ["idle"]):
    send(kernel.iopub_socket, "status", {"execution_state": state}, parent=parent)
send(kernel.iopub_socket, "status", {}, parent=parent)
import time
time.sleep(0.5)
kernel.session.send = lambda stream, kind, *args, **options: (
    None if kind == "status" else send(stream, kind, *args, **options))
""",
]

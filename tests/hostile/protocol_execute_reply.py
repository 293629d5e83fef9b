"""Forges the replies of its cells: each says that the cell went well, and some are no replies at all."""

CELLS = [
    """
kernel = get_ipython().kernel
send = kernel.session.send
parent = kernel.get_parent("shell")
shapes = [{}, {"status": "ok"}, {"status": 5}, {"status": "error", "ename": [], "evalue": {}, "traceback": 7}]
for content in shapes:
    send(kernel.shell_socket if hasattr(kernel, "shell_socket") else kernel.iopub_socket, "execute_reply", content,
         parent=parent, ident=parent.get("idents"))
def other(stream, kind, content=None, *args, **options):
    return send(stream, kind, {} if kind == "execute_reply" else content, *args, **options)
kernel.session.send = other
""",
]

"""Sends outputs of every wrong shape, each a signed message with the right parent."""

CELLS = [
    """
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")
deep = "x"
for _ in range(400):
    deep = [deep]
contents = [{}, {"data": 5}, {"data": {"text/plain": deep}, "metadata": []}, {"transient": 5},
            {"name": 5, "text": {}},
            {"transient": {"display_id": []}, "data": {}, "metadata": {}}, {"wait": deep},
            {"ename": deep, "traceback": 1},
            {"transient": {"display_id": "a"}, "data": {"text/html": "<b>"}, "metadata": {}},
            {"execution_count": deep}]
for kind in ("stream", "display_data", "execute_result", "error", "clear_output", "update_display_data", "comm_open"):
    for content in contents:
        kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
""",
    "print('still here')",
    "get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, 'display_data', {}, parent=parent)",
]

"""Sends forged answers for questions that have not been asked yet, with guessed and with empty parents."""

CELLS = [
    """
import json
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")
good = [json.dumps(["tuple", "ok", 7.0]).encode()]
for header in ({}, {"msg_id": ""}, {"msg_id": None}, parent["header"], {**parent["header"], "msg_type": "viva_ask"}):
    for stream in (kernel.iopub_socket, getattr(kernel, "shell_stream", None)):
        try:
            kernel.session.send(stream, "viva_reply", {}, parent=header, ident=parent.get("idents"), buffers=good)
        except Exception as error:
            print(type(error).__name__)
""",
]

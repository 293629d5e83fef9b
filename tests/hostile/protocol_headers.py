"""Signs envelopes whose headers are deep, huge, half texts or impossible dates."""

CELLS = [
    """
import json, zmq
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent("shell")
iopub = getattr(kernel.iopub_socket, "io_thread", None)
header = json.dumps({"msg_id": "a", "msg_type": "stream", "date": "9999-99-99T99:99:99.999999Z"}).encode()
content = json.dumps({"name": "stdout", "text": "2024-13-45T25:61:61Z"}).encode()
above = json.dumps({**parent["header"], "date": "0000-00-00T00:00:00Z"}, default=str).encode()
envelopes = [
    [header, above, b"{}", content],
    [b"[" * 100_000, above, b"{}", content],
    [header, b"null", b"5", b"[]"],
    [header, above, b"{}", b'{"a":' * 5000 + b"1" + b"}" * 5000],
    [b'{"msg_id": "\\\\ud800", "msg_type": "\\\\udfff", "date": null}', above, b"{}", content],
    [b"\\xff\\xfe", b"\\x00", b"", b"NaN"],
    [b'{"msg_id": 1e999, "msg_type": 7}', above, b"{}", b'{"n": ' + b"9" * 5000 + b"}"],
    [header],
    [],
]
for parts in envelopes:
    signed = session.sign(parts) if parts else b""
    for prefix in ([b"stream"], []):
        kernel.iopub_socket.send_multipart([*prefix, b"<IDS|MSG>", signed, *parts])
""",
]

"""Reads the connection file and speaks to its own kernel as if it were the examiner."""

CELLS = [
    """
import json, glob, jupyter_client
from jupyter_client.session import Session
for name in glob.glob("/run/nbviva/*.json"):
    about = json.load(open(name))
    client = jupyter_client.BlockingKernelClient()
    client.load_connection_info(about)
    client.start_channels()
    client.session.send(client.shell_channel.socket, "viva_ask", {}, buffers=[b'["tuple","read",0,"double"]'])
    client.session.send(client.control_channel.socket, "shutdown_request", {"restart": True})
""",
]

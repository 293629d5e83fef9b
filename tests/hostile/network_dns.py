"""Asks for names by every resolver there is, to carry data out in them."""

CELLS = [
    """
import socket
for name in ("example.org", "needle.example.org", "localhost.localdomain", "host.docker.internal"):
    try:
        print("resolved", socket.getaddrinfo(name, 80))
    except OSError as error:
        print(type(error).__name__)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    for address in ("8.8.8.8", "127.0.0.53", "255.255.255.255"):
        try:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            line.sendto(b"\\x00\\x01" * 20, (address, 53))
            print("sent", address) if address == "8.8.8.8" else None
        except OSError as error:
            print(error.errno)
""",
]


def after(report, notebook, outside):
    said = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert "resolved" not in said
    assert "sent" not in said

"""Opens sockets of every other family: packet, netlink, vsock, Bluetooth, CAN, the kernel's ciphers, raw IP."""

CELLS = [
    """
import socket
for family in range(3, 46):
    if family in (socket.AF_INET6, 16):
        continue
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
            print("opened", family, kind)
        except OSError:
            pass
for protocol in range(1, 22):
    try:
        socket.socket(16, socket.SOCK_RAW, protocol).close()
        print("opened netlink", protocol)
    except OSError:
        pass
for protocol in (1, 255):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol).close()
        print("opened raw", protocol)
    except OSError:
        pass
""",
]


def after(report, notebook, outside):
    assert "opened" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)

"""Brings up interfaces, routes and tunnels of its own by netlink and ioctl."""

CELLS = [
    """
import fcntl, os, socket, struct
with socket.socket(16, socket.SOCK_RAW, 0) as route:
    route.bind((0, 0))
    body = struct.pack("=BxHiII", 0, 1, 1, 1, 1)
    route.send(struct.pack("=IHHII", 16 + len(body), 16, 5, 1, 0) + body)
    print("answer", struct.unpack_from("=i", route.recv(4096), 16))
with socket.socket() as line:
    for request in (0x8914, 0x8916, 0x89A0, 0x890B):
        try:
            fcntl.ioctl(line, request, struct.pack("16sH22x", b"eth0", 1))
            print("done", hex(request))
        except OSError as error:
            print(error.errno)
try:
    os.open("/dev/net/tun", os.O_RDWR)
    print("done tun")
except OSError as error:
    print(error.errno)
""",
]


def after(report, notebook, outside):
    assert "done" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)

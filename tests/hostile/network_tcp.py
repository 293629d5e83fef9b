"""Connects by TCP to a service of the machine's own, to others, and listens for others."""

CELLS = [
    """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", @PORT@)), (socket.AF_INET6, ("::1", @PORT@)),
                        (socket.AF_INET, ("1.1.1.1", 443)), (socket.AF_INET, ("169.254.169.254", 80)),
                        (socket.AF_INET, ("10.0.0.1", 22))):
    try:
        with socket.socket(family) as line:
            line.settimeout(1)
            line.connect(address)
            print("connected", address)
    except OSError as error:
        print(error.errno)
import urllib.request
try:
    print("connected", urllib.request.urlopen("http://127.0.0.1:@PORT@", timeout=1).read())
except OSError:
    pass
""",
]


def after(report, notebook, outside):
    assert "connected" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)

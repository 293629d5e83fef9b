"""Connects to unix sockets of the machine: an abstract one, the container engine's, the message bus, the logger."""

CELLS = [
    """
import socket
for name in ("\\0@ABSTRACT@", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/dev/log", "/run/systemd/private",
             "/run/podman/podman.sock", "/tmp/.X11-unix/X0", "\\0/tmp/.X11-unix/X0"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(socket.AF_UNIX, kind) as line:
                line.connect(name)
                print("connected", repr(name))
        except OSError as error:
            print(error.errno)
""",
]


def after(report, notebook, outside):
    assert "connected" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)

"""Closes the kernel's connections, takes the places of its sockets, and answers whatever knocks with plain bytes."""

CELLS = [
    """
import glob, os, socket, threading
def serve(name):
    os.unlink(name)
    door = socket.socket(socket.AF_UNIX)
    door.bind(name)
    door.listen()
    while True:
        guest, _ = door.accept()
        guest.sendall(b"\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x7f\\x03\\x00NULL" + bytes(48) + b"\\x00\\x02ok")
for name in glob.glob("/run/nbviva/k-*"):
    threading.Thread(target=serve, args=(name,), daemon=True).start()
for number in range(3, 100):
    try:
        socket.socket(fileno=os.dup(number)).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
""",
]

"""Floods the examiner with twenty thousand small forged outputs, in a cell and in an answer."""

CELLS = [
    """
kernel = get_ipython().kernel
send = kernel.session.send
def flood(number=5_000):
    for i in range(number):
        send(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * 50}, parent={"msg_id": str(i)})
flood()
""",
]
ANSWERS = {"double_answer": "def double(x):\n    flood(15_000)\n    return 0.0"}

"""Asks the examiner for input, in cells and in answers, and waits for it."""

CELLS = [
    """
kernel = get_ipython().kernel
kernel._allow_stdin = True
try:
    input("the secret, please: ")
except BaseException as error:
    print(type(error).__name__)
parent = kernel.get_parent("shell")
kernel.session.send(kernel.stdin_socket, "input_request", {"prompt": "x" * 100_000, "password": True}, parent=parent)
""",
]
ANSWERS = {"double_answer": "def double(x):\n    kernel._allow_stdin = True\n    return float(input('x'))"}

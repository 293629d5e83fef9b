"""Kills all processes that it may, itself among them, while it is asked."""

ANSWERS = {"double_answer": "import os\ndef double(x):\n    os.kill(-1, 9)\n    os.kill(os.getpid(), 9)"}
SECONDS = 10

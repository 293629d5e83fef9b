"""Answers with containers that contain themselves."""

ANSWERS = {
    "double_answer": "loop = []\nloop.append(loop)\nring = {}\nring['a'] = [ring]\ndef double(x):\n    return loop",
    "half_answer": "answer_half = ring",
}

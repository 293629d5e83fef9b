"""Answers a number with texts that become numbers in costly or surprising ways."""

ANSWERS = {
    "half_answer": "answer_half = '1e' + '9' * 30",
    "double_answer": """
import itertools
texts = itertools.cycle(["1/0", "0x7", "7_0", "nan", "inf", "1e999", "9" * 40 + "/1",
                         "1e-99999999", "\\u0667", " ", "-", "1" * 10**6])
def double(x):
    return next(texts)
""",
}

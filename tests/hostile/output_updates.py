"""Shows something small many times and then lets an update make each of them large."""

CELLS = [
    """
from IPython.display import display

for number in range(110):
    display({"text/plain": "x"}, raw=True, display_id="same")
for _ in range(4):
    display({"text/plain": "y" * 16_000_000, "image/png": "iVBORw0KGgo=" + "A" * 8_000_000}, raw=True,
            display_id="same", update=True)
""",
]


def after(report, notebook, outside):
    assert outside.seconds < 10

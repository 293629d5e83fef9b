"""Shows outputs that are nested and mixed beyond what their format allows."""

CELLS = [
    """
from IPython.display import display
deep = "x"
for _ in range(500):
    deep = {"text/plain": deep}
display(deep, raw=True)
display({"text/plain": ["a", 5, ["b"]], "image/png": ["x"]}, raw=True, metadata={"a": deep})
for number in range(500):
    display(number, display_id=f"n{number % 3}", update=number > 5)
""",
]

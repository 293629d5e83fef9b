"""Makes links to the grader's files in its working copy, hoping that somebody follows them for it."""

CELLS = [
    """
import os
for number, target in enumerate(["@COURSE@/gradebook.db", "@COURSE@/.nbviva/secret", "/etc/shadow", "/proc/1/mem"]):
    os.symlink(target, f"link{number}")
    os.symlink(target, f"data{number}.csv")
    try:
        os.link(target, f"hard{number}")
    except OSError as error:
        print(error.errno)
os.symlink("@COURSE@/source/toy/toys.ipynb", "toys.ipynb")
""",
]

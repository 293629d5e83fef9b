"""Writes into the course: marks, reports, feedback, checks, the configuration, and other hand-ins."""

CELLS = [
    """
import os
for name in ("gradebook.db", "nbgrader_config.py", "graders/toy/checks.py", "reports/toy/write_course/report.json",
             "submitted/others/toy/toys.ipynb", "@CANARY@", "source/toy/toys.ipynb", ".nbviva/secret"):
    for place in ("@COURSE@/", "/proc/1/root@COURSE@/", "../" * 12 + "@COURSE@/"[1:]):
        try:
            os.makedirs(os.path.dirname(place + name), exist_ok=True)
            with open(place + name, "a") as file:
                file.write("mine")
        except OSError as error:
            print(error.errno, name)
""",
]

"""Record reports in the gradebook: nbgrader's own autograde, on a staged copy in which every hand-in is whole."""

from __future__ import annotations

import shutil

from nbviva.course import Course
from nbviva.late import reapply
from nbviva.preprocessor import nbgrader


def record(course: Course, week: str, groups: list[str]) -> None:
    """Let nbgrader record the stored reports of these groups and write their feedback.

    nbgrader passes over a hand-in whose notebook is missing, misnamed or unreadable; the staged copy holds the notebook
    of each report in its place, so that every group has marks, a page in the formgrader, and feedback.
    """
    if not groups:
        return
    staged = course.root / ".nbviva" / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    notebook = f"{course.week(week).assignment.notebook}.ipynb"
    for group in groups:
        folder = staged / group / week
        folder.mkdir(parents=True)
        shutil.copyfile(course.report(week, group) / "notebook.ipynb", folder / notebook)
        stamp = course.submitted(week, group) / "timestamp.txt"
        if stamp.is_file() and not stamp.is_symlink():
            shutil.copyfile(stamp, folder / stamp.name)
    nbgrader(
        course, "autograde", week, "--force", f"--CourseDirectory.submitted_directory={staged.relative_to(course.root)}"
    )
    reapply(course, week)
    nbgrader(course, "generate_feedback", week, "--force")
    shutil.rmtree(staged)

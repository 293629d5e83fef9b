"""The one name that a course's nbgrader_config.py imports: `configure`, which makes nbgrader mark through nbviva."""

from nbviva.gradebook.nbgrader import configure

__all__ = ["configure"]

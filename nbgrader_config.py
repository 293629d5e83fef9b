"""An ordinary nbgrader course directory, marked by nbviva."""

from pathlib import Path

from nbviva.preprocessor import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by traitlets
c.CourseDirectory.course_id = "mlbio"
configure(c, Path(__file__).resolve().parent)

"""nbgrader's configuration of a course directory: whether it hands over to nbviva, its gradebook, who shares it."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbviva.errors import CourseError
from nbviva.files import OF_GROUP, make_folder, share

if TYPE_CHECKING:
    from traitlets.config import Config

CONFIG = "nbgrader_config.py"
SEAM = ("from nbviva.preprocessor import configure", "configure(get_config(), __file__)")  # a course's two lines
_WRITTEN = (".nbviva", "reports", "marks", "submitted", "autograded", "feedback", "requests")
NOT_CONFIGURED = (
    f"{CONFIG} does not call nbviva's configure, so nbgrader would run hidden tests in the student's kernel: run "
    f"'nbviva init', or add at its end these two lines: {'; '.join(SEAM)}"
)


def configuration(root: Path) -> Config:
    """Read nbgrader's own configuration of the course."""
    from traitlets.config import Config
    from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

    try:
        return PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except ConfigFileNotFound:
        return Config()


def require_configured(root: Path, *, thorough: bool = True) -> None:
    """Refuse a course whose marks nbgrader would decide without nbviva.

    Parameters
    ----------
    thorough
        Whether the configuration is run, which takes a second, if its text has the call.

    Raises
    ------
    CourseError
        With the lines to add.
    """
    if not (calls_configure(root / CONFIG) and not thorough) and not _hands_over(configuration(root)):
        raise CourseError(NOT_CONFIGURED)


def db_url(root: Path) -> str:
    """The gradebook: `NBVIVA_DB`, else nbgrader's `CourseDirectory.db_url`, else gradebook.db at the root."""
    url = os.environ.get("NBVIVA_DB") or str(configuration(root).CourseDirectory.get("db_url", ""))
    place = (url or "sqlite:///gradebook.db").removeprefix("sqlite:///")
    return url if place == url else f"sqlite:///{root.resolve() / place}"


def calls_configure(path: Path) -> bool:
    """Whether a configuration has the call in its text; one that has not may still make it through another file.

    Raises
    ------
    CourseError
        If it is no Python.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise CourseError(f"{path.name} is no Python ({error}): mend it first.") from None
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(getattr(call, "id", getattr(call, "attr", "")) == "configure" for call in calls)


def _hands_over(config: Config) -> bool:
    """Whether both ends of nbgrader's autograde are nbviva's: what is read, and what is recorded."""
    named = (config.Autograde.get(name, ()) for name in ("sanitize_preprocessors", "autograde_preprocessors"))
    return all(any(str(getattr(item, "__module__", item)).startswith("nbviva.") for item in items) for items in named)


def is_group_shared(root: Path) -> bool:
    """Whether several markers share it: nbgrader's `CourseDirectory.groupshared`."""
    path = root / CONFIG
    named = path.is_file() and b"groupshared" in path.read_bytes()  # else it need not be run, which takes a second
    return named and bool(configuration(root).CourseDirectory.get("groupshared", False))


def share_with_group(root: Path) -> None:
    """Let the markers' group have what nbviva writes, where they share the course; the secret they only read."""
    if not is_group_shared(root):
        return
    for place in _WRITTEN:
        make_folder(root / place)
        share(root / place)
    for path, mode in ((root / ".nbviva" / "secret", 0o640), (root / "gradebook.db", OF_GROUP)):
        with suppress(FileNotFoundError, PermissionError):  # another marker's, who lets the group in himself
            path.chmod(mode)

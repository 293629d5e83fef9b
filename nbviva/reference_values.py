"""What the week's own solution measured, kept by `nbviva verify` for the class report: a mark to see a class by."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from nbviva.course import Course
from nbviva.files import write


def keep(course: Course, week: str, values: Mapping[str, float]) -> None:
    """Keep the values by their names."""
    path = course.root / ".nbviva" / "reference" / f"{week}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps(dict(values)).encode())


def known(course: Course, week: str) -> dict[str, float]:
    """Give the values that were kept; none where the week was never verified, or the file is none of ours."""
    try:
        data = json.loads((course.root / ".nbviva" / "reference" / f"{week}.json").read_text("utf-8"))
        return {str(name): float(value) for name, value in data.items() if math.isfinite(value)}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}

"""What a person says of an adopted week, in `[assignment]`: fields of an assignment.toml, all of them optional."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbviva.week.allowance import read_allowance
from nbviva.week.feedback_rules import read_feedback_rules
from nbviva.week.spec import AssignmentFields

_TEXTS = ("course", "title", "term", "rule")
_KNOWN = (*_TEXTS, "due", "zone", "group_size", "late", "limits", "feedback")


def read_fields(path: Path, text: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Read them as fields of an `Assignment`.

    Raises
    ------
    SpecError
        With one sentence that names the line and the field to change.
    """
    reader, data = AssignmentFields(path, text), dict(said)
    if unknown := sorted(set(data) - set(_KNOWN)):
        reader.fail(unknown[0], f"is not known; [assignment] has {', '.join(_KNOWN)}")
    for name in _TEXTS:
        if type(data.get(name, "")) is not str:
            reader.fail(name, "must be a text")
    found: dict[str, Any] = {name: data[name] for name in _TEXTS if name in data}
    if "due" in data:
        found["due"] = reader.moment({"zone": "UTC", **data}, "due")
    if "group_size" in data:
        found["group_size"] = _size(reader, data["group_size"])
    if "late" in data:
        found["late"] = reader.late(data["late"])
    if "feedback" in data:
        found["feedback"] = read_feedback_rules(reader, data["feedback"])
    return {**found, **({"limits": read_allowance(reader, data["limits"])} if "limits" in data else {})}


def _size(reader: AssignmentFields, value: Any) -> int:
    if type(value) is not int or value < 1:
        reader.fail("group_size", "must be a whole number from 1")
    return value

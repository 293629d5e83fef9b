"""Which groups nbgrader can take: its tables hold text, and it looks for a group's name in one line of a path."""

from __future__ import annotations

LEFT = "nbgrader cannot take this folder's name into its gradebook: enter the marks by hand, or rename the folder."


def takes(group: str) -> bool:
    """Whether the gradebook can have this group; the report on one that it cannot have is all that there is."""
    return "\n" not in group and not any("\ud800" <= letter <= "\udfff" for letter in group)

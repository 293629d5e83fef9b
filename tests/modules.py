"""Weeks are modules of Python's, and Python keeps those of another test's course."""

import sys


def forget_weeks() -> None:
    """Let the weeks of the toy courses be imported anew."""
    for name in [name for name in sys.modules if name.startswith(("graders.toy", "graders.pair"))]:
        del sys.modules[name]

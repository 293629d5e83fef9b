"""The backends of the sandbox: who builds what a kernel lives in. `--sandbox NAME` or NBVIVA_SANDBOX chooses one.

A command asks `refusal` once before anything runs; Jupyter's kernel manager makes the provisioner for each kernel and
calls it as `nbviva.sandbox.provisioner` says; a batch starts a template where kernels can be forked; a report says
`name`. Each backend has to keep all promises of `nbviva.sandbox.self_check`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from nbviva.errors import CourseError

VARIABLE = "NBVIVA_SANDBOX"


@dataclass(frozen=True)
class Backend:
    """One way to build a sandbox.

    Attributes
    ----------
    provisioner
        The entry point of its kernel provisioner.
    refusal
        Gives one sentence where it cannot be used here, else None.
    forks
        Whether its kernels can be forked from a template.
    """

    name: str
    provisioner: str
    refusal: Callable[[], str | None]
    forks: bool


def _no_bubblewrap() -> str | None:
    from nbviva.sandbox import provisioner  # with Jupyter's client, which a call with nothing to do goes without

    return provisioner.refusal()


def _no_podman() -> str | None:
    from nbviva.sandbox import container

    return container.refusal()


BACKENDS = {
    "bubblewrap": Backend("bubblewrap", "nbviva-sandbox", _no_bubblewrap, forks=True),
    "podman": Backend("podman", "nbviva-container", _no_podman, forks=False),
}


def backend(name: str = "") -> Backend:
    """Give a backend by its name; without one the environment's, or bubblewrap.

    Raises
    ------
    CourseError
        If there is none of this name.
    """
    wanted = name or os.environ.get(VARIABLE) or "bubblewrap"
    if wanted not in BACKENDS:
        raise CourseError(f"There is no sandbox '{wanted}': choose one of {', '.join(BACKENDS)}.")
    return BACKENDS[wanted]

"""How a kernel is started: the one kernel that we know, whatever name a notebook gives."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

from nbviva.room import Room


class Specs(KernelSpecManager):
    """Knows one kernel only: ours, with the environment's own modules before anything of the hand-in's."""

    def __init__(self, room: Room, folder: Path) -> None:
        super().__init__()
        config = {"limits": room.limits, "working_copy": folder, "template": room.template}
        stanza = {"provisioner_name": "nbviva-sandbox", "config": config} if room.sandboxed else None
        self.known = KernelSpec(
            argv=[sys.executable, "-P", "-m", "nbviva.agent", "-f", "{connection_file}"],
            display_name="nbviva",
            language="python",
            metadata={"kernel_provisioner": stanza} if stanza else {},
        )

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Called by the kernel manager, whatever name it was given."""
        del kernel_name
        return self.known

"""A sandboxed kernel that tests look at from inside, started or forked."""

import ast
import contextlib
import sys
import textwrap
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Self

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from nbviva.sandbox import provisioner as sandbox
from nbviva.sandbox.limits import MIB, Limits

ROOMY = Limits(memory=1024 * MIB)

HOG = """
    hoard = []
    while True:
        hoard.append(bytearray(8 << 20))
"""


class Died(Exception):
    """The kernel ended while it was asked."""


class Specs(KernelSpecManager):
    """Knows one kernel: the one that a test asks for."""

    metadata: dict[str, Any]

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-P", "-m", "nbviva.inside.agent", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name=kernel_name, language="python", metadata=self.metadata)


class Kernel:
    """A kernel that runs code and gives back what it printed."""

    def __init__(self, working_copy: Path | None, limits: Limits, template: str = "") -> None:
        factory = KernelProvisionerFactory.instance()
        factory.provisioners["nbviva-sandbox"] = EntryPoint(
            "nbviva-sandbox", "nbviva.sandbox.provisioner:SandboxProvisioner", factory.GROUP_NAME
        )
        specs = Specs()
        config = {"limits": limits, "working_copy": working_copy, "template": template}
        specs.metadata = {"kernel_provisioner": {"provisioner_name": "nbviva-sandbox", "config": config}}
        self.manager = KernelManager(kernel_spec_manager=specs)

    def __enter__(self) -> Self:
        self.manager.start_kernel()
        self.connect()
        return self

    def connect(self) -> None:
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    @property
    def provisioner(self) -> sandbox.SandboxProvisioner:
        assert isinstance(self.manager.provisioner, sandbox.SandboxProvisioner)
        return self.manager.provisioner

    def run(self, code: str, timeout: float = 60) -> str:
        """Run code and return what it printed, or its traceback; raise `Died` as soon as the kernel is dead."""
        said: list[str] = []
        request = self.client.execute(textwrap.dedent(code), store_history=False, stop_on_error=False)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except Exception as error:  # the queue's Empty
                if self.manager.is_alive():
                    continue
                raise Died from error
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            said.append(content.get("text", "") + "\n".join(content.get("traceback", [])))
            if content.get("execution_state") == "idle":
                return "".join(said)
        raise TimeoutError("".join(said))

    def value(self, code: str) -> Any:
        """Run code and read the last line that it printed as a literal."""
        return ast.literal_eval(self.run(code).strip().splitlines()[-1])

    def error(self, statement: str) -> str:
        """The type of what a statement raises and its errno, or 'nothing'."""
        tried = f"""
            try:
                {statement}
                print("nothing")
            except BaseException as error:
                import errno
                print(errno.errorcode.get(getattr(error, "errno", None), type(error).__name__))
        """
        return self.run(tried).strip().splitlines()[-1]


def processes_named(name: str) -> list[int]:
    """Processes of the machine with a word in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if name.encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found

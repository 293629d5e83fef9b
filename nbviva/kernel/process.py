"""The process of a kernel: started in its room, asked, and ended with all that it has started."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from pathlib import Path
from subprocess import DEVNULL
from typing import Self

import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager

from nbviva.kernel.asking import Asking
from nbviva.kernel.jupyter import MAX_MESSAGE_BYTES, GuardedSession, Specs, quiet
from nbviva.kernel.room import Clock, Room, kernel_environment
from nbviva.kernel.sitting import StartFailed
from nbviva.sandbox.backends import backend

AGENT = "nbviva.inside.agent"


class KernelProcess:
    """A context manager: leaving it kills the kernel, whatever it is doing."""

    def __init__(self, folder: Path, room: Room | None, clock: Clock | None, program: str) -> None:
        """Prepare; nothing is started. `program` is the module that the kernel runs."""
        self.folder, self.room, self.clock = folder, room or Room(), clock or Clock()
        self._program, self._peak = program, 0

    def __enter__(self) -> Self:
        self._loop = asyncio.Runner()
        try:
            self._begin()
        except BaseException:
            self._loop.close()
            raise
        return self

    def _begin(self) -> None:
        self._context = zmq.asyncio.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        self._manager = AsyncKernelManager(
            kernel_name="nbviva",
            kernel_spec_manager=Specs(self.room, self.folder, self._program),
            session=GuardedSession(key=secrets.token_hex(32).encode()),
            context=self._context,
            log=quiet(),
        )
        try:
            self._loop.run(asyncio.wait_for(self._start(), self.clock.start))
        except BaseException as error:
            self._finish()
            if isinstance(error, Exception):
                raise StartFailed(f"The kernel could not be started: {error or type(error).__name__}") from error
            raise

    def __exit__(self, *_: object) -> None:
        try:
            self._finish()
        finally:
            self._loop.close()

    def _finish(self) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                self._loop.run(asyncio.wait_for(self._end(), self.clock.grace))
        finally:
            self._context.destroy(linger=0)  # one that is left open keeps the collector of garbage waiting for good

    async def _start(self) -> None:
        place = {"cwd": str(self.folder), "env": kernel_environment()}
        await self._manager.start_kernel(**place, stdout=DEVNULL, stderr=DEVNULL)
        self._client = self._manager.client(context=self._context)  # else it has one of its own, without our limits
        self._client.start_channels(hb=False)  # its thread could be kept from ending by what a kernel sends
        await self._client.wait_for_ready(timeout=self.clock.start)
        self._client.allow_stdin = False
        self._asking = Asking(self._manager, self._client)

    async def _is_alive(self) -> bool:
        return bool(await self._manager.is_alive())

    @property
    def kept_in(self) -> str:
        """How the kernel is kept apart, for the report: the sandbox, and who holds it to its memory; or `none`."""
        kind = getattr(self._manager.provisioner, "memory_limit_kind", None)
        return f"{backend(self.room.backend).name}, memory held by {kind}" if self.room.sandboxed else "none"

    @property
    def peak_memory(self) -> int:
        """The most bytes that the kernel has taken so far; 0 where nobody measures."""
        return max(self._peak, int(getattr(self._manager.provisioner, "peak_memory", 0)))

    @property
    def dropped(self) -> int:
        """The number of messages that were none."""
        return int(getattr(self._manager.session, "dropped", 0))

    async def _kill(self) -> None:
        if self._manager.has_kernel:
            await self._manager.shutdown_kernel(now=True)

    async def _end(self) -> None:
        await self._kill()
        if hasattr(self, "_client"):
            self._client.stop_channels()

    @property
    def _pid(self) -> int:
        return int(getattr(self._manager.provisioner, "pid", 0) or 0)

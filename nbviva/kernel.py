"""KernelStudent: start a hand-in's kernel, run its notebook, ask it questions, and die quietly.

Everything that comes back from the kernel passes `_guarded`, the only place with a blind `except`: whatever a hostile
kernel sends becomes `NoAnswer`. After a kernel's first death nothing more is asked of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from subprocess import DEVNULL
from typing import Any, Self

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from nbviva.codec import Frames
from nbviva.student import Died, NoAnswer, Student, TimedOut, UnreadableAnswer

StandIn = Callable[[], Mapping[str, object]]


@dataclass(frozen=True)
class Clock:
    """Wall-clock limits in seconds. They are generous: under load a cell takes many times its usual time."""

    start: float = 120.0
    cell: float = 300.0
    grace: float = 10.0
    notebook: float = 1200.0


class _Specs(KernelSpecManager):
    """Knows one kernel only: ours, started with the environment's own modules before anything of the hand-in's."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-P", "-m", "nbviva.agent", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name=kernel_name, language="python")


class _Client(NotebookClient):
    """nbclient with a cap on what a cell may print: the rest is dropped as it arrives, and said."""

    output_bytes = 2 << 20
    output_count = 500

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        used = self.used.get(cell_index, 0) + len(str(msg["content"]))
        self.used[cell_index] = used
        if used <= self.output_bytes and len(outs) < self.output_count:
            return super().output(outs, msg, display_id, cell_index)
        if not self.cut.get(cell_index):
            self.cut[cell_index] = True
            outs.append(new_output("stream", name="stderr", text="\n[The rest of this output was cut.]\n"))
        return None

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets: they could register hooks that swallow outputs."""

    def __init__(self, nb: NotebookNode, **options: Any) -> None:
        self.used: dict[int, int] = {}
        self.cut: dict[int, bool] = {}
        super().__init__(nb, **options)


class KernelStudent:
    """A hand-in in its kernel. A context manager: leaving it kills the kernel, whatever it is doing."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder, self.clock = folder, clock or Clock()
        self.student = Student(self._carry)
        self.death = ""

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._manager = AsyncKernelManager(kernel_name="nbviva", kernel_spec_manager=_Specs(), log=_quiet())
        self._guarded(self._start(), self.clock.start)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._guarded(self._manager.shutdown_kernel(now=True), self.clock.grace, even_dead=True)
        except NoAnswer:
            pass  # it is being killed: there is nobody left to answer
        finally:
            self._runner.close()

    async def _start(self) -> None:
        await self._manager.start_kernel(
            cwd=str(self.folder), env=kernel_environment(), stdout=DEVNULL, stderr=DEVNULL
        )
        self._client = self._manager.client()
        self._client.start_channels()
        await self._client.wait_for_ready(timeout=self.clock.start)
        self._client.allow_stdin = False

    def run(self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn]) -> None:
        """Run the code cells in order and leave their outputs in the notebook.

        Parameters
        ----------
        stand_ins
            By the index of a cell: what is called in its place. It returns the variables that the cell would have
            set; the cell keeps the outputs that it has.
        """
        runner = _Client(notebook, km=self._manager, timeout=int(self.clock.cell), allow_errors=True, log=_quiet())
        runner.reset_execution_trackers()
        end = time.monotonic() + self.clock.notebook
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or self.death:
                continue
            if index in stand_ins:
                self._set(stand_ins[index]())
            elif time.monotonic() > end:
                self._bury(f"The notebook ran longer than its {self.clock.notebook:.0f} s.")
            else:
                self._run_cell(runner, cell, index)

    def _run_cell(self, runner: _Client, cell: NotebookNode, index: int) -> None:
        runner.kc = self._client
        try:
            self._guarded(runner.async_execute_cell(cell, index), self.clock.cell + 2 * self.clock.grace)
        except NoAnswer as error:
            text = [str(error)]
            cell.outputs = [*cell.outputs, new_output("error", ename=type(error).__name__, evalue="", traceback=text)]

    def _set(self, names: Mapping[str, object]) -> None:
        try:
            for name, value in names.items():
                self.student[name] = value
        except NoAnswer:
            pass  # a cell that needs the name will say so, in the student's own notebook

    def _carry(self, frames: Frames, seconds: float) -> Frames:
        return self._guarded(self._ask(frames), seconds)

    async def _ask(self, frames: Frames) -> Frames:
        session, channel = self._client.session, self._client.shell_channel
        question = session.send(channel.socket, "viva_ask", {}, buffers=list(frames))
        while True:
            try:
                reply = await channel.get_msg(timeout=1.0)
            except Empty:
                if not await self._manager.is_alive():
                    raise Died("your notebook's kernel died.") from None
                continue
            if reply["parent_header"].get("msg_id") == question["header"]["msg_id"]:
                return [bytes(part) for part in reply["buffers"]]

    def _guarded(self, work: Coroutine[Any, Any, Any], seconds: float, *, even_dead: bool = False) -> Any:
        """Await what the kernel does; raise `NoAnswer` for all that can go wrong with it, and nothing else."""
        if self.death and not even_dead:
            work.close()
            raise Died(self.death)
        try:
            return self._runner.run(asyncio.wait_for(work, seconds))
        except (TimeoutError, CellTimeoutError):
            self._bury(f"It took longer than its {seconds:.0f} s and was ended.")
            raise TimedOut(self.death) from None
        except NoAnswer as error:
            self._bury(str(error))
            raise
        except Exception as error:  # noqa: BLE001 - the one choke point: the kernel's bytes may raise anything
            if self._is_alive():
                raise UnreadableAnswer(f"what came back could not be read ({type(error).__name__}).") from None
            self._bury("Your notebook's kernel died.")
            raise Died(self.death) from None

    def _is_alive(self) -> bool:
        return bool(self._manager.has_kernel and self._runner.run(self._manager.is_alive()))

    def _bury(self, why: str) -> None:
        self.death = self.death or why
        if self._manager.has_kernel:
            self._runner.run(self._manager.shutdown_kernel(now=True))


def kernel_environment() -> dict[str, str]:
    """Give the environment of a kernel: nothing of the grader's but paths, and one thread for each numeric library."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "TMPDIR", "MPLCONFIGDIR")
    blas = (name for name in os.environ if name.startswith(("OPENBLAS_", "NVPL_")))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    environment = {name: os.environ[name] for name in (*kept, *blas) if name in os.environ}
    return {**environment, **threads, "PYTHONHASHSEED": "0", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def _quiet() -> logging.Logger:
    """Give a logger that is silent: what a student's kernel says is no news of the grader's."""
    logger = logging.getLogger("nbviva.kernel")
    logger.setLevel(logging.CRITICAL)
    return logger

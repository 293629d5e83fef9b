"""KernelStudent: start a hand-in's kernel, run its notebook, ask it questions, and die quietly.

Everything that comes back from the kernel passes `_guarded`, the only place with a blind `except`: whatever a hostile
kernel sends becomes `NoAnswer`. After a kernel's first death nothing more is asked of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from queue import Empty
from subprocess import DEVNULL
from typing import Any, Self

import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager

from nbviva.inside import CAPS, Frames, encode
from nbviva.kernel.activity import Activity
from nbviva.kernel.jupyter import MAX_MESSAGE_BYTES, CellRunner, GuardedSession, Specs
from nbviva.kernel.room import Clock, Room, kernel_environment
from nbviva.kernel.sitting import NO_STAGES, RunEnd, StandIn, Tell, untold
from nbviva.kernel.student import Died, NoAnswer, Student, TimedOut, UnreadableAnswer
from nbviva.notebooks import NotebookNode, new_output
from nbviva.sandbox.backends import backend


class StartFailed(RuntimeError):
    """The kernel could not be started: our fault, not the student's. The text says what to do."""


class KernelStudent:
    """A hand-in in its kernel. A context manager: leaving it kills the kernel, whatever it is doing."""

    late_answers_most = 3
    growth_bytes = 1 << 30  # of the asking process, while it waits for a kernel that floods it

    def __init__(
        self, folder: Path, room: Room | None = None, clock: Clock | None = None,
        tell: Tell = untold, *, until: int | None = None,
    ) -> None:  # fmt: skip
        """Prepare; nothing is started.

        Parameters
        ----------
        until
            The index of a cell that ended this hand-in's kernels: it and those after it are not run. Of a test cell
            no later cell needs anything, so that it alone is left out.
        """
        self.folder, self.room, self.clock = folder, room or Room(), clock or Clock()
        self.student = Student(self._carry)
        self.death = self.left_out = ""
        self._until, self._tell = until, tell
        self._cell: int | None = None
        self._ended_in: int | None = None
        self._by_limit = self._starved = self._exhausted = self._cut = False
        self._asked_seconds = 0.0
        self._late_answers = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.Runner()
        self._context = zmq.asyncio.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        self._manager = AsyncKernelManager(
            kernel_name="nbviva",
            kernel_spec_manager=Specs(self.room, self.folder),
            session=GuardedSession(key=secrets.token_hex(32).encode()),
            context=self._context,
            log=_quiet(),
        )
        try:
            self._loop.run(asyncio.wait_for(self._start(), self.clock.start))
        except BaseException as error:
            self.__exit__()
            if isinstance(error, Exception):
                raise StartFailed(f"The kernel could not be started: {error or type(error).__name__}") from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(TimeoutError):
            self._loop.run(asyncio.wait_for(self._end(), self.clock.grace))
        self._loop.close()
        self._context.destroy(linger=0)

    async def _start(self) -> None:
        environment = kernel_environment()
        await self._manager.start_kernel(cwd=str(self.folder), env=environment, stdout=DEVNULL, stderr=DEVNULL)
        self._client = self._manager.client()
        self._client.start_channels(hb=False)  # its thread could be kept from ending by what a kernel sends
        await self._client.wait_for_ready(timeout=self.clock.start)
        self._client.allow_stdin = False

    async def _is_alive(self) -> bool:
        return bool(await self._manager.is_alive())

    async def _kill(self) -> None:
        await self._manager.shutdown_kernel(now=True)

    @property
    def kept_in(self) -> str:
        """How the kernel is kept apart, for the report: the sandbox, and who holds it to its memory; or `none`."""
        kind = getattr(self._manager.provisioner, "memory_limit_kind", None)
        return f"{backend(self.room.backend).name}, memory held by {kind}" if self.room.sandboxed else "none"

    @property
    def end(self) -> RunEnd:
        """How it has ended so far; who asked too long too often did not end it."""
        died = bool(self.death) and not self._exhausted
        return RunEnd(died, self._ended_in, "", self._by_limit, self._starved)

    @property
    def peak_memory(self) -> int:
        """The most bytes that the kernel has taken so far; 0 where nobody measures."""
        return int(getattr(self._manager.provisioner, "peak_memory", 0))

    @property
    def dropped(self) -> int:
        """The number of messages that were none."""
        return int(getattr(self._manager.session, "dropped", 0))

    async def _end(self) -> None:
        if self._manager.has_kernel:
            await self._kill()
        if hasattr(self, "_client"):
            self._client.stop_channels()

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] = NO_STAGES
    ) -> None:
        """Run the code cells in order and leave their outputs in the notebook.

        Parameters
        ----------
        stand_ins
            By the index of a cell: what is called in its place. It returns the variables that the cell would have
            set; the cell keeps the outputs that it has.
        stages
            By the index of a test cell: its question, which is asked about the notebook as it stands behind that cell.
        """
        limit = int(self.clock.cell) or 1
        options = {"timeout": limit, "interrupt_on_timeout": True, "allow_errors": True, "log": _quiet()}
        runner = CellRunner(notebook, km=self._manager, **options)
        runner.reset_execution_trackers()
        runner.kc = self._client
        end, self._running = time.monotonic() + self.clock.notebook, Activity(self._pid)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or self.death or self._cut:
                continue
            self._cell = index
            self._tell(f"cell {index + 1} of {len(notebook.cells)}")
            if index == self._until:
                rest = "was left out" if index in stages else "and the cells after it were not run"
                self._leave_out(cell, f"Cell {index + 1} ended the kernel: it {rest}.", alone=index in stages)
            elif index in stand_ins:
                self._set(stand_ins[index]())
            elif time.monotonic() > end:
                self._starved |= self._running.starved
                late = f"The notebook ran longer than its {self.clock.notebook:.0f} s"
                self._leave_out(cell, f"{late}: cell {index + 1} and the cells after it were not run.")
            else:
                self._run_cell(runner, cell, index)
            if index in stages and not self._cut:
                with contextlib.suppress(NoAnswer):  # then its question is asked about the notebook as it ends
                    self._carry(encode(("mark", 0, "", stages[index])), self.clock.grace)
        self._cell = None

    def _leave_out(self, cell: NotebookNode, why: str, *, alone: bool = False) -> None:
        cell.outputs = [new_output("error", ename="NotRun", evalue="", traceback=[why])]
        self.left_out, self._cut = why, not alone

    def _run_cell(self, runner: CellRunner, cell: NotebookNode, index: int) -> None:
        began = time.monotonic()
        try:
            self._guarded(lambda: runner.run_cell(cell, index), self.clock.cell + 2 * self.clock.grace)
            if time.monotonic() - began > self.clock.cell:  # it was interrupted; does it still answer?
                self._starved |= self._activity.starved
                self._carry(encode(("ping", 0, "")), self.clock.grace)
        except NoAnswer as error:
            text = [str(error)]
            cell.outputs = [*cell.outputs, new_output("error", ename=type(error).__name__, evalue="", traceback=text)]

    def _set(self, names: Mapping[str, object]) -> None:
        with contextlib.suppress(NoAnswer):  # a cell that needs the name will say so, in the student's own notebook
            for name, value in names.items():
                self.student[name] = value

    def _carry(self, frames: Frames, seconds: float) -> Frames:
        left = self.clock.questions - self._asked_seconds
        began = time.monotonic()
        limit = max(0.0, min(seconds, left))
        try:
            answer: Frames = self._guarded(lambda: self._ask(frames, limit), limit + self.clock.grace)
        finally:
            self._asked_seconds += time.monotonic() - began
        return answer

    async def _ask(self, frames: Frames, seconds: float) -> Frames:
        """Ask; at the limit interrupt, so that a question that hangs costs itself and not those after it."""
        session, channel = self._client.session, self._client.shell_channel
        end, late = time.monotonic() + seconds, False
        question = session.send(channel.socket, "viva_ask", {}, buffers=list(frames))
        while True:
            if time.monotonic() >= end and not late:
                late = True
                await self._manager.interrupt_kernel()
            try:
                reply = await channel.get_msg(timeout=1.0 if late else min(1.0, max(0.0, end - time.monotonic())))
            except Empty:
                if not await self._is_alive():
                    raise Died("Your notebook's kernel died.") from None
                continue
            if reply["parent_header"].get("msg_id") == question["header"]["msg_id"]:
                return self._in_time(reply["buffers"], seconds, late=late)

    def _in_time(self, buffers: Frames, seconds: float, *, late: bool) -> Frames:
        if not late:
            return list(buffers[: CAPS.frames + 1])
        self._late_answers += 1
        self._starved |= self._activity.starved
        self._exhausted = self._late_answers >= self.late_answers_most
        why = f"it took longer than its {seconds:.0f} s and was interrupted."
        raise Died(f"Too often {why}") if self._exhausted else TimedOut(why)

    def _guarded(self, work: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        """Await what the kernel does; raise `NoAnswer` for all that can go wrong with it, and nothing else."""
        if self.death:
            raise Died(self.death)
        try:
            return self._loop.run(self._watched(work, seconds))
        except TimeoutError:
            self._starved, self._by_limit = self._starved or self._activity.starved, True
            self._bury(f"It took longer than its {seconds:.0f} s and was ended.")
            raise TimedOut(self.death) from None
        except TimedOut:
            raise
        except NoAnswer as error:
            self._bury(str(error))
            raise
        except Exception as error:  # noqa: BLE001 - the one choke point: the kernel's bytes may raise anything
            if self._loop.run(self._is_alive()):
                raise UnreadableAnswer(f"What came back could not be read ({type(error).__name__}).") from None
            self._bury("Your notebook's kernel died.")
            raise Died(self.death) from None

    async def _watched(self, work: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        """Await with a limit on time and on what arrives: frames that were not asked for take memory of ours."""
        self._activity = Activity(self._pid)
        task = asyncio.ensure_future(work())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # what comes late is nobody's news
        most = _resident_bytes() + self.growth_bytes
        end = time.monotonic() + seconds
        try:
            while not task.done():
                await asyncio.wait([task], timeout=min(0.1, max(0.0, end - time.monotonic())))
                if not task.done():
                    self._look()
                if not task.done() and time.monotonic() >= end:
                    raise TimeoutError
                if _resident_bytes() > most:
                    raise Died("Your notebook's kernel sent more than can be read, and was ended.")
            return task.result()
        finally:
            task.cancel()

    @property
    def _pid(self) -> int:
        return int(getattr(self._manager.provisioner, "pid", 0) or 0)

    def _look(self) -> None:
        self._activity.sample()
        if self._cell is not None:
            self._running.sample()

    def _bury(self, why: str) -> None:
        if not self.death:
            self.death, self._ended_in = why, self._cell
        if self._manager.has_kernel:
            self._loop.run(self._kill())


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _quiet() -> logging.Logger:
    """Give a logger that is silent: what a student's kernel says is no news of the grader's."""
    logger = logging.getLogger("nbviva.kernel")
    logger.setLevel(logging.CRITICAL)
    return logger

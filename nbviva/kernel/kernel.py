"""KernelStudent: start a hand-in's kernel, run its notebook, ask it questions, and die quietly.

Everything that comes back from the kernel passes `_guarded`, the only place with a blind `except`: whatever a hostile
kernel sends becomes `NoAnswer`. After a kernel's first death nothing more is asked of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from nbviva.inside import Frames, encode
from nbviva.kernel.activity import Activity
from nbviva.kernel.asking import Said
from nbviva.kernel.jupyter import CellRunner, quiet
from nbviva.kernel.outside import PROGRAM, OutsideTests, Tester, outputs_of
from nbviva.kernel.process import AGENT, KernelProcess
from nbviva.kernel.room import Clock, Room
from nbviva.kernel.sitting import NO_STAGES, RunEnd, StandIn, Tell, untold
from nbviva.kernel.student import Died, NoAnswer, Student, TimedOut, UnreadableAnswer
from nbviva.kernel.watching import watched
from nbviva.notebooks import NotebookNode, grade_id, new_output


class KernelStudent(KernelProcess):
    """A hand-in in its kernel."""

    late_answers_most = 3
    growth_bytes = 1 << 30  # of the asking process, while it waits for a kernel that floods it

    def __init__(
        self, folder: Path, room: Room | None = None, clock: Clock | None = None,
        tell: Tell = untold, *, until: int | None = None, program: str = AGENT, outside: OutsideTests | None = None,
    ) -> None:  # fmt: skip
        """Prepare; nothing is started.

        Parameters
        ----------
        until
            The index of a cell that ended this hand-in's kernels: it and those after it are not run; of a test cell,
            which no later cell needs, it alone.
        program
            What the kernel runs.
        outside
            The test cells that run in a tester.
        """
        super().__init__(folder, room, clock, program)
        self.death = self.left_out = ""
        self.student, self._until, self._tell = Student(self._carry), until, tell
        self.tester = Tester(outside, self._of_tester) if outside else None
        self._cell: int | None = None
        self._ended_in: int | None = None
        self._by_limit = self._starved = self._exhausted = self._cut = False
        self._asked_seconds, self._late_answers = 0.0, 0

    def _finish(self) -> None:
        try:
            if self.tester:
                self.tester.close()
        finally:
            super()._finish()

    @property
    def end(self) -> RunEnd:
        """How it has ended so far; who asked too long too often did not end it."""
        died = bool(self.death) and not self._exhausted
        return RunEnd(died, self._ended_in, "", self._by_limit, self._starved)

    def run(
        self, notebook: NotebookNode, stand_ins: Mapping[int, StandIn], stages: Mapping[int, str] | None = NO_STAGES
    ) -> None:
        """Run the code cells in order and leave their outputs in the notebook.

        Parameters
        ----------
        stand_ins
            By the index of a cell: what is called in its place. It returns the variables that the cell would have
            set; the cell keeps the outputs that it has.
        stages
            By the index of a test cell: its question, which is asked about the notebook as it stands behind that cell.
            None: what the cells show is all that counts, and one that was not run says so.
        """
        runner = self._runner(notebook)
        self._running, self._run_until = Activity(self._pid), time.monotonic() + self.clock.notebook
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            if not (self.death or self._cut):
                self._tell(f"cell {index + 1} of {len(notebook.cells)}")
                self._run_or_not(runner, cell, index, stand_ins, stages)
            elif stages is None:
                cell.outputs = [_not_run(self.death or self.left_out)]
        self._cell = None

    def _run_or_not(
        self, runner: CellRunner, cell: NotebookNode, index: int, stand_ins: Mapping[int, StandIn],
        stages: Mapping[int, str] | None,
    ) -> None:  # fmt: skip
        self._cell, alone = index, stages is None or index in stages
        if index == self._until:
            rest = "was left out" if alone else "and the cells after it were not run"
            self._leave_out(cell, f"Cell {index + 1} ended the kernel: it {rest}.", alone=alone)
        elif index in stand_ins:
            self._set(stand_ins[index]())
        elif time.monotonic() > self._run_until:
            self._starved |= self._running.starved
            late = f"The notebook ran longer than its {self.clock.notebook:.0f} s"
            self._leave_out(cell, f"{late}: cell {index + 1} and the cells after it were not run.")
        elif self.tester and (test := self.tester.cell(grade_id(cell))):
            sources = [one.source for one in runner.nb.cells[:index] if one.cell_type == "code"]
            found = self.tester.run(self, test, sources, self.clock.cell)
            if test.again and not self.death:
                self._run_cell(runner, cell, index)
            cell.outputs = outputs_of(found)
        else:
            self._run_cell(runner, cell, index)
        if stages and index in stages and not self._cut:
            with contextlib.suppress(NoAnswer):  # then its question is asked about the notebook as it ends
                self._carry(encode(("mark", 0, "", stages[index])), self.clock.grace)

    def _runner(self, notebook: NotebookNode) -> CellRunner:
        limit = int(self.clock.cell) or 1
        options = {"timeout": limit, "interrupt_on_timeout": True, "allow_errors": True, "log": quiet()}
        runner = CellRunner(notebook, km=self._manager, **options)
        runner.reset_execution_trackers()
        runner.kc = self._client
        return runner

    def _leave_out(self, cell: NotebookNode, why: str, *, alone: bool = False) -> None:
        cell.outputs = [_not_run(why)]
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
            answer: Frames = self._guarded(lambda: self._answer(frames, limit), limit + self.clock.grace)
        finally:
            self._asked_seconds += time.monotonic() - began
        return answer

    async def _answer(self, frames: Frames, seconds: float) -> Frames:
        said = await self._asking.say(frames, seconds)
        if not said.late:
            return said.frames
        self._late_answers += 1
        self._starved |= self._activity.starved
        self._exhausted = self._late_answers >= self.late_answers_most
        why = _late(seconds)
        raise Died(f"Too often {why}") if self._exhausted else TimedOut(why)

    def say(self, frames: Frames, seconds: float) -> Said:
        """Say something on behalf of a test outside, or as the tester, and give what is said next.

        Raises
        ------
        NoAnswer
            For all that can go wrong.
        """

        async def spoken() -> Said:
            said = await self._asking.say(frames, seconds, may_ask_back=True)
            if said.late:
                self._starved |= self._activity.starved
                raise TimedOut(_late(seconds))
            return said

        found: Said = self._guarded(spoken, seconds + self.clock.grace)
        return found

    def give_up(self) -> None:
        """Let a question that is open be."""
        if not self.death:
            self._asking.give_up()

    def _of_tester(self, folder: Path) -> KernelStudent:
        return KernelStudent(folder, self.room, self.clock, program=PROGRAM)

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

    def _watched(self, work: Callable[[], Awaitable[Any]], seconds: float) -> Coroutine[Any, Any, Any]:
        self._activity = Activity(self._pid)
        return watched(work, seconds, self.growth_bytes, self._look)

    def _look(self) -> None:
        self._activity.sample()
        if self._cell is not None:
            self._running.sample()

    def _bury(self, why: str) -> None:
        if not self.death:
            self.death, self._ended_in = why, self._cell
        self._loop.run(self._kill())


def _late(seconds: float) -> str:
    return f"it took longer than its {seconds:.0f} s and was interrupted."


def _not_run(why: str) -> NotebookNode:
    return new_output("error", ename="NotRun", evalue="", traceback=[why])

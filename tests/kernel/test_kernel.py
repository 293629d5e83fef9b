"""Real kernels: what a notebook does in one, what can be asked of it, and that nothing of it is left."""

import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nbviva.kernel.jupyter import CellRunner
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.room import Clock, Room, kernel_environment
from nbviva.kernel.sitting import RunEnd
from nbviva.kernel.student import Died, NoAnswer, Raised, TimedOut, UnreadableAnswer, hold, viva
from nbviva.sandbox.provisioner import refusal

ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "x", "traceback": []}
ROOM = Room(sandboxed=refusal() is None)
CELLS = [
    new_markdown_cell("# A day"),
    new_code_cell("x = 6"),
    new_code_cell("print('seven'); x + 1"),
    new_code_cell("import sys; print('careful', file=sys.stderr)"),
    new_code_cell("1 / 0"),
    new_code_cell("after = x * 7"),
    new_code_cell("raise RuntimeError('never run')", outputs=[new_output("stream", text="saved\n")]),
    new_code_cell("from_us = total + 1"),
    new_code_cell(
        "print(''.join('x' * 50_000 for _ in range(100)))\nfor _ in range(50): print('y' * 100_000, flush=True)"
    ),
    new_code_cell("skipped = 1", metadata={"tags": ["skip-execution", "raises-exception"]}),
    new_code_cell(
        "import os; pid = os.getpid(); cwd = os.listdir('.')\nclass Box:\n    def get(self): return 5\n"
        "def divide(): 1 / 0\ndef noise(): print('noise')"
    ),
    new_code_cell("answer = input()"),
]
MANY = "from IPython.display import display\nfor i in range(600): display(i)"


def children():
    """Give the processes that this one has started, all generations."""
    return {
        process.pid for process in psutil.Process().children(recursive=True) if process.status() != psutil.STATUS_ZOMBIE
    }


@pytest.fixture(scope="module", params=[Room(), Room(sandboxed=False)], ids=["sandboxed", "plain"])
def day(tmp_path_factory, request):
    """The kernel of the notebook above after its run, and the notebook."""
    if request.param.sandboxed and refusal():
        pytest.skip(refusal())
    folder = tmp_path_factory.mktemp("day")
    (folder / "data.csv").write_text("1,2\n")
    notebook = new_notebook(cells=[*CELLS, new_code_cell(MANY)])
    with KernelStudent(folder, request.param, Clock(cell=60)) as kernel:
        kernel.run(notebook, {6: lambda: {"total": 41.5, "grid": np.ones((2, 2))}})
        yield kernel, notebook


def texts(cell):
    """Give all text under a cell."""
    return "".join(output.get("text", output.get("data", {}).get("text/plain", "")) for output in cell.outputs)


def test_outputs_are_kept(day):
    """Prints, results and stderr stand under their cells."""
    _, notebook = day
    assert [o.output_type for o in notebook.cells[2].outputs] == ["stream", "execute_result"]
    assert texts(notebook.cells[2]) == "seven\n7"
    assert texts(notebook.cells[3]) == "careful\n"


def test_notebook_goes_on_after_an_error(day):
    """An error stands under its cell and the next cells are run."""
    kernel, notebook = day
    assert notebook.cells[4].outputs[0].ename == "ZeroDivisionError"
    assert kernel.student["after"] == 42
    assert kernel.death == ""


def test_stand_in_sets_names_and_keeps_outputs(day):
    """A cell that is stood in for is not run: its names come from us, its outputs stay."""
    kernel, notebook = day
    assert texts(notebook.cells[6]) == "saved\n"
    assert kernel.student["from_us"] == 42.5
    assert kernel.student["grid"].tolist() == [[1, 1], [1, 1]]


def test_flood_of_output_is_cut(day):
    """What a cell prints beyond the limit is dropped and said, and the kernel lives on."""
    _, notebook = day
    assert len(texts(notebook.cells[8])) < 4 << 20
    assert "[The rest of this output was cut.]" in texts(notebook.cells[8])


def test_many_outputs_are_cut(day):
    """So are more outputs than the limit, each small."""
    _, notebook = day
    assert len(notebook.cells[12].outputs) <= 502
    assert "[The rest of this output was cut.]" in texts(notebook.cells[12])


def test_input_does_not_wait_for_a_person(day):
    """A cell that asks for input gets an error at once."""
    _, notebook = day
    assert notebook.cells[11].outputs[0].output_type == "error"


def test_kernel_runs_in_the_given_folder(day):
    """The notebook sees the files that were staged for it, and no file of the kernel's own."""
    kernel, _ = day
    assert kernel.student["cwd"] == ["data.csv"]


def test_kernel_answers_as_a_student(day):
    """Values, arrays, handles and errors come through a real kernel as they do in this process."""
    kernel, _ = day
    student = kernel.student
    student["double"] = 2
    assert student["double"] == 2
    assert student.Box().get() == 5
    assert hold(student, "Box")().get() == 5
    with pytest.raises(NoAnswer, match="`absent` does not exist in your notebook"):
        _ = student["absent"]
    with pytest.raises(Raised, match="ZeroDivisionError"):
        student.divide()


def test_print_in_an_answer_is_no_answer(day):
    """What a function prints while it is asked does not disturb the answer."""
    kernel, _ = day
    kernel.student.noise()
    assert kernel.student["x"] == 6


def test_kernel_has_one_thread_and_no_secret(monkeypatch):
    """The kernel's environment pins the threads and has nothing of the grader's."""
    monkeypatch.setenv("NBVIVA_SECRET", "s")
    monkeypatch.setenv("PYTHONPATH", "/x")
    environment = kernel_environment()
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"
    assert not {"NBVIVA_SECRET", "PYTHONPATH"} & set(environment)


STUBBORN = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"


def test_cell_and_question_that_hang_are_interrupted_and_the_next_goes_on(tmp_path):
    """An endless loop of an honest group costs itself, not the hand-in."""
    code = "def same(x): return x\ndef hang():\n  while True: pass"
    notebook = new_notebook(cells=[new_code_cell(code), new_code_cell("while True: pass"), new_code_cell("x = 2")])
    with KernelStudent(tmp_path, ROOM, Clock(cell=1, grace=5)) as kernel:
        kernel.run(notebook, {})
        assert notebook.cells[1].outputs[-1].ename == "KeyboardInterrupt"
        kernel.student._seconds = 1.0
        with pytest.raises(TimedOut, match="interrupted"):
            kernel.student.hang()
        assert (kernel.student["x"], kernel.student.same(3)) == (2, 3)


def test_third_question_that_hangs_ends_the_kernel(tmp_path):
    """A notebook that answers nothing in time does not keep the examiner for as long as there are questions."""
    with KernelStudent(tmp_path, ROOM, Clock(grace=5)) as kernel:
        kernel.run(new_notebook(cells=[new_code_cell("def hang():\n  while True: pass")]), {})
        kernel.student._seconds = 0.3
        for kind in (TimedOut, TimedOut, Died, Died):
            with pytest.raises(kind):
                kernel.student.hang()


def test_notebook_that_hangs_is_ended_and_not_asked_again(tmp_path):
    """After a time-out that no interrupt ends, the kernel is gone: no later cell runs, every question ends at once."""
    notebook = new_notebook(cells=[new_code_cell("x = 1"), new_code_cell(STUBBORN), new_code_cell("x = 2")])
    before = children()
    with KernelStudent(tmp_path, ROOM, Clock(cell=1, grace=1)) as kernel:
        kernel.run(notebook, {})
        assert "longer" in kernel.death
        assert notebook.cells[1].outputs[-1].ename == "TimedOut"
        assert notebook.cells[2].outputs == []
        started = time.monotonic()
        for ask in (lambda: kernel.student["x"], kernel.student.f):
            with pytest.raises(Died, match="longer"):
                ask()
        assert time.monotonic() - started < 1
        assert children() <= before


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_kernel_that_ends_itself_is_dead_for_good(tmp_path, code):
    """Whatever a notebook does to its own kernel, the run ends, and questions get no answer."""
    notebook = new_notebook(cells=[new_code_cell(code), new_code_cell("x = 2")])
    with KernelStudent(tmp_path, ROOM, Clock(cell=20, grace=2)) as kernel:
        kernel.run(notebook, {})
        with pytest.raises(NoAnswer):
            _ = kernel.student["x"]
        assert RunEnd(died=True, cell=0) == kernel.end


@pytest.mark.parametrize(
    "code",
    [
        "exit()",
        "quit",
        "import sys; sys.exit(0)",
        "raise SystemExit",
        "get_ipython().kernel.do_shutdown(restart=True)",
        "get_ipython().kernel.io_loop.stop()",
        "import asyncio\nasync def leave(): raise SystemExit\nasyncio.get_event_loop().create_task(leave())",
    ],
)
def test_orderly_exit_is_harmless(tmp_path, code):
    """The notebook goes on, and answers: when it left is no matter of chance."""
    notebook = new_notebook(cells=[new_code_cell(code), new_code_cell("x = 2"), new_code_cell(code)])
    with KernelStudent(tmp_path, ROOM, Clock(cell=20, grace=2)) as kernel:
        kernel.run(notebook, {})
        time.sleep(0.5)  # the loop would be stopped a moment later
        assert 2 == kernel.student["x"]
        assert RunEnd() == kernel.end


def test_cell_that_ended_a_kernel_is_not_run_and_the_cells_before_it_are_asked(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("x = 1"), new_code_cell("x = 2"), new_code_cell("x = 3")])
    with KernelStudent(tmp_path, ROOM, until=1) as kernel:
        kernel.run(notebook, {})
        assert 1 == kernel.student["x"]
        assert "Cell 2 ended the kernel" in kernel.left_out
    assert ["NotRun"] == [output.ename for cell in notebook.cells for output in cell.outputs]


def test_question_that_hangs_or_lies_is_no_answer(tmp_path):
    """A function that returns half a character, then one that swallows interrupts: no answer, and an end."""
    half = "def half(): return '\\ud800'\n"
    hang = f"def hang():\n  {STUBBORN.replace(chr(10), chr(10) + '  ')}"
    before = children()
    with KernelStudent(tmp_path, ROOM, Clock(grace=1)) as kernel:
        kernel.run(new_notebook(cells=[new_code_cell(half + hang)]), {})
        with pytest.raises(UnreadableAnswer):
            kernel.student.half()
        kernel.student._seconds = 1.0
        with pytest.raises(TimedOut):
            kernel.student.hang()
        with pytest.raises(Died):
            kernel.student.half()
    assert children() <= before


def test_lying_kernel_gives_no_answer(tmp_path):
    """A notebook that replaces the agent's answers by bytes gets `NoAnswer`; the next question is still asked."""
    code = """
import gc
agent = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Agent")
lies = [[], [b"x"], [b"[" * 10000], [b'["tuple","ok",["array","<f8",[9],1]]', b""]]
agent.answer = lambda frames: lies.pop() if lies else [b'["tuple","ok",["list",1]]']
"""
    with KernelStudent(tmp_path, ROOM, Clock()) as kernel:
        kernel.run(new_notebook(cells=[new_code_cell(code)]), {})
        for _ in range(4):
            with pytest.raises(UnreadableAnswer):
                kernel.student.f()
        assert kernel.student.f() == [1]


def test_background_processes_end_with_the_kernel(tmp_path):
    """What a notebook starts in the background does not outlive the block."""
    code = "import subprocess; p = subprocess.Popen(['sleep', '321.5']); pid = p.pid"
    with KernelStudent(tmp_path, ROOM, Clock()) as kernel:
        kernel.run(new_notebook(cells=[new_code_cell(code)]), {})
        assert kernel.student["pid"] > 0
    time.sleep(0.2)
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in lines if b"sleep\x00321.5" in line]


def test_question_is_about_the_notebook_as_it_stood_behind_its_test_cell(tmp_path):
    """A later cell may use the names of functions and modules again; numbers are those of the notebook's end."""
    first = new_code_cell("import math as m\ndepth = 1\ndef area(r): return depth * round(m.pi * r)\nlater = None")
    again = new_code_cell("m = area = [3]\ndepth = 2\ndef later(): return 7")
    with KernelStudent(tmp_path, ROOM) as kernel:
        kernel.run(new_notebook(cells=[first, again]), {}, {0: "circles"})
        assert [3] == kernel.student["area"]
        with viva(kernel.student, np.random.default_rng(0), 60, stage="circles"):
            assert (6, 7) == (kernel.student.area(1), kernel.student.later())
        with viva(kernel.student, np.random.default_rng(0), 60, stage="of another week"):
            assert 7 == kernel.student.later()


@pytest.mark.parametrize(("outputs", "expected"), [([], ["ValueError"]), ([ERROR], ["KeyError"])])
def test_an_error_whose_output_was_lost_is_that_of_the_reply(outputs, expected):
    cell = new_code_cell("fails()")
    cell.outputs = [new_output(**output) for output in outputs]
    reply = {"content": {"status": "error", "ename": "ValueError", "evalue": "x" * 10_000}}
    CellRunner(new_notebook(cells=[cell]))._keep_error(cell, 0, reply)
    assert expected == [output.ename for output in cell.outputs if output.output_type == "error"]
    assert len(cell.outputs[-1].evalue) <= 2000


def test_a_cell_that_ended_well_gets_no_error():
    cell = new_code_cell("1")
    CellRunner(new_notebook(cells=[cell]))._keep_error(cell, 0, {"content": {"status": "ok"}})
    assert [] == cell.outputs

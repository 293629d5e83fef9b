"""Programs: what they wrote comes back, and who was too slow or failed says so."""

import sys

from nbviva.processes.job import Bounds
from nbviva.processes.programs import program


def run(text, **more):
    return program([sys.executable, "-c", text], **more)


def test_what_a_program_reads_and_writes(tmp_path):
    done = run("import os; print(os.getcwd(), input())", told="a line", folder=tmp_path)
    assert (0, f"{tmp_path} a line\n".encode(), False) == (done.code, done.output, done.is_late)


def test_the_last_words_are_the_end_of_its_complaint():
    done = run("import sys; sys.exit('\\n'.join(map(str, range(100))))")
    assert (1, [str(number) for number in range(88, 100)]) == (done.code, done.last_words.splitlines())


def test_a_program_that_takes_too_long_is_ended_and_keeps_what_it_wrote():
    done = run("import time; print('begun', flush=True); time.sleep(60)", bounds=Bounds(clock=3))
    assert (True, b"begun\n") == (done.is_late, done.output)


def test_an_environment_that_is_given_is_all_there_is(monkeypatch):
    monkeypatch.setenv("NBVIVA_TRIED", "here")
    asked = "import os; print(os.environ.get('NBVIVA_TRIED'))"
    assert (b"here\n", b"None\n") == (run(asked).output, run(asked, environment={}).output)

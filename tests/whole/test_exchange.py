"""nbgrader's exchange all the way round, as JupyterLab's Assignment List does it for a student; with the sheet."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import closing

import nbformat
import pytest

from nbviva.grading.reports import stored_report
from nbviva.sandbox.provisioner import refusal
from nbviva.week.fields import FORM_NAME
from tests.fillers import by_pypdf

pytestmark = [pytest.mark.slow, pytest.mark.skipif(refusal() is not None, reason=str(refusal()))]
TOKEN = secrets.token_hex(16)
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "toys"
c.Exchange.root = {root!r}
"""


class AssignmentList:
    """Asks the server extension what its list in JupyterLab asks."""

    def __init__(self, port):
        self.port = port

    def __call__(self, method, path):
        """Give what the server answers; None while there is none."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, headers={"Authorization": f"token {TOKEN}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def seen(self):
        """Give the entries of the list, each as its status and all it says."""
        _, listed = self("GET", "/assignments?course_id=toys")
        assert listed["success"], listed
        return {entry["status"]: entry for entry in listed["value"]}

    def do(self, action):
        """Press one of its buttons."""
        status, answer = self("POST", f"/assignments/{action}?course_id=toys&assignment_id=toy")
        assert (200, True) == (status, answer["success"]), answer


@pytest.fixture
def student(tmp_path):
    """A student's folder with a Jupyter server in it."""
    home = tmp_path / "student"
    home.mkdir()
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange").chmod(0o777)
    (home / "nbgrader_config.py").write_text(CONFIG.format(root=str(tmp_path / "exchange")), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        **{name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")},
    }
    command = [
        sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.assignment_list': True}",
    ]  # fmt: skip
    log = tmp_path / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=home, env=environment, stdout=output, stderr=output)
    try:
        yield home, _started(AssignmentList(port), server, log)
    finally:
        server.terminate()
        server.wait(60)


def _started(listed, server, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            listed("GET", "/api")
        except OSError:
            time.sleep(0.2)
        else:
            return listed
    pytest.fail(log.read_text()[-2000:])


def test_hand_in_goes_round_and_its_feedback_comes_back(course, program, solved, student, tmp_path):
    """Released, listed, fetched, filled in, submitted, collected, marked, and the feedback fetched."""
    home, listed = student
    flags = ("--course", "toys", f"--Exchange.root={tmp_path / 'exchange'}")
    assert 0 == program(course, "nbviva", "release", "toy").returncode
    assert 0 == (done := program(course, "nbgrader", "release_assignment", "toy", *flags)).returncode, done.stderr

    assert {"released"} == set(listed.seen())
    listed.do("fetch")
    assert {"fetched"} == set(listed.seen())
    nbformat.write(solved(course, half_answer="answer_half = 999"), home / "toy" / "toys.ipynb")
    by_pypdf(home / "toy" / FORM_NAME, home / "filled.pdf", {"answer_half": "3,5"}, ("answer_colour-red",))
    (home / "filled.pdf").rename(home / "toy" / FORM_NAME)
    listed.do("submit")
    assert "submitted" in listed.seen()

    for command in (("nbgrader", "collect", "toy", *flags), ("nbviva", "grade", "toy"),
                    ("nbgrader", "release_feedback", "toy", *flags)):  # fmt: skip
        assert (done := program(course, *command)).returncode == 0, done.stdout + done.stderr
    (group,) = course.groups("toy")
    points = {mark.question: mark.points for mark in stored_report(course.report("toy", group)).marks}
    assert {"double": 2, "half": 3, "colour": 1, "total": 1} == points  # half by the sheet, which counts

    listed.do("fetch_feedback")
    (page,) = (home / "toy" / "feedback").rglob("*.html")
    assert page.read_bytes() == next((course.root / "feedback").rglob("*.html")).read_bytes()

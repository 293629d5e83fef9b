"""A real browser, and pages that may ask nobody: a request that leaves the machine or a console error fails a test."""

import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbgrader
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from nbviva.course import Course
from nbviva.results.auditpage import write_audits
from nbviva.results.classreport import class_report
from nbviva.results.page import write_page
from nbviva.results.requestpage import write_requests
from nbviva.results.requests import folder_of
from tests.classroom import classroom, recorded

ROOT = Path(__file__).parent.parent.parent
TOKEN = secrets.token_hex(16)
OURS = ("file", "data", "blob", "about")
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def fixed_secret() -> Iterator[None]:
    """Every test asks the same questions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBVIVA_SECRET", "a secret for tests")
        yield


@pytest.fixture(scope="session")
def nbviva(program: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., str]:
    """Run nbviva in a course, whatever a person has still to decide; gives what it prints."""

    def run(course: Course, *words: str) -> str:
        done = program(course, "nbviva", *words)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory, fixed_secret: None) -> Course:
    """A small class whose marks are in the gradebook, with feedback and a class report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # nbgrader calls alembic
        patch.setattr(sys, "path", list(sys.path))
        course = recorded(tmp_path_factory.mktemp("marked") / "course", 6)
        requests = folder_of(course, "toy")
        requests.mkdir(parents=True)
        (requests / "a.txt").write_text("group: g01\nquestion: 1.2\nwhy: It is right, as my cell shows.", "utf-8")
        write_audits(course, "toy", course.groups("toy"))
        write_requests(course, "toy")
        write_page(course, class_report(course, "toy"))
    return course


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, fixed_secret: None) -> Course:
    """A class of sixty with both of its class reports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        course = classroom(tmp_path_factory.mktemp("large") / "course")
        for anonymous in (False, True):
            write_page(course, class_report(course, "toy", anonymous=anonymous))
    return course


@pytest.fixture(scope="module")
def browser(marked: Course, large: Course) -> Iterator[Browser]:
    """Debian's Chromium, one for all tests; started last, since nothing else may run an event loop beside it."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is missing: run tools/system_packages, or on Debian 'sudo apt-get install chromium'.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, chromium_sandbox=False, args=FLAGS)
        yield started
        started.close()


@dataclass
class Visit:
    """A page, and what it did that it may not do."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def violations(self, within: str = "html") -> list[str]:
        """Give axe's violations in a part of the page: contrast, labels, order, names."""
        found = Axe().run(self.page, context=within).response["violations"]
        return [f"{item['id']}: {node['html'][:200]}" for item in found for node in item["nodes"]]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a page of a size and a colour scheme; after the test it must have logged no error and asked nobody."""
    visits, contexts = [], []

    def open_page(url: str, width: int = 1200, scheme: str = "light") -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(30_000)
        made = Visit(context.new_page())
        visits.append(made)
        context.route("**/*", lambda route: _only_local(route, made.problems))
        made.page.on("console", lambda line: _note(made.problems, line.type, line.text))
        made.page.on("pageerror", lambda error: made.problems.append(f"error: {error}"))
        made.page.goto(url)
        return made

    yield open_page
    for context in contexts:
        context.close()
    assert [] == [problem for made in visits for problem in made.problems]


def _only_local(route, problems):
    parts = urlsplit(route.request.url)
    if parts.scheme in OURS or parts.hostname == "127.0.0.1":
        route.continue_()
    else:
        problems.append(f"request to {route.request.url}")
        route.abort()


def _note(problems, kind, text):
    if kind in ("error", "warning"):
        problems.append(f"{kind}: {text}")


@pytest.fixture(scope="module")
def lab(marked: Course) -> Iterator[str]:
    """JupyterLab as `make lab` starts it, on a free port: gives its address."""
    with served(marked) as address:
        yield address


@contextmanager
def served(course: Course) -> Iterator[str]:
    """Start JupyterLab in a course directory, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    prefix = Path(nbgrader.__file__).parents[4]  # where its pages lie, if not in this environment's own folder
    share = prefix / "share" / "jupyter"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_PATH": str(share),
        "JUPYTERLAB_DIR": str(share / "lab"),
        "JUPYTER_CONFIG_DIR": str(course.root.parent / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(course.root.parent / "runtime"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
        f"--IdentityProvider.token={TOKEN}", f"--config={ROOT / 'nbviva/setup/new_course/lab/config.py'}",
    ]  # fmt: skip
    log = course.root.parent / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=course.root, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(port, server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(120)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/api")
                connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def token() -> str:
    """Give the token that the server asks for."""
    return TOKEN

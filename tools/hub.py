"""Try nbgrader's exchange on a JupyterHub: two system users fetch, hand in and read feedback, each as himself; as root.

Everything is made in a temporary folder and removed again, the two users, too: JupyterHub and nbgrader in an
environment of Debian's Python, which ordinary users can run, the hub's proxy from npm. It prints what is seen.
"""

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
USERS = ("nbviva-ada", "nbviva-ben")
CONFIG = """import os
c = get_config()
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {users}
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.command = {proxy}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.services = [{{"name": "walk", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [
    {{"name": "walk", "services": ["walk"], "scopes": ["admin:users", "admin:servers", "access:servers"]}}
]
c.Spawner.cmd = ["{bin}/jupyterhub-singleuser"]
c.Spawner.args = ["--ServerApp.jpserver_extensions={{'nbgrader.server_extensions.assignment_list': True}}"]
c.Spawner.environment = {{"JUPYTER_CONFIG_PATH": "{folder}/etc", "PATH": "{bin}:" + os.environ["PATH"]}}
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
"""
NBGRADER = 'c = get_config()\nc.CourseDirectory.course_id = "toys"\nc.Exchange.root = "{folder}/exchange"\n'


def main() -> None:
    """Build, walk, and clear up."""
    if os.getuid():
        sys.exit("Users can be made by root only: run it as root, in a container or a virtual machine.")
    with tempfile.TemporaryDirectory(prefix="nbviva-hub-") as place, _users():
        folder = Path(place)
        folder.chmod(0o755)
        _install(folder)
        with _hub(folder) as ask:
            _walk(folder, ask)


def _install(folder: Path) -> None:
    lock = ROOT / "requirements.lock"
    _run("/usr/bin/python3", "-m", "venv", str(folder / "env"))
    _run(str(folder / "env/bin/pip"), "install", "--quiet", "--constraint", str(lock), "nbgrader", "jupyterhub")
    _run("npm", "install", "--silent", "--prefix", str(folder / "proxy"), "configurable-http-proxy")


@contextmanager
def _users() -> Iterator[None]:
    try:
        for user in USERS:
            _run("useradd", "--create-home", user)
        yield
    finally:
        for user in USERS:
            subprocess.run(["pkill", "-KILL", "-u", user], check=False)
            subprocess.run(["userdel", "--remove", "--force", user], check=False, capture_output=True)


class Ask:
    """Asks the hub, or a user's server through it."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def __call__(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Give the status and the JSON of an answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)) as connection:
            headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text


@contextmanager
def _hub(folder: Path) -> Iterator[Ask]:
    port, hub, api = (_free_port() for _ in range(3))
    token = secrets.token_hex(32)
    proxy = [
        shutil.which("node"),
        str(folder / "proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
    ]
    text = CONFIG.format(
        users=set(USERS), port=port, hub=hub, api=api, proxy=proxy, folder=folder, token=token, bin=folder / "env/bin"
    )
    (folder / "hub").mkdir(mode=0o700)
    (folder / "hub/config.py").write_text(text.replace(f"{folder}/hub.sqlite", f"{folder}/hub/hub.sqlite"), "utf-8")
    (folder / "etc").mkdir()
    (folder / "etc/nbgrader_config.py").write_text(NBGRADER.format(folder=folder), "utf-8")
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    command = [str(folder / "env/bin/jupyterhub"), "-f", str(folder / "hub/config.py")]
    with (folder / "hub/log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder / "hub", stdout=log, stderr=log)
    try:
        ask = Ask(port, token)
        for _ in range(300):
            if process.poll() is not None:
                break
            try:
                status, found = ask("GET", "/hub/api/")
            except OSError:
                status = 0
            if status == 200:
                print(f"JupyterHub {found['version']} answers.", flush=True)
                yield ask
                return
            time.sleep(1)
        sys.exit(f"The hub did not start:\n{(folder / 'hub/log').read_text()[-3000:]}")
    finally:
        process.terminate()
        process.wait(60)


def _walk(folder: Path, ask: Ask) -> None:
    course = folder / "course"
    shutil.copytree(ROOT / "tests/toy", course, ignore=shutil.ignore_patterns("__pycache__"))
    course.chmod(0o700)
    flags = ("--course", "toys", f"--Exchange.root={folder / 'exchange'}")
    _instructor(course, "nbviva", "release", "toy")
    _instructor(course, "nbgrader", "release_assignment", "toy", *flags)
    for user in USERS:
        ask("POST", f"/hub/api/users/{user}")
        status, said = ask("POST", f"/hub/api/users/{user}/server")
        _expect(status in {201, 202}, f"{user}'s server starts", said)
        _ready(ask, user)
        _expect(_listed(ask, user) == ["released"], f"{user} sees the assignment", "")
        _do(ask, user, "fetch")
        _do(ask, user, "submit")
        _expect("submitted" in _listed(ask, user), f"{user} has fetched and handed in", "")
    inbound = folder / "exchange/toys/inbound"
    spied = subprocess.run(["su", USERS[1], "-c", f"cat {inbound}/{USERS[0]}+toy*/*"], capture_output=True, check=False)
    _expect(spied.returncode != 0, f"{USERS[1]} cannot read what {USERS[0]} handed in", spied.stdout)
    _instructor(course, "nbgrader", "collect", "toy", *flags)
    print(_instructor(course, "nbviva", "grade", "toy", codes=(0, 1)).strip(), flush=True)
    _instructor(course, "nbgrader", "release_feedback", "toy", *flags)
    for user in USERS:
        _do(ask, user, "fetch_feedback")
        (page,) = Path(f"/home/{user}/toy/feedback").rglob("*.html")
        _expect(page.owner() == user, f"{user} has fetched feedback of {page.stat().st_size} bytes", "")


def _ready(ask: Ask, user: str) -> None:
    for _ in range(300):
        _, found = ask("GET", f"/hub/api/users/{user}")
        if found["servers"].get("", {}).get("ready"):
            return
        time.sleep(1)
    sys.exit(f"{user}'s server did not start.")


def _listed(ask: Ask, user: str) -> list[str]:
    status, found = ask("GET", f"/user/{user}/assignments?course_id=toys")
    _expect(status == 200 and found["success"], f"{user}'s list is there", found, say=False)
    return [entry["status"] for entry in found["value"]]


def _do(ask: Ask, user: str, action: str) -> None:
    status, found = ask("POST", f"/user/{user}/assignments/{action}?course_id=toys&assignment_id=toy")
    _expect(status == 200 and found["success"], f"{user}: {action}", found, say=False)


def _expect(holds: bool, what: str, said: object, *, say: bool = True) -> None:
    if not holds:
        sys.exit(f"FAILED: {what}: {said}")
    if say:
        print(f"{what}.", flush=True)


def _instructor(course: Path, program: str, *words: str, codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(
        [BIN / program, *words], cwd=course, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "100"},
    )  # fmt: skip
    if done.returncode not in codes:
        sys.exit(f"{program} {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()

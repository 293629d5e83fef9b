"""Gradebooks for tests: a PostgreSQL server of our own, and all that stands in a gradebook as values to compare."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from nbgrader.api import Base
from sqlalchemy import MetaData, create_engine, select

MISSING = "PostgreSQL's programs are missing: 'tools/system_packages tests' installs Debian's package postgresql."
NOBODY = 65534


def everything(url: str) -> dict[str, list[str]]:
    """Give every row of every table, each key replaced by all that stands in the row that it points to."""
    engine, tables = create_engine(url), MetaData()
    tables.reflect(engine)
    said: dict[object, str] = {}
    found = {}
    with engine.connect() as connection:
        for table in [tables.tables[item.name] for item in Base.metadata.sorted_tables]:
            rows = []
            for row in connection.execute(select(table)).mappings():
                own = (
                    {"id"} if getattr(table.c.id.type, "length", None) == 32 and not table.c.id.foreign_keys else set()
                )
                text = repr({name: said.get(value, value) for name, value in row.items() if name not in own})
                said.update({row["id"]: text} if own else {})
                rows.append(text)
            found[table.name] = sorted(rows)
    engine.dispose()
    return found


@contextmanager
def server() -> Iterator[Path]:
    """Run a PostgreSQL server in a temporary folder; gives the folder of its socket. Root starts it as nobody."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="nbviva-pg-"))
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    if user:
        os.chown(folder, NOBODY, NOBODY)
    data = str(folder / "data")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    options = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **user}
    made = [programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(made, check=True, **options)
    running = [programs / "postgres", "-D", data, "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(running, **{**options, "stderr": log}, preexec_fn=_end_with_us)  # noqa: PLW1509 - one call
    try:
        _wait(process, folder)
        yield folder
    finally:
        process.send_signal(signal.SIGINT)  # ends at once, whoever is connected
        process.wait(120)
        shutil.rmtree(folder)


def _end_with_us() -> None:
    """Ask the system to stop the server if the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _programs() -> Path:
    found = shutil.which("postgres")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places or not (places[-1] / "initdb").exists():
        raise AssertionError(MISSING)
    return places[-1]


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(600):
        try:
            psycopg.connect(host=str(folder), user="tester", dbname="postgres").close()
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text("utf-8")
            time.sleep(0.1)
        else:
            return
    raise AssertionError((folder / "log").read_text("utf-8"))


def new_database(folder: Path, name: str) -> str:
    """Create an empty database and give its URL."""
    with psycopg.connect(host=str(folder), user="tester", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql+psycopg://tester@/{name}?host={folder}"

"""The one importer of Dask: a scheduler is found or started, and never spoken to in clear beyond this machine.

Dask's own TLS keeps others from listening and from joining: who has no certificate of the batch's authority is no
worker and no client of it.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import CancelledError, Client, KilledWorker, LocalCluster, Security, wait
from distributed import TimeoutError as DaskTimeoutError

from nbviva.errors import CourseError, Refused

CONNECT_SECONDS = 20
_NO_PAGES: dict[str, list[str]] = {
    "distributed.scheduler.http.routes": []
}  # they name tasks, and so groups, and know no certificate
_ENCRYPTED = {"tls", "wss", "inproc"}  # the last stays in the process


class ClusterError(CourseError):
    """The cluster cannot be used; the text says why and what to do."""


class ClusterLost(Refused):
    """The cluster was there and is gone; the text says what to do."""


def connected(address: str) -> Any:
    """Give a client of a scheduler that is there.

    Raises
    ------
    ClusterError
        If none answers, or what is sent to it could be read on its way.
    """
    if is_open(address):
        raise ClusterError(
            f"{address} is not this machine, and is not encrypted: start scheduler and workers with Dask's TLS "
            "(--tls-ca-file, --tls-cert, --tls-key) and give the address that begins with tls://."
        )
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a scheduler that is lost is said by us
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # the second and third: TLS that is not configured
        how = "; its certificates are those of Dask's configuration" if address.startswith("tls") else ""
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}): start one with 'dask scheduler'{how}."
        ) from None


def is_open(address: str) -> bool:
    """Whether what is sent to an address could be read by others: it leaves this machine, and is not encrypted."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme in _ENCRYPTED:
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"


@contextmanager
def scheduler(host: str, port: int, security: Security) -> Generator[Any, None, None]:
    """Start a scheduler in this process that speaks TLS only, and give a client of it; it ends with the context.

    Raises
    ------
    ClusterError
        If it cannot listen there.
    """
    try:
        with dask.config.set(_NO_PAGES):
            started = LocalCluster(
                n_workers=0, host=host, protocol="tls://", scheduler_port=port, security=security,
                dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False}, silence_logs=60,
        )  # fmt: skip
    except (OSError, RuntimeError, ValueError) as error:
        why = error.__cause__ or error
        raise ClusterError(
            f"No scheduler can listen at {host}:{port or '(any port)'} ({why}): 'host' is this machine as the nodes "
            "name it, 'port' one that is free and open to them."
        ) from None
    with started, Client(started, set_as_default=False, timeout=CONNECT_SECONDS) as client:
        yield client


def given_security(authority: Path, certificate: Path, key: Path) -> Security:
    """Give the TLS of certificates that are there."""
    files = {"tls_ca_file": str(authority)}
    for role in ("client", "scheduler", "worker"):
        files |= {f"tls_{role}_cert": str(certificate), f"tls_{role}_key": str(key)}
    return Security(require_encryption=True, **files)


def temporary_security() -> tuple[Security, dict[str, str]]:
    """Give the TLS of a certificate made now, for this batch alone, and what workers need of it by `ca_file` and so on.

    Raises
    ------
    ModuleNotFoundError
        If the package `cryptography` is missing.
    """
    import cryptography  # noqa: F401 - Dask's own error for its absence is another

    security = Security.temporary()
    texts = security.get_tls_config_for_role("worker")
    return security, {name: str(texts[name]) for name in ("ca_file", "cert", "key")}


def done_of(client: Any, futures: Iterable[Any], seconds: float) -> list[Any]:
    """Wait for the first of some futures to be done, so many seconds at most; give those that are.

    Raises
    ------
    ClusterLost
        If the scheduler is gone.
    """
    found = list(futures)
    if not found:
        time.sleep(seconds)
    with suppress(DaskTimeoutError, CancelledError), client.as_current():
        wait(found, timeout=seconds, return_when="FIRST_COMPLETED")
    require_there(client)  # else what is not done counts as cancelled, which is no fault of a hand-in's
    return [future for future in found if future.done()]


def require_there(client: Any) -> None:
    """Refuse to go on without a scheduler.

    Raises
    ------
    ClusterLost
        If it is gone.
    """
    if client.status != "running":
        raise ClusterLost(
            "The Dask scheduler is gone. What came home is kept: run the same command again when there is one."
        )


def killed(error: BaseException | None) -> str | None:
    """Give the name of the last worker that was lost with a task, where that is why it has no result; else None."""
    return str(error.last_worker.name) if isinstance(error, KilledWorker) else None


def place_waiting(dask_scheduler: Any = None) -> None:
    """Send tasks that no worker could take to those that can by now; runs in the scheduler.

    Dask itself looks at them when a worker comes, and not when one is given a resource later.
    """
    for worker in dask_scheduler.workers.values():
        found = dask_scheduler.bulk_schedule_unrunnable_after_adding_worker(worker)
        dask_scheduler.transitions(found, f"nbviva-place-waiting-{time.time()}")


def give_up_after(deaths: int, dask_scheduler: Any = None) -> None:
    """Set how many workers a task may lose before it is given up; runs in the scheduler."""
    dask_scheduler.allowed_failures = deaths

"""Nothing leaves this machine in clear, and a scheduler of ours speaks to those alone who have its certificate."""

import gc

import pytest
from distributed import Client

from nbviva.cluster import wire
from nbviva.cluster.wire import ClusterError, connected, is_open, scheduler, temporary_security


@pytest.mark.parametrize(
    ("address", "is_readable"),
    [
        ("tls://10.0.0.5:8786", False), ("tcp://127.0.0.1:8786", False), ("tcp://[::1]:8786", False),
        ("localhost:8786", False), ("tcp://10.0.0.5:8786", True), ("10.0.0.5:8786", True), ("tcp://login1:8786", True),
        ("ws://login1:8786", True), ("tcp://localhost.evil:1", True), ("tcp://:8786", True),
    ],
)  # fmt: skip
def test_what_is_elsewhere_and_not_encrypted_can_be_read(address, is_readable):
    assert is_readable is is_open(address)


def test_an_address_that_is_elsewhere_is_refused_without_tls():
    with pytest.raises(ClusterError, match=r"tcp://10.0.0.5:8786 is not this machine, and is not encrypted"):
        connected("tcp://10.0.0.5:8786")


def test_a_scheduler_of_ours_hears_nobody_without_its_certificate(monkeypatch):
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 2)
    security, texts = temporary_security()
    assert {"ca_file", "cert", "key"} == set(texts)
    with scheduler("127.0.0.1", 0, security) as client:
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        other, _ = temporary_security()
        for way, theirs in ((address, other), (address.replace("tls", "tcp"), None)):
            with pytest.raises(OSError, match=r"Timed out|Connection|TLS|SSL"):
                Client(way, security=theirs, timeout=2, set_as_default=False)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Dask leaves a socket open
def test_a_host_that_is_not_this_one_is_one_sentence():
    security, _ = temporary_security()
    with (
        pytest.raises(ClusterError, match=r"No scheduler can listen at 192.0.2.1:\(any port\)"),
        scheduler("192.0.2.1", 0, security),
    ):
        pass
    gc.collect()

"""Jobs are kept as many as there is work, and a cluster that is of no use is given up with a sentence."""

import dataclasses
from pathlib import Path

import pytest

from nbviva.cluster import launch
from nbviva.cluster.admission import Admission
from nbviva.cluster.fitness import Fitness, Inspection
from nbviva.cluster.launch import Keeper
from nbviva.cluster.site import SiteSettings
from nbviva.cluster.wire import ClusterError
from nbviva.kernel.room import Room

SITE = SiteSettings("login1", Path("/shared"), 4, 6 << 30, "04:00:00")


@dataclasses.dataclass
class Queue:
    """Jobs that are counted only."""

    site: SiteSettings = SITE
    running: int = 0
    folder: Path = Path("/shared/x")
    asked: list = dataclasses.field(default_factory=list)
    complaint: str = ""

    def active(self):
        if self.complaint:
            raise ClusterError(self.complaint)
        return self.running

    def submit(self, number, _script, avoided):
        self.asked.append((number, avoided))
        self.running += number

    def last_words(self):
        return "bwrap: not found"


@dataclasses.dataclass
class Dask:
    """A client whose workers are told to end only."""

    closed: list = dataclasses.field(default_factory=list)

    def retire_workers(self, workers, *, close_workers):
        self.closed += workers if close_workers else []


@pytest.fixture
def kept(monkeypatch):
    """Give a keeper of a queue, and what it keeps."""
    monkeypatch.setattr(launch, "KEEP_SECONDS", 0.0)
    queue, admission = Queue(), Admission(Dask(), Room(), Inspection())
    return Keeper(queue, admission, "", lambda: 10), queue, admission


def come(admission, *addresses, fit=True):
    """Let workers come and be looked at."""
    for address in addresses:
        admission.known.add(address)
        admission.nodes[address] = f"node of {address}"
        admission.rows[address] = (Fitness(address, "memory", "1 GiB", "" if fit else "Give it more."),)
        if fit:
            admission.fit[address] = address


def test_as_many_jobs_are_queued_as_the_site_says(kept):
    keeper, queue, _ = kept
    keeper.keep()
    keeper.keep()
    assert [(4, set())] == queue.asked


def test_no_more_jobs_than_hand_ins_are_queued(kept):
    keeper, queue, _ = kept
    keeper.most = lambda: 2
    keeper.keep()
    assert [(2, set())] == queue.asked


def test_a_job_that_ended_is_replaced(kept):
    keeper, queue, admission = kept
    keeper.keep()
    come(admission, "a", "b", "c", "d")
    queue.running = 3
    keeper.keep()
    assert [(4, set()), (1, set())] == queue.asked


def test_the_worker_of_an_unfit_node_is_ended_and_its_node_left_out(kept):
    keeper, queue, admission = kept
    keeper.keep()
    come(admission, "a", "b", "c")
    come(admission, "d", fit=False)
    queue.running = 3
    keeper.keep()
    keeper.keep()
    assert ["d"] == admission.client.closed
    assert (1, {"node of d"}) == queue.asked[-1]


def test_what_slurm_refuses_does_not_end_workers_that_are_there(kept):
    keeper, queue, admission = kept
    queue.complaint = "Socket timed out"
    with pytest.raises(ClusterError, match="Socket timed out"):
        keeper.keep()
    come(admission, "a")
    keeper.keep()
    assert [] == queue.asked


def test_nodes_that_are_all_unfit_are_given_up(kept):
    keeper, _, admission = kept
    keeper.keep()
    come(admission, "a", "b", "c", "d", fit=False)
    with pytest.raises(ClusterError, match=r"No worker is fit to grade. Worker a \(a\): Give it more."):
        keeper.keep()


def test_jobs_that_end_before_their_worker_comes_are_given_up_with_what_they_wrote(kept):
    keeper, queue, _ = kept
    for _ in range(2):
        keeper.keep()
        queue.running = 0
    with pytest.raises(ClusterError, match=r"Jobs end before their worker comes(?s:.*)bwrap: not found"):
        keeper.keep()
    assert [4, 4] == [number for number, _ in queue.asked]

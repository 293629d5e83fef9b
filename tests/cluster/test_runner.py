"""A Dask cluster of separate processes: reports come home, lost workers cost nothing, unfit ones are refused."""

import os
import re
import signal
import time
import warnings
import zlib
from contextlib import contextmanager

import pytest
from distributed import LocalCluster

from nbviva.adopt.adoption import Adoption, adoption_path, adoption_text
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.cluster import fitness, runner, wire
from nbviva.cluster.admission import Admission
from nbviva.cluster.fitness import Inspection
from nbviva.cluster.parcels import WeekParcel
from nbviva.cluster.runner import Sending, on_cluster
from nbviva.cluster.wire import ClusterError
from nbviva.files import write
from nbviva.grading import reports, stored
from nbviva.grading.batch import grade_batch
from nbviva.grading.options import BatchOptions
from nbviva.grading.progress import OneDone, unseen
from tests.ordinary import course as ordinary


@contextmanager
def processes(number):
    """Start so many workers of one thread each, in processes of their own; one that ends is started again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that they import
        with LocalCluster(
            n_workers=number, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=60
        ) as found:
            yield found


@pytest.fixture(scope="module")
def workers():
    """Two workers, which no test harms."""
    with processes(2) as found:
        yield found


@pytest.fixture
def mortals():
    """Two workers for a test that kills them: whether Dask starts them again in time is no matter of others."""
    with processes(2) as found:
        yield found


@pytest.fixture
def handed_in(course, hand_in):
    """A toy course with four hand-ins."""
    for group in ("ada", "ben", "cem", "dora"):
        hand_in(course, group)
    return course


def grade(course, workers, room, groups=None, show=unseen):
    """Grade on the cluster, when all its workers are there."""
    workers.wait_for_workers(len(workers.worker_spec), timeout=60)
    run = on_cluster(workers.scheduler_address, course, "toy", room)
    return grade_batch(course, "toy", groups or course.groups("toy"), BatchOptions(room=room), show, run)


def fresh(course, groups, room, week="toy"):
    """Give those of the groups whose report is right."""
    return reports.fresh_groups(course, week, groups, reports.shared(course, week, room))


MEASURED = re.compile(rb'"(seconds|memory|waited|started|ran|asked|recorded)":[0-9.e-]+')


def text_of(course, group, week="toy"):
    """Give a stored report, its notebook and its transcript, but for what was measured."""
    folder = course.report(week, group)
    _, packed = (folder / "transcript").read_bytes().split(b"\n", 1)
    asked = zlib.decompress(packed)[8:]  # behind the length of its head
    texts = {"transcript": MEASURED.sub(b"", asked), "notebook": (folder / "notebook.ipynb").read_bytes()}
    return {**vars(reports.stored_report(folder)), "seconds": None, "memory": None, **texts}


def test_reports_come_home_as_if_graded_here(handed_in, workers, room):
    done = grade(handed_in, workers, room)
    assert (("ada", "ben", "cem", "dora"), ()) == (done.graded, done.faults)
    assert {"members.json", "notebook.ipynb", "report.json", "transcript"} >= {
        path.name for path in handed_in.report("toy", "ada").iterdir()
    }
    far = text_of(handed_in, "ada")
    stored.graded(handed_in, "toy", "ada", again=True, room=room)
    assert far == text_of(handed_in, "ada")
    assert {"ada", "ben", "cem", "dora"} == fresh(handed_in, handed_in.groups("toy"), room)


def test_an_adopted_week_s_reports_are_those_of_here(tmp_path, workers, room):
    """Its notebooks, and the files beside them, travel with it; one notebook or several."""
    course = ordinary.make_course(tmp_path / "ordinary")
    for week, wrong in (("ps1", {"square": "square = abs"}), ("ps2", {"greet": "def greet(name):\n    return name"})):
        adoption = Adoption(week, fingerprints(source_texts(course.source(week))))
        write(adoption_path(course.root, week), adoption_text(adoption))
        ordinary.hand_in(course, "ada", week)
        ordinary.hand_in(course, "ben", week, **wrong)
        workers.wait_for_workers(2, timeout=60)
        run = on_cluster(workers.scheduler_address, course, week, room)
        done = grade_batch(course, week, ["ada", "ben"], BatchOptions(room=room), unseen, run)
        assert (("ada", "ben"), ()) == (done.graded, done.faults)
        for group in ("ada", "ben"):
            far = text_of(course, group, week)
            stored.graded(course, week, group, again=True, room=room)
            assert far == text_of(course, group, week)
        assert {"ada", "ben"} == fresh(course, ["ada", "ben"], room, week)
        missed = {mark.question for mark in far["marks"] if mark.points == 0.0}
        assert missed == {"ps1": {"square_test"}, "ps2": {"text/greet_test"}}[week]


class KillingOne:
    """Kills a worker as soon as the first hand-in is done."""

    def __init__(self, workers):
        self.workers, self.killed = workers, False

    def __call__(self, event):
        """Kill once."""
        if isinstance(event, OneDone) and not self.killed:
            self.killed = True
            os.kill(self.workers.workers[0].process.pid, signal.SIGKILL)


def test_lost_worker_costs_no_hand_in(handed_in, mortals, room):
    killing = KillingOne(mortals)
    done = grade(handed_in, mortals, room, show=killing)
    assert killing.killed
    assert () == done.faults
    assert {"ada", "ben", "cem", "dora"} == fresh(handed_in, handed_in.groups("toy"), room)


def test_lost_workers_cost_no_hand_in_where_none_is_left(handed_in, room):
    """What waited for any goes to the one that comes later, although that is let in only when it is known."""
    with processes(1) as alone:
        done = grade(handed_in, alone, room, show=KillingOne(alone))
    assert () == done.faults
    assert {"ada", "ben", "cem", "dora"} == fresh(handed_in, handed_in.groups("toy"), room)


def test_hand_in_that_kills_its_workers_is_given_up_after_two(handed_in, hand_in, mortals, room):
    checks = handed_in.root / "graders/toy/checks.py"
    line = "    x = float(rng.normal())\n"
    text = checks.read_text("utf-8")
    checks.write_text(
        text.replace(
            line, f'{line}    if student["answer_half"] == 666:\n        import os\n        os.kill(os.getpid(), 9)\n'
        ),
        "utf-8",
    )
    hand_in(handed_in, "ada", half_answer="answer_half = 666")
    done = grade(handed_in, mortals, room, ["ada", "ben"])
    assert ["ada"] == [group for group, _ in done.faults]
    assert "ended 2 times" in done.faults[0][1]
    assert reports.stored_report(handed_in.report("toy", "ada")).needs_person
    assert {"ben"} == fresh(handed_in, ["ada", "ben"], room)


def test_worker_with_other_versions_is_refused(handed_in, workers, room, monkeypatch):
    monkeypatch.setattr(fitness, "of_environment", lambda: "another")
    with pytest.raises(ClusterError, match="has another version of packages: install the same lock file"):
        grade(handed_in, workers, room)


def test_cluster_without_a_scheduler_or_worker_is_one_sentence(handed_in, room, monkeypatch):
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 1)
    run = on_cluster("tcp://127.0.0.1:1", handed_in, "toy", room)
    with pytest.raises(ClusterError, match="No Dask scheduler answers at tcp://127"):
        grade_batch(handed_in, "toy", ["ada"], BatchOptions(room=room), unseen, run)


def test_slow_hand_in_is_given_to_an_idle_worker_too(handed_in, room, monkeypatch):
    """The second copy's result does not count twice."""

    class Fake:
        def __init__(self):
            self.sent, self.cancelled = [], 0

        def submit(self, _function, handin, *_, **__):
            fake = self
            self.sent.append(handin.group)

            class Future:
                def cancel(self):
                    fake.cancelled += 1

                def exception(self):
                    return ValueError("no report")

            return Future()

    client = Fake()
    two = Admission(client, room, Inspection(), fit={"a": "1", "b": "2"})
    current = Sending(two, handed_in, "toy", room, ["ada"], seconds=[0.1])
    current.fill()
    current.fill()
    assert ["ada"] == client.sent
    monkeypatch.setattr(runner, "SLOW_SECONDS", 0.0)
    time.sleep(0.5)
    current.fill()
    current.fill()
    assert ["ada", "ada"] == client.sent
    assert "ada" == current.finish(next(iter(current.under_way))).job
    assert (1, {}) == (client.cancelled, current.under_way)


def test_only_workers_that_are_still_there_are_asked_to_forget(room):
    """Dask would wait half a minute for one that was lost, and one that was started anew has nothing to forget."""

    class Fake:
        status = "running"

        def __init__(self):
            self.asked = []

        def scheduler_info(self, **_):
            return {"workers": {"stays": {"resources": {batch: 1}}, "anew": {"resources": {}}}}

        def run(self, _function, told, workers, **_):
            self.asked += [(told, *workers)]

    client, batch = Fake(), "nbviva-batch"
    week = WeekParcel("toy", b"", b"")
    fit = {"stays": "1", "anew": "2", "lost": "3"}
    Admission(client, room, Inspection(), week, batch, fit).forget()
    assert [(batch, "stays")] == client.asked

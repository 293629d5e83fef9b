"""Kernels forked from a template: nothing passes from one to the next, and each is what a started kernel is."""

import contextlib
import os
import platform
import re
import secrets
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nbviva.course import Course
from nbviva.errors import SandboxUnavailable
from nbviva.grading.grade import grade
from nbviva.grading.submission import Submission
from nbviva.handin.door import open_handin
from nbviva.inside import forking
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.room import Room
from nbviva.kernel.sitting import StartFailed
from nbviva.kernel.student import Died
from nbviva.sandbox import bubblewrap, cgroup, fork_server, provisioner, world
from nbviva.sandbox.fork_server import Forked, ForkServer, request
from nbviva.sandbox.limits import MIB, Limits
from nbviva.secret import draw_of
from tests import probe
from tests.probe import ROOMY, Kernel, processes_named

pytestmark = pytest.mark.skipif(provisioner.refusal() is not None, reason=str(provisioner.refusal()))

PLACES = [str(place) for place in world.tmpfs(Limits())]
CONTROLLERS = Path("/sys/fs/cgroup")


@pytest.fixture(scope="module")
def warmed() -> Iterator[ForkServer]:
    """A template with little imported."""
    with ForkServer(["numpy", "multiprocessing.connection"]) as running:
        yield running


@pytest.fixture
def fork(warmed: ForkServer) -> Iterator[Callable[..., Kernel]]:
    """Fork kernels that end with the test."""
    with contextlib.ExitStack() as kernels:
        yield lambda **limits: kernels.enter_context(
            Kernel(None, Limits(**limits) if limits else ROOMY, warmed.address)
        )


@pytest.fixture(scope="module")
def cold() -> Iterator[Kernel]:
    """A started kernel, to compare with."""
    with Kernel(None, ROOMY) as started:
        yield started


def one_after_the_other(warmed: ForkServer, first: str, then: str) -> Any:
    """What a kernel says after another one did something and ended."""
    with Kernel(None, ROOMY, warmed.address) as kernel:
        kernel.run(first)
    with Kernel(None, ROOMY, warmed.address) as kernel:
        return kernel.value(then)


def process_of(running: ForkServer) -> int:
    """The template itself, below bubblewrap's two processes; what a kernel left is adopted by the second at first."""
    (first,) = cgroup.children(running._process.pid)
    return min(cgroup.children(first))


# -- nothing passes from one hand-in to the next ----------------------------------------------------------------------


def test_files_do_not_pass(warmed: ForkServer) -> None:
    write = f"for place in {PLACES}: open(place + '/left', 'w').write('x')"
    assert one_after_the_other(warmed, write, f"import os; print([os.path.exists(p + '/left') for p in {PLACES}])") == (
        [False] * len(PLACES)
    )


def test_files_do_not_pass_while_both_live(fork: Callable[..., Kernel]) -> None:
    here, there = fork(), fork()
    here.run(f"for place in {PLACES}: open(place + '/left', 'w').write('x')")
    assert there.value(f"import os; print([os.path.exists(p + '/left') for p in {PLACES}])") == [False] * len(PLACES)


def test_memory_does_not_pass(warmed: ForkServer) -> None:
    """What a hand-in changes in a module that all have in common is changed for itself only."""
    change = "import json, numpy, sys; json.left = numpy.left = 1; sys.modules['left'] = json; numpy.pi = 3"
    look = """
        import json, numpy, sys
        print([hasattr(json, 'left'), hasattr(numpy, 'left'), 'left' in sys.modules, numpy.pi])
    """
    assert one_after_the_other(warmed, change, look) == [False, False, False, 3.141592653589793]


def test_the_template_holds_nothing_of_a_hand_in(warmed: ForkServer, tmp_path: Path) -> None:
    """Its memory, read from outside, has no byte of the files, the code or the values of a hand-in."""
    file, value = (f"needle-{secrets.token_hex(12)}" for _ in range(2))
    (tmp_path / "notes.txt").write_text(file)
    with Kernel(tmp_path, ROOMY, warmed.address) as kernel:
        kernel.run(f"text = open('notes.txt').read(); hoard = ['{value}' + str(n) for n in range(10000)]")
        inner = cgroup.children(cgroup.children(kernel.provisioner.pid or 0)[0])[0]
        assert holds(inner, file.encode(), value.encode()) == [True, True]
        assert holds(process_of(warmed), file.encode(), value.encode()) == [False, False]


def holds(process: int, *needles: bytes) -> list[bool]:
    """Whether a process has these bytes somewhere in the memory that it can write."""
    found = [False] * len(needles)
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line):
                start, end = (int(word, 16) for word in match.groups())
                memory.seek(start)
                content = memory.read(end - start)
                found = [was or needle in content for was, needle in zip(found, needles, strict=True)]
    return found


def test_the_template_does_not_grow(warmed: ForkServer) -> None:
    process = process_of(warmed)
    fork_and_end(warmed, 5)
    before = private_bytes(process)
    fork_and_end(warmed, 20)
    assert private_bytes(process) <= before + MIB // 4


def private_bytes(process: int) -> int:
    """Give what it holds beside files, whether a fork of it still shares that or not."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(re.findall(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)[0]) * 1024


def test_the_environment_does_not_pass(warmed: ForkServer) -> None:
    change = "import ctypes, os; os.environ['LEFT'] = 'x'; ctypes.CDLL(None).putenv(b'LEFT_IN_C=x')"
    look = "import os, subprocess; print(['LEFT' in os.environ, b'LEFT' in subprocess.check_output('env')])"
    assert one_after_the_other(warmed, change, look) == [False, False]


DRAWS = """
    import random, numpy
    print([random.random(), [float(x) for x in numpy.random.rand(3)]])
"""


def test_random_numbers_do_not_pass(warmed: ForkServer) -> None:
    """However much one hand-in has drawn, the next draws what the first one did."""
    first, then = ([one_after_the_other(warmed, code, DRAWS)] for code in ("", DRAWS))
    assert first == then


def test_random_numbers_are_those_of_a_started_kernel(fork: Callable[..., Kernel], cold: Kernel) -> None:
    draw = "import random; random.seed(random.random()); print(random.random())"
    with Kernel(None, ROOMY) as another:
        assert fork().value(draw) == another.value(draw)


def test_what_must_differ_differs(fork: Callable[..., Kernel]) -> None:
    """Sources of secrets and of names do not repeat themselves."""
    draw = """
        import multiprocessing, os, random, secrets, ssl, tempfile, uuid, numpy
        print([str(uuid.uuid4()), secrets.token_hex(), os.urandom(8), random.SystemRandom().random(),
            ssl.RAND_bytes(8), bytes(multiprocessing.current_process().authkey), tempfile.mktemp(),
            float(numpy.random.default_rng().random())])
    """
    here, there = fork().value(draw), fork().value(draw)
    assert [same for same in here if same in there] == []


def test_processes_do_not_pass(warmed: ForkServer) -> None:
    marker = f"6{secrets.randbelow(10**6)}.5"
    daemon = f"import subprocess; subprocess.Popen(['setsid', 'sleep', '{marker}'], start_new_session=True)"
    with Kernel(None, ROOMY, warmed.address) as kernel:
        kernel.run(daemon)
        assert processes_named(marker)
        with Kernel(None, ROOMY, warmed.address) as other:
            assert other.value("import glob; print(sorted(glob.glob('/proc/[0-9]*')))") == ["/proc/1", "/proc/2"]
    assert processes_named(marker) == []


SHARE = """
    import ctypes, os, socket
    from multiprocessing import shared_memory
    libc = ctypes.CDLL(None, use_errno=True)
    shared_memory.SharedMemory('left', create=True, size=64)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(chr(0) + 'left')
    abstract.listen()
    server = socket.create_server(('127.0.0.1', 4567))
    queue, semaphore = libc.msgget(77, 0o1666), libc.semget(77, 1, 0o1666)
    posix = libc.mq_open(b'/left', os.O_RDWR | os.O_CREAT, 0o666, None)
    pty = os.openpty()
    print([queue, semaphore, posix >= 0, os.listdir('/dev/pts')])
"""
FIND = """
    import ctypes, os, socket
    from multiprocessing import shared_memory
    libc = ctypes.CDLL(None, use_errno=True)
    def tried(what, *arguments):
        try: what(*arguments)
        except OSError as error: return type(error).__name__
    print([tried(shared_memory.SharedMemory, 'left'),
        tried(socket.socket(socket.AF_UNIX).connect, chr(0) + 'left'),
        tried(socket.create_connection, ('127.0.0.1', 4567)),
        libc.msgget(77, 0o666), libc.semget(77, 1, 0o666), libc.mq_open(b'/left', os.O_RDWR), os.listdir('/dev/pts')])
"""


def test_nothing_is_shared_while_both_live(fork: Callable[..., Kernel]) -> None:
    """Shared memory, message queues, semaphores, sockets and terminals of one are not there for another."""
    here, there = fork(), fork()
    assert here.value(SHARE) == [0, 0, False, ["0", "ptmx"]]
    nothing = ["FileNotFoundError", "ConnectionRefusedError", "ConnectionRefusedError", -1, -1, -1, ["ptmx"]]
    assert there.value(FIND) == nothing


def test_no_open_file_is_shared(fork: Callable[..., Kernel], cold: Kernel) -> None:
    """A fork has the open files of a started kernel, and each of them is its own."""
    opened = """
        import os, re
        def names():
            for name in sorted(os.listdir('/proc/self/fd'), key=int):
                try: yield [int(name), os.readlink('/proc/self/fd/' + name)]
                except OSError: pass
        print([entry for entry in names()])
    """
    here, there, started = (kernel.value(opened) for kernel in (fork(), fork(), cold))
    assert kinds(started) == kinds(here) == kinds(there)
    numbered = [{name for _, name in opened if re.match(r"(pipe|socket):", name)} for opened in (here, there)]
    assert numbered[0] & numbered[1] == set()


def test_the_processes_around_a_fork_keep_next_to_nothing_open(fork: Callable[..., Kernel]) -> None:
    """The keeper has the asker and the first process in sight, that one nothing, and neither the template's door."""
    keeper, first, _ = cgroup.process_tree(fork().provisioner.pid or 0)
    opened = [[str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()] for pid in (keeper, first)]
    assert [kinds(list(enumerate(names))) for names in opened] == [
        ["/dev/null", "/dev/null", "/dev/null", "anon_inode:[pidfd]", "anon_inode:[pidfd]", "pipe:[N]", "socket:[N]"],
        ["/dev/null", "/dev/null", "/dev/null"],
    ]


def kinds(opened: list[tuple[int, str]]) -> list[str]:
    """What is open, without the numbers that differ from kernel to kernel."""
    return sorted(re.sub(r"\d+", "N", name) for _, name in opened)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
def test_the_keyring_is_closed(fork: Callable[..., Kernel], cold: Kernel) -> None:
    """No key can be left for another, and none is seen that a started kernel does not see."""
    call = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        numbers = [libc.syscall(248, b"user", b"left", b"x", 1, -4), libc.syscall(250, 0, -3, 0), libc.syscall(249, 0)]
        print([numbers, ctypes.get_errno(), len(open('/proc/keys').readlines())])
    """
    assert fork().value(call) == cold.value(call)
    assert fork().value(call)[:2] == [[-1, -1, -1], 1]


# -- the processes that it was forked from are out of reach -----------------------------------------------------------


def test_the_parent_cannot_be_touched(fork: Callable[..., Kernel]) -> None:
    """Process 1 has no memory to read and takes no signal, and there is no other to see."""
    kernel = fork()
    assert kernel.value("import os; print([os.getppid(), os.listdir('/proc/1'), os.getpid()])") == [1, [], 2]
    for number in ("signal.SIGINT", "signal.SIGTERM", "signal.SIGCHLD", "signal.SIGSTOP", "signal.SIGKILL"):
        kernel.run(f"import os, signal; os.kill(1, {number})")
    assert kernel.value("print(4)") == 4


def test_signals_to_all_reach_only_its_own(fork: Callable[..., Kernel]) -> None:
    """Its session and its group are its own, though it has the user of the template and of all its kernels."""
    here, there = fork(), fork()
    for target in ("0", "-1"):
        here.run(f"import os, signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN); os.kill({target}, signal.SIGUSR1)")
    with contextlib.suppress(probe.Died):
        here.run("os.kill(0, signal.SIGKILL)", timeout=20)
    assert there.value("print(5)") == fork().value("print(5)") == 5


def test_no_process_of_the_template_is_visible(fork: Callable[..., Kernel], warmed: ForkServer) -> None:
    kernel = fork()
    outside = [*cgroup.process_tree(warmed._process.pid), os.getpid()]
    seen = f"""
        import os
        found, threads = [], list(map(int, os.listdir('/proc/self/task')))
        for number in {{*range(3, 400), *{outside}}} - {{*threads}}:
            try: os.kill(number, 0)
            except ProcessLookupError: continue
            found.append(number)
        print([found, sorted(int(name) for name in os.listdir('/proc') if name.isdigit())])
    """
    assert kernel.value(seen) == [[], [1, 2]]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize(("call", "number"), [("ptrace", 101), ("process_vm_readv", 310), ("pidfd_getfd", 438)])
def test_the_parent_cannot_be_read(fork: Callable[..., Kernel], call: str, number: int) -> None:
    arguments = (16, 1, 0, 0) if call == "ptrace" else (1, 0, 0, 0, 0, 0)
    tried = f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        print([libc.syscall({number}, *{arguments}), ctypes.get_errno()])
    """
    assert fork().value(tried) == [-1, 1]


# -- a fork is what a started kernel is -------------------------------------------------------------------------------

STATE = """
    import gc, locale, os, resource, signal, sys, threading, time
    status = dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
    print([
        dict(os.environ), sorted(open('/proc/self/environ').read().split(chr(0))), os.getcwd(), sys.argv, sys.path,
        list(sys.flags), sys.orig_argv, sys.executable, sys.stdout.encoding,
        sys.__stdout__.encoding, sys.__stdout__.line_buffering,
        os.umask(0o22), os.getuid(), os.getgid(), os.getgroups(), os.nice(0), locale.getlocale(), time.tzname,
        [str(signal.getsignal(n)) for n in sorted(signal.valid_signals())], os.sched_getaffinity(0),
        [resource.getrlimit(getattr(resource, n)) for n in sorted(dir(resource)) if n.startswith('RLIMIT')],
        {name: status[name] for name in status if name.startswith(('Cap', 'Sig', 'NoNew', 'Seccomp', 'Umask', 'Groups'))
            and name not in ('SigQ',)},
        threading.main_thread() is threading.current_thread(), threading.main_thread().native_id == os.getpid(),
        gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit(),
        os.uname().nodename, sorted(os.listdir('/')), sorted(os.listdir('/dev')), sorted(os.listdir('/run/nbviva')),
        open('/proc/self/cgroup').read().count('/..'), oct(os.stat('/tmp').st_mode), oct(os.stat('/handin').st_mode),
    ])
"""


def test_a_fork_is_in_the_state_of_a_started_kernel(fork: Callable[..., Kernel], cold: Kernel) -> None:
    """Environment, arguments, signals, limits, privileges, places: what can be seen of them is the same."""
    forked, started = fork().value(STATE), cold.value(STATE)
    for expected, actual in zip(started, forked, strict=True):
        assert expected == actual


def test_mounts_are_those_of_a_started_kernel(fork: Callable[..., Kernel], cold: Kernel) -> None:
    """What lies on top at each place has the kind and the flags that it has in a started kernel."""
    look = """
        tops = {}
        for line in open('/proc/self/mountinfo'):
            words = line.split()
            kind = words[words.index('-') + 1]
            size = [o for o in words[-1].split(',') if o.startswith('size') and words[5].startswith('rw')]
            tops[words[4]] = (kind, words[5], size)
        print({place: top for place, top in tops.items()})
    """
    started, forked = cold.value(look), fork().value(look)
    assert {place: forked.get(place) for place in started} == started


def test_the_depth_of_calls_is_that_of_a_started_kernel(fork: Callable[..., Kernel], cold: Kernel) -> None:
    """Code that recurses as deep as it may gets as far as in a started kernel."""
    dive = """
        import sys
        frame, depth = sys._getframe(), 0
        while frame: frame, depth = frame.f_back, depth + 1
        print(depth)
    """
    assert fork().value(dive) == cold.value(dive)


def test_the_fonts_are_there(fork: Callable[..., Kernel], cold: Kernel) -> None:
    look = """
        import glob, os
        found = glob.glob('/home/student/.config/matplotlib/*')
        print(sorted((name, oct(os.stat(name).st_mode), os.path.getsize(name)) for name in found))
    """
    assert fork().value(look) == cold.value(look) != []


def test_each_fork_is_under_limits_of_its_own(fork: Callable[..., Kernel], warmed: ForkServer) -> None:
    """Keeper, first process and kernel are in the kernel's control groups, and in no other's."""
    here, there = fork(), fork(memory=1 << 29)
    for kernel in (here, there):
        pids = {str(pid) for pid in cgroup.process_tree(kernel.provisioner.pid or 0)}
        assert len(pids) == 3
        for folder in kernel.provisioner._group.folders:
            assert set((folder / "cgroup.procs").read_text().split()) == pids
    assert set(here.provisioner._group.folders) & set(there.provisioner._group.folders) == set()


def test_an_environment_in_a_place_of_the_kernels_own_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter may lie in /tmp: its folder is there, to read, and nothing beside it."""
    (tmp_path / "env").mkdir()
    (tmp_path / "env/there.txt").write_text("x")
    (tmp_path / "env").chmod(0o755)
    real = world.python_home(sys.executable, ())
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    home = world.PythonHome(
        (*world.python_home(sys.executable, (bubblewrap.PACKAGES,)).binds, tmp_path / "env"), real.user_base
    )
    monkeypatch.setattr(world, "python_home", lambda *_: home)
    look = f"import os; print([os.listdir({str(tmp_path)!r}), os.listdir({str(tmp_path / 'env')!r})])"
    with ForkServer([]) as running, Kernel(None, ROOMY, running.address) as kernel:
        assert kernel.value(look) == [["env"], ["there.txt"]]
        assert kernel.error(f"open({str(tmp_path / 'env/new')!r}, 'w')") == "EROFS"
        assert kernel.error(f"open({str(tmp_path / 'new')!r}, 'w')") == "nothing"


def test_files_that_an_import_makes_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that made itself a folder when it was imported finds it in every kernel, and no other's files in it."""
    agent_files = world.agent_files
    code = b"import tempfile; place = tempfile.mkdtemp(); open(place + '/made', 'w').write('x')"
    monkeypatch.setattr(world, "agent_files", lambda: agent_files() | {world.AGENT / "maker.py": code})
    use = """
        import maker, os
        print([os.listdir(maker.place), oct(os.stat(maker.place).st_mode)])
        open(maker.place + '/left', 'w').write('x')
    """
    with ForkServer(["maker"]) as running:
        for _ in range(2):
            with Kernel(None, ROOMY, running.address) as kernel:
                assert kernel.value(use) == [["made"], "0o40700"]


def test_a_fork_is_held_to_its_limits(fork: Callable[..., Kernel]) -> None:
    """Processes, open files and each place's size end in an error; memory ends the kernel, and nothing else."""
    kernel = fork(processes=60, open_files=128, disk=8 * MIB)
    assert kernel.error("hoard = [open('/dev/null') for _ in range(200)]") == "EMFILE"
    for place in PLACES:
        fill = f"[open(f'{place}/{{i}}', 'wb').write(bytes(3 << 20)) for i in range(4)]"
        assert (place, kernel.error(fill)) == (place, "ENOSPC")
    assert kernel.error("import subprocess; hoard = [subprocess.Popen(['sleep', '9']) for _ in range(200)]") == "EAGAIN"
    with pytest.raises(probe.Died):
        fork(memory=300 * MIB).run(probe.HOG)
    assert fork().value("print(6)") == 6


def test_reports_of_forked_and_started_kernels_are_equal(
    course: Course, hand_in: Callable[..., Path], warmed: ForkServer
) -> None:
    """Warm or cold, right or wrong: the reports are equal, with the word for how the kernel was kept."""
    week = course.week("toy")
    for group, texts in {"right": {}, "wrong": {"double_answer": "def double(x): return 3 * x"}}.items():
        hand_in(course, group, **texts)
        handin, data = open_handin(course, week, group), course.given_files("toy")
        rooms = Room(), Room(template=warmed.address)
        reports = [grade(Submission(handin, data, draw_of(course.root, "toy", group), room=r)).report for r in rooms]
        assert reports[0] == reports[1]
        assert reports[0].sandbox == reports[1].sandbox


def test_a_room_is_the_same_with_a_template() -> None:
    """No digest and no report depends on it."""
    assert (Room(), repr(Room())) == (Room(template="/somewhere"), repr(Room(template="/somewhere")))


# -- lives and deaths -------------------------------------------------------------------------------------------------


def fork_and_end(running: ForkServer, times: int) -> None:
    command = [sys.executable, "-P", "-m", "nbviva.inside.agent", "-f", str(world.CONNECTION_FILE)]
    for _ in range(times):
        forked = Forked(running.address)
        with os.fdopen(os.memfd_create("handin"), "w+b") as archive:
            world.pack(None, Limits(), archive)
            forked.ask(request(command, ROOMY, {"key": ""}, []), archive.fileno())
        fork_server._wait_until_ready(forked.stdout.fileno())
        forked.kill()
        forked.wait()


def test_fifty_kernels_leave_nothing(warmed: ForkServer) -> None:
    """No process of the template's, no mount, no open file of ours."""

    def traces() -> list[object]:
        mounts = mounted(process), [line for line in mounted("self") if place_of(line) in places]
        opened = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in ("self", process)]
        return [settled(lambda: cgroup.process_tree(warmed._process.pid), 3), mounts, opened]

    process = process_of(warmed)
    places = {place_of(line) for line in mounted(process)}  # others mount here, too, as a container engine does
    before = traces()
    fork_and_end(warmed, 50)
    assert traces() == before


def mounted(process: int | str) -> list[str]:
    """Give the lines of a process's table of mounts (proc_pid_mountinfo(5))."""
    return Path(f"/proc/{process}/mountinfo").read_text().splitlines()


def place_of(mount: str) -> str:
    """Give where it is mounted, the fifth of a line's fields."""
    return mount.split()[4]


def settled(found: Callable[[], list[int]], number: int) -> list[int]:
    """Look until there are as many as there should be, for a while."""
    end = time.monotonic() + 10
    while len(found()) != number and time.monotonic() < end:
        time.sleep(0.02)
    return found()


def test_a_kernel_leaves_no_folder_and_no_control_group(warmed: ForkServer) -> None:
    with Kernel(None, ROOMY, warmed.address) as kernel:
        folder, groups = Path(kernel.manager.connection_file).parent, kernel.provisioner._group.folders
        assert folder.exists()
        assert groups == () or all(group.exists() for group in groups)
    assert [path for path in (folder, *groups) if path.exists()] == []


def test_a_template_leaves_nothing() -> None:
    """Its processes, its folder and its control groups end with it, and so do the kernels that it has."""
    before = set(CONTROLLERS.glob(f"**/nbviva-{os.getpid()}-*"))
    with ForkServer([]) as running:
        processes = cgroup.process_tree(running._process.pid)
        kernel = Kernel(None, ROOMY, running.address)
        kernel.__enter__()
        inner = cgroup.process_tree(kernel.provisioner.pid or 0)
    assert settled(lambda: [pid for pid in (*processes, *inner) if Path(f"/proc/{pid}").exists()], 0) == []
    assert not Path(running.address).parent.exists()
    kernel.__exit__()
    assert set(CONTROLLERS.glob(f"**/nbviva-{os.getpid()}-*")) == before


@pytest.mark.parametrize("forks", [False, True])
def test_a_killed_asker_leaves_no_kernel(warmed: ForkServer, forks: bool) -> None:
    """When the asker is gone in an instant the kernel is gone, though a fork of it has its files open."""
    marker = f"5{secrets.randbelow(10**6)}.5"
    driver = f"""
        import os, sys, time
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        from probe import ROOMY, Kernel
        with Kernel(None, ROOMY, {warmed.address!r}) as kernel:
            kernel.run("import subprocess; subprocess.Popen(['sleep', '{marker}'])")
            other = {forks} and os.fork()
            if other or not {forks}:
                print(kernel.manager.connection_file, int(other), flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(driver)], stdout=subprocess.PIPE) as asker:
        assert asker.stdout is not None
        name, other = asker.stdout.readline().decode().split()
        assert processes_named(marker)
        asker.kill()
        assert settled(lambda: processes_named(marker), 0) == []
        if forks:
            os.kill(int(other), signal.SIGKILL)
    assert len(settled(lambda: cgroup.process_tree(warmed._process.pid), 3)) == 3
    shutil.rmtree(Path(name).parent)


def test_an_asker_that_says_nothing_harms_nobody(warmed: ForkServer) -> None:
    """It keeps a fork waiting, and others get theirs; when it hangs up the fork ends."""
    silent = Forked(warmed.address)
    fork_and_end(warmed, 1)
    silent._connection.close()
    silent.stdout.close()
    assert silent.wait() == 0


def test_a_killed_template_ends_its_kernels_and_says_so(tmp_path: Path) -> None:
    """A kernel at work has died, the next one cannot be started, and the sentence says why; a cold one can."""
    with ForkServer([]) as running:
        room = Room(template=running.address)
        with KernelStudent(tmp_path, room) as kernel:
            inner = cgroup.process_tree(kernel._manager.provisioner.pid)
            os.kill(process_of(running), signal.SIGKILL)
            assert settled(lambda: [pid for pid in inner if Path(f"/proc/{pid}").exists()], 0) == []
            assert not settled(lambda: [1] * running.is_alive(), 0)
            with pytest.raises(Died):
                kernel.student["x"]
        with pytest.raises(StartFailed, match="forked from has ended"), KernelStudent(tmp_path, room):
            pass
    with KernelStudent(tmp_path, Room()) as kernel:
        kernel.student["x"] = 1


def test_a_template_that_ends_costs_no_hand_in_a_mark(course: Course, hand_in: Callable[..., Path]) -> None:
    """Whether it is gone before the kernel is forked or dies while the notebook runs: the kernel is started instead."""
    hand_in(course, "ada")
    handin, data = open_handin(course, course.week("toy"), "ada"), course.given_files("toy")
    honest = Submission(handin, data, draw_of(course.root, "toy", "ada"))
    expected = grade(honest).report
    with ForkServer([]) as running:
        room = Room(template=running.address)

        def kill_at_the_first_cell(doing: str) -> None:
            if doing.startswith("cell") and running.is_alive():
                os.kill(process_of(running), signal.SIGKILL)
                assert not settled(lambda: [1] * running.is_alive(), 0)

        assert expected == grade(replace(honest, room=room, tell=kill_at_the_first_cell)).report
        assert not running.is_alive()
        assert expected == grade(replace(honest, room=room)).report


def test_a_kernel_that_ends_itself_is_the_students_fault(
    course: Course, hand_in: Callable[..., Path], warmed: ForkServer
) -> None:
    """Its template is still there: the cell ends two kernels, and what stands before it is asked in a third."""
    hand_in(course, "ada", double_answer="import os; os._exit(1)")
    handin, data = open_handin(course, course.week("toy"), "ada"), course.given_files("toy")
    cells: list[str] = []
    room = Room(template=warmed.address)
    item = Submission(handin, data, draw_of(course.root, "toy", "ada"), room=room, tell=cells.append)
    assert 0 == grade(item).report.points
    assert 3 == max(cells.count(cell) for cell in cells if cell.startswith("cell"))


# -- where it cannot be built -----------------------------------------------------------------------------------------

THREAD = "import threading, time; threading.Thread(target=time.sleep, args=(100,), daemon=True).start()"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (THREAD, "starts a thread"),
        ("kept = open('/dev/zero')", "leaves a file open (/dev/zero)"),
        ("import mmap; kept = mmap.mmap(-1, 4096)", "maps memory that all kernels would share"),
        ("raise ValueError('not today')", "culprit cannot be imported ahead (ValueError: not today)"),
        ("import sys; sys.exit(3)", "culprit cannot be imported ahead (SystemExit: 3)"),
        ("import os; os._exit(3)", "Kernels cannot be started warm"),
    ],
)
def test_imports_that_cannot_be_shared_are_named(code: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what is in the way, and nothing is left."""
    agent_files = world.agent_files
    culprit = {world.AGENT / "culprit.py": code.encode()}
    monkeypatch.setattr(world, "agent_files", lambda: agent_files() | culprit)
    running = ForkServer(["culprit"])
    with pytest.raises(SandboxUnavailable) as caught, running:
        pass
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path(running.address).parent.exists()


def test_where_only_a_scope_holds_memory_there_is_no_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process cannot be put into a scope after it was started, and no kernel runs without a limit."""
    scope = cgroup.Cgroup("systemd scope", prefix=("systemd-run",))
    monkeypatch.setattr(cgroup, "make_cgroup", lambda _: scope)
    with pytest.raises(SandboxUnavailable, match="put 'systemd-run --user --scope' before"), ForkServer([]):
        pass


def test_a_module_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(SandboxUnavailable, match="no_such_module cannot be imported ahead"),
        ForkServer(["no_such_module"]),
    ):
        pass


def test_where_no_sandbox_can_be_built_there_is_no_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "refusal", lambda: "Not here.")
    with pytest.raises(SandboxUnavailable, match=r"^Not here\.$"), ForkServer([]):
        pass


def test_the_template_knows_the_places_that_can_be_written() -> None:
    assert set(forking.PLACES) == set(PLACES)


# -- heavy imports ----------------------------------------------------------------------------------------------------

PICTURE = "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"
TORCH = """
    import torch
    generator = torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.ReLU(), torch.nn.Linear(20, 1))
    net(torch.rand(10, 30)).sum().backward()
    print([net[0].weight.grad.flatten().tolist(), torch.get_num_threads(), torch.get_num_interop_threads()])
"""


def test_torch_and_matplotlib_work_in_a_fork(cold: Kernel) -> None:
    """The last bit of a gradient is that of a started kernel, what is drawn unseeded repeats, and figures are shown."""
    pytest.importorskip("torch")
    with ForkServer(["torch", "matplotlib.pyplot"]) as running, Kernel(None, ROOMY, running.address) as kernel:
        with Kernel(None, ROOMY, running.address) as other:
            unseeded = [k.value("import torch; print(torch.rand(3).tolist())") for k in (kernel, other)]
        assert unseeded[0] == unseeded[1]
        assert kernel.value(TORCH) == cold.value(TORCH)
        assert shown(kernel) == shown(cold) == ["image/png", "text/plain"]


def shown(kernel: Kernel) -> list[str]:
    """The kinds of data that a cell with a figure displays."""
    kernel.client.execute(PICTURE)
    while (message := kernel.client.get_iopub_msg(timeout=60))["msg_type"] != "display_data":
        pass
    return sorted(message["content"]["data"])

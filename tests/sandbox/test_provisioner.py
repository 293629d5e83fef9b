"""Kernels in the sandbox: what they see, what they can reach, and that every limit is met.

One kernel, `kernel`, is shared by the probes that only look; a test that breaks its kernel starts its own.
"""
# ruff: noqa: S108 - places inside the sandbox

import contextlib
import os
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbviva.errors import HandInTooLarge, SandboxUnavailable
from nbviva.sandbox import bubblewrap, cgroup, provisioner, seccomp, world
from nbviva.sandbox.fork_server import ForkServer
from nbviva.sandbox.limits import MIB, Limits
from tests.probe import HOG, ROOMY, Died, Kernel, processes_named

REPOSITORY = Path(__file__).parents[2]
VARIABLE = "NBVIVA_VARIABLE_OF_THE_GRADER"
HOSTILE_MODULES = ("ipykernel_launcher", "ipykernel", "json", "sitecustomize", "usercustomize", "zmq")

pytestmark = pytest.mark.skipif(provisioner.refusal() is not None, reason=str(provisioner.refusal()))


@pytest.fixture(scope="module")
def hand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working copy with a notebook, data, and modules that would like to be imported in the place of others."""
    folder = tmp_path_factory.mktemp("groups") / "group-1"
    (folder / "data").mkdir(parents=True)
    (folder / "data/counts.csv").write_text("A,C,G,T\n")
    (folder / "notebook.ipynb").write_text("{}")
    (folder / "evil.pth").write_text("import builtins; builtins.caught = 1\n")
    for name in HOSTILE_MODULES:
        (folder / f"{name}.py").write_text("import builtins\nbuiltins.caught = 1\n")
    (folder.parent / "group-2").mkdir()
    (folder.parent / "group-2/solution.txt").write_text("theirs")
    return folder


@pytest.fixture(scope="module", params=["cold", "warm"])
def kernel(hand_in: Path, request: pytest.FixtureRequest) -> Iterator[Kernel]:
    """One kernel, started or forked, for all the tests that leave it as it was."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as running:
        patch.setenv(VARIABLE, VARIABLE)
        patch.setenv("JPY_PARENT_PID", str(os.getpid()))
        patch.setenv("OPENBLAS_L2_SIZE", "1048576")
        template = running.enter_context(ForkServer([])).address if request.param == "warm" else ""
        yield running.enter_context(Kernel(hand_in, ROOMY, template))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Start a kernel with limits of one's own."""
    with contextlib.ExitStack() as kernels:
        yield lambda **limits: kernels.enter_context(Kernel(tmp_path, Limits(**{"memory": 1024 * MIB, **limits})))


# -- what it sees ------------------------------------------------------------------------------------------------------


def test_the_kernel_starts_in_its_working_copy(kernel: Kernel) -> None:
    """The files of the hand-in are there, and the current folder holds them."""
    assert kernel.value("import os; print([os.getcwd(), open('data/counts.csv').read()])") == ["/handin", "A,C,G,T\n"]


def test_the_working_copy_is_a_copy(kernel: Kernel, hand_in: Path) -> None:
    """What is written and deleted inside leaves the original as it was."""
    kernel.run("import os; os.remove('notebook.ipynb'); open('data/new.txt', 'w').write('x')")
    assert kernel.value("print(os.path.exists('data/new.txt'))") is True
    assert (hand_in / "notebook.ipynb").read_text() == "{}"
    assert not (hand_in / "data/new.txt").exists()


def test_modules_of_the_hand_in_are_inert(kernel: Kernel) -> None:
    """Nothing in the working copy is imported in the place of a module of the environment."""
    assert kernel.value("import builtins, json, zmq; print(hasattr(builtins, 'caught'))") is False
    assert kernel.value("import sys; print([p for p in sys.path[:-1] if p in ('', '.', '/handin')])") == []


def test_of_the_framework_only_what_it_needs_is_there(kernel: Kernel) -> None:
    """The kernel finds the rooms that are made for kernels, in an empty package, and sees no more."""
    inside = {path.name for path in (REPOSITORY / "nbviva" / "inside").glob("*.py")}
    assert set(kernel.value("import os; print(os.listdir('/opt/nbviva/nbviva'))")) == {
        "__init__.py",
        "inside",
        "tester",
    }
    assert set(kernel.value("import os; print(os.listdir('/opt/nbviva/nbviva/inside'))")) == inside


def test_the_course_is_not_there(kernel: Kernel) -> None:
    """Neither the repository nor the current folder of the grader exists inside."""
    probe = f"print([os.path.exists(os.path.join({str(REPOSITORY)!r}, f)) for f in ('nbviva', 'tests', '.git')])"
    assert kernel.value(probe) == [False, False, False]
    assert kernel.value(f"print(os.path.exists({str(Path(__file__))!r}))") is False


def test_other_hand_ins_are_not_there(kernel: Kernel, hand_in: Path) -> None:
    """The neighbouring folder, readable outside, does not exist inside."""
    assert kernel.value(f"print(os.path.exists({str(hand_in.parent)!r}))") is False


def test_homes_of_the_machine_are_not_there(kernel: Kernel) -> None:
    """Of every home there is at most the way to the interpreter."""
    python = world.python_home(sys.executable, (REPOSITORY,)).binds
    shown = {path.parts[: len(home.parts) + 1] for home in (Path("/root"), Path("/home")) for path in python}
    seen = kernel.value("import glob; print(glob.glob('/root/*') + glob.glob('/root/.*') + glob.glob('/home/*'))")
    assert {Path(path).parts for path in seen} - shown <= {("/", "home", "student")}


def test_the_environment_of_the_grader_is_not_there(kernel: Kernel) -> None:
    """No process inside has a variable of the grader's, ipykernel's parent among them."""
    probe = """
        import glob, os
        texts = []
        for name in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
            try: texts.append(open(name).read())
            except OSError: pass
        print([os.environ.get('JPY_PARENT_PID'), any('OF_THE_GRADER' in text for text in texts), len(texts) > 1])
    """
    assert kernel.value(probe) == [None, False, True]


def test_what_bears_on_arithmetic_is_passed_on(kernel: Kernel) -> None:
    """The kernel computes with the grader's choice of linear algebra, on one thread."""
    names = ["OPENBLAS_L2_SIZE", "OMP_NUM_THREADS"]
    assert kernel.value(f"print([os.environ.get(n) for n in {names}])") == ["1048576", "1"]


def test_only_its_own_processes_are_there(kernel: Kernel) -> None:
    """The kernel's parent is process 1, of which nothing can be seen or changed, and the grader is nowhere."""
    assert kernel.value("print([os.getppid(), os.listdir('/proc/1')])") == [1, []]
    assert kernel.error(f"os.kill({os.getpid()}, 0)") == "ESRCH"


def test_no_file_is_open_that_it_did_not_open(kernel: Kernel) -> None:
    """Of the files that bubblewrap was given, none is left open."""
    probe = """
        links = []
        for name in os.listdir('/proc/self/fd'):
            try: links.append(os.readlink('/proc/self/fd/' + name))
            except OSError: pass
        print([l for l in links if not l.startswith(('/dev/', 'socket:', 'pipe:', 'anon_inode:', '/home/', '/proc/'))])
    """
    assert kernel.value(probe) == []


def test_the_sandbox_has_nothing_to_drop(kernel: Kernel) -> None:
    """No capability, no new privilege, a filter in force."""
    probe = (
        "print(dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line))"
    )
    status = kernel.value(probe)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_each_kernel_of_root_has_a_user_of_its_own(kernel: Kernel) -> None:
    """On the machine the kernel is nobody's process; an ordinary user's kernel is that user's."""
    uid = Path(f"/proc/{kernel.provisioner.pid}").stat().st_uid
    assert uid in bubblewrap.UIDS if os.geteuid() == 0 else uid == os.geteuid()


def test_every_process_is_under_the_limits(kernel: Kernel) -> None:
    """Where there is a control group, bubblewrap, its first process and the kernel are in it."""
    pids = {str(pid) for pid in cgroup.process_tree(kernel.provisioner.pid or 0)}
    for folder in kernel.provisioner._group.folders:
        assert set((folder / "cgroup.procs").read_text().split()) == pids
    assert len(pids) == 3


# -- what it can reach -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "folder",
    [
        "/",
        "/usr",
        "/etc",
        "/dev",
        "/opt/nbviva/nbviva",
        "/home",
        "/run",
        "/proc",
        "/sys/devices/system/cpu",
        sys.prefix,
    ],
)
def test_the_system_cannot_be_written(kernel: Kernel, folder: str) -> None:
    """A new file outside the places of its own is refused."""
    assert kernel.error(f"open({folder!r} + '/new', 'w')") in {"EROFS", "EACCES", "ENOENT", "EPERM"}


@pytest.mark.parametrize("name", ["/opt/nbviva/nbviva/inside/agent.py", "/etc/passwd", "/proc/sys/kernel/hostname"])
def test_files_of_the_system_cannot_be_changed(kernel: Kernel, name: str) -> None:
    """Neither written nor made writable."""
    assert kernel.error(f"open({name!r}, 'a')") in {"EROFS", "EACCES"}
    assert kernel.error(f"os.chmod({name!r}, 0o777)") in {"EROFS", "EPERM"}


def test_home_and_temporary_folders_can_be_written(kernel: Kernel) -> None:
    """Libraries find the places that they write to."""
    assert kernel.error("import pathlib; (pathlib.Path.home() / '.cache').mkdir(exist_ok=True)") == "nothing"
    assert kernel.error("import tempfile; tempfile.TemporaryFile()") == "nothing"
    assert kernel.error(
        "from multiprocessing import shared_memory as s; s.SharedMemory(create=True, size=9).unlink()"
    ) == ("nothing")


def test_the_loopback_of_the_machine_is_out_of_reach(kernel: Kernel) -> None:
    """A server on the machine's 127.0.0.1 gets no connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert kernel.error(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)") == "ECONNREFUSED"


def test_abstract_sockets_of_the_machine_are_out_of_reach(kernel: Kernel) -> None:
    """Sockets without a file belong to a network namespace, and the kernel has its own."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0nbviva-" + secrets.token_hex(4))
        server.listen()
        name = server.getsockname()
        assert kernel.error(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})") == "ECONNREFUSED"


def test_there_is_no_network(kernel: Kernel) -> None:
    """No route, no name, no family that goes around the namespace."""
    assert kernel.error("import socket; socket.create_connection(('192.0.2.1', 80), 2)") == "ENETUNREACH"
    assert kernel.error("socket.getaddrinfo('example.org', 80)") == "gaierror"
    assert kernel.error("socket.socket(socket.AF_VSOCK)") == "EAFNOSUPPORT"
    assert kernel.error("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)") == "EAFNOSUPPORT"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("unshare", "0x10000000"),
        ("ptrace", "16, 1, 0, 0"),
        ("mount", "0, b'/tmp', b'tmpfs', 0, 0"),
        ("keyctl", "0, -3, 0"),
        ("bpf", "0, 0, 0"),
        ("setns", "0, 0"),
        ("chroot", "b'/tmp'"),
        ("perf_event_open", "0, 0, -1, -1, 0"),
    ],
)
def test_a_denied_call_fails(kernel: Kernel, name: str, arguments: str) -> None:
    """The filter answers, whatever else would have refused the call."""
    number = seccomp.OLDER[name][0]
    probe = f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        print([libc.syscall({number}, {arguments}), ctypes.get_errno()])
    """
    assert kernel.value(probe) == [-1, 1]


def test_the_first_process_cannot_be_killed(kernel: Kernel) -> None:
    """Process 1 takes no signal from inside, so nobody inside outlives or ends the sandbox."""
    kernel.error("os.kill(1, 9)")
    kernel.error("os.kill(os.getppid(), 9)")
    assert kernel.value("print(1 + 1)") == 2


# -- its life ----------------------------------------------------------------------------------------------------------


def test_a_cell_can_be_interrupted(kernel: Kernel) -> None:
    """SIGINT reaches the kernel through the pid namespace, and the kernel lives on."""
    request = kernel.client.execute("import time; print('asleep'); time.sleep(60)", stop_on_error=False)
    while "asleep" not in kernel.client.get_iopub_msg(timeout=60)["content"].get("text", ""):
        pass
    kernel.manager.interrupt_kernel()
    while (reply := kernel.client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != request:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.value("print(2)") == 2


@pytest.mark.parametrize("ending", ["killed", "exits"])
def test_nothing_outlives_a_kernel(start: Callable[..., Kernel], ending: str) -> None:
    """A daemon that left session and parent dies with the kernel, whether it is killed or leaves by itself."""
    marker = f"9{secrets.randbelow(10**6)}.5"
    kernel = start()
    kernel.run(f"""
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", {marker!r}])
            os._exit(0)
        os.wait(); time.sleep(0.3)
    """)
    assert processes_named(marker)
    folder, groups = Path(kernel.manager.connection_file).parent, kernel.provisioner._group.folders
    if ending == "exits":
        with contextlib.suppress(Died):
            kernel.run("os._exit(0)", timeout=20)
    kernel.manager.shutdown_kernel(now=True)
    assert processes_named(marker) == []
    assert not folder.exists()
    assert not any(group.exists() for group in groups)


def test_a_killed_grader_leaves_no_kernel(tmp_path: Path) -> None:
    """When the grader is gone in an instant, its kernels are gone with it."""
    marker = f"8{secrets.randbelow(10**6)}.5"
    driver = f"""
        import sys, time
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        from probe import ROOMY, Kernel
        with Kernel(None, ROOMY) as kernel:
            kernel.run("import subprocess; subprocess.Popen(['sleep', '{marker}'])")
            print(kernel.manager.connection_file, flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(driver)], stdout=subprocess.PIPE) as grader:
        assert grader.stdout is not None
        left = Path(grader.stdout.readline().decode().strip()).parent
        assert processes_named(marker)
        grader.kill()
    end = time.monotonic() + 10
    while processes_named(marker) and time.monotonic() < end:
        time.sleep(0.05)
    shutil.rmtree(left)
    assert processes_named(marker) == []


def test_a_kernel_can_be_restarted(start: Callable[..., Kernel]) -> None:
    """A restart gives a new sandbox with a fresh working copy."""
    kernel = start()
    kernel.run("open('left', 'w').write('x')")
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    assert kernel.value("import os; print(os.listdir())") == []


def test_the_terminal_hears_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What a process inside writes past Jupyter's messages goes nowhere."""
    with Kernel(tmp_path, ROOMY) as kernel:
        kernel.run("import os, sys; [os.write(n, b'shout') for n in (1, 2)]; print('shout', file=sys.__stderr__)")
    assert capfd.readouterr() == ("", "")


ORDINARY = 65534
VISIT = """
    import os, sys
    sys.path.insert(0, sys.argv[1])
    from nbviva.sandbox.fork_server import ForkServer
    from probe import HOG, ROOMY, Died, Kernel, Limits
    with ForkServer([]) as template:
        for way in ("", template.address):
            with Kernel(None, ROOMY, way) as kernel:
                print(kernel.value("import os; print([os.getuid(), os.getcwd()])"))
                print(kernel.error("open('/usr/new', 'w')"), kernel.error("os.kill(1, 9)"), kernel.value("print(1)"))
                print(os.stat(f"/proc/{kernel.provisioner.pid}").st_uid == os.geteuid() != 0)
            with Kernel(None, Limits(memory=300 << 20), way) as kernel:
                try: kernel.run(HOG)
                except Died: print("died")
            print(os.path.exists(os.path.dirname(kernel.manager.connection_file)))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test of this file is this test for an ordinary user")
def test_an_ordinary_user_gets_the_same_sandbox(tmp_path: Path) -> None:
    """Without root there is a sandbox too; the interpreter is mounted where that user can read it."""
    needed = (*world.python_home(sys.executable, (REPOSITORY,)).binds, REPOSITORY)
    command = ["env", f"HOME={tmp_path}", sys.executable, "-c", textwrap.dedent(VISIT), str(Path(__file__).parents[1])]
    visit = as_ordinary_user(command, needed, tmp_path)
    answer = subprocess.run(visit, capture_output=True, text=True, check=False, cwd="/var", timeout=120)
    expected = ["[1000, '/handin']", "EROFS nothing 1", "True", "died", "False"]
    assert answer.stdout.splitlines() == 2 * expected, answer.stderr


def as_ordinary_user(command: list[str], needed: tuple[Path, ...], stage: Path) -> list[str]:
    """The command as nobody, in mounts of its own where the closed folders above what it needs are open and empty."""
    far = [folder for folder in needed if not bubblewrap.reachable(folder)]
    closed = [next(up for up in reversed(folder.parents) if not up.stat().st_mode & 0o001) for folder in far]
    places = [stage / str(number) for number, _ in enumerate(far)]
    script = [f"mkdir {place} && mount --bind {folder} {place}" for folder, place in zip(far, places, strict=True)]
    script += [f"mount -t tmpfs -o mode=0755 tmpfs {folder}" for folder in sorted(set(closed))]
    script += [f"mkdir -p {folder} && mount --move {place} {folder}" for folder, place in zip(far, places, strict=True)]
    mounted = "\n".join([*script, 'exec "$@"'])
    return [
        *("unshare", "--mount", "--propagation=private", "/bin/sh", "-ec", mounted, "visit"),
        *("setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--", *command),
    ]


# -- its limits --------------------------------------------------------------------------------------------------------


def test_memory_is_limited(start: Callable[..., Kernel]) -> None:
    """A kernel that takes more than its share dies, and the grader does not notice."""
    kernel = start(memory=300 * MIB)
    with pytest.raises(Died):
        kernel.run(HOG)


def test_memory_is_limited_without_a_cgroup(start: Callable[..., Kernel], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no cgroup may be written, the watcher ends the kernel."""
    monkeypatch.setattr(cgroup, "make_cgroup", lambda _: cgroup.Cgroup("watcher"))
    kernel = start(memory=300 * MIB)
    assert kernel.provisioner.memory_limit_kind == "watcher"
    with pytest.raises(Died):
        kernel.run(HOG)


def test_memory_of_children_counts(start: Callable[..., Kernel], monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares of many processes are added up."""
    monkeypatch.setattr(cgroup, "make_cgroup", lambda _: cgroup.Cgroup("watcher"))
    kernel = start(memory=400 * MIB)
    with pytest.raises(Died):
        kernel.run("""
            import os, time
            for _ in range(4):
                if os.fork() == 0:
                    hoard = b"x" * (150 << 20)
                    time.sleep(60)
            time.sleep(60)
        """)


def test_processes_are_limited(start: Callable[..., Kernel]) -> None:
    """Forking ends in an error, and the kernel lives on."""
    kernel = start(processes=60)
    forked = kernel.value("""
        import os, signal, time
        children = []
        try:
            for _ in range(200):
                pid = os.fork()
                if pid == 0:
                    time.sleep(60)
                    os._exit(0)
                children.append(pid)
        except OSError as error:
            reason = error.errno
        for pid in children: os.kill(pid, signal.SIGKILL)
        for pid in children: os.waitpid(pid, 0)
        print([len(children) < 60, reason])
    """)
    assert forked == [True, 11]


def test_a_fork_bomb_ends_with_its_kernel(start: Callable[..., Kernel]) -> None:
    """However many there are, one signal ends them all."""
    kernel = start(processes=60)
    marker = f"7{secrets.randbelow(10**6)}.5"
    bomb = f"subprocess.Popen(['sh', '-c', 'bomb() {{ sleep {marker} & bomb | bomb & }}; bomb; sleep {marker}'])"
    kernel.run(f"import subprocess, time; {bomb}; time.sleep(1)")
    kernel.manager.shutdown_kernel(now=True)
    assert processes_named(marker) == []


def test_files_and_disks_are_limited(start: Callable[..., Kernel]) -> None:
    """Open files, the size of a file, and each place that can be written: all end in an error, and the kernel lives."""
    kernel = start(open_files=128, file_size=4 * MIB, disk=8 * MIB)
    assert kernel.error("hoard = [open('/dev/null') for _ in range(200)]") == "EMFILE"
    assert kernel.error("open('large', 'wb').write(bytes(5 << 20))") == "EFBIG"
    for place in ("/handin", "/tmp", "/home/student", "/dev/shm", "/run/nbviva"):
        fill = f"[open(f'{place}/{{i}}', 'wb').write(bytes(3 << 20)) for i in range(4)]"
        assert (place, kernel.error(fill)) == (place, "ENOSPC")
    assert kernel.value("print(3)") == 3


def test_cpu_time_is_limited(start: Callable[..., Kernel]) -> None:
    """A kernel that computes for ever dies of its limit."""
    kernel = start(cpu_seconds=3)
    with pytest.raises(Died):
        kernel.run("while True: pass", timeout=40)


def test_a_course_that_is_its_own_environment_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where showing the interpreter would show the course, nothing is started."""
    kernel = Kernel(tmp_path, ROOMY)
    monkeypatch.chdir(sys.prefix)
    with pytest.raises(SandboxUnavailable, match="a folder of its own"):
        kernel.manager.start_kernel()


def test_a_hand_in_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """The size is told before anything runs."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    kernel = Kernel(tmp_path, ROOMY)
    with pytest.raises(HandInTooLarge, match="1099511627776"):
        kernel.manager.start_kernel()


# -- when it cannot be built -------------------------------------------------------------------------------------------


def program(folder: Path, script: str) -> None:
    """A bwrap of our own on an otherwise empty PATH."""
    (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bwrap").chmod(0o755)


NEW = 'case "$1" in --version) echo bubblewrap 0.9.0;; *) echo "bwrap: no luck" >&2; exit 1;; esac'


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine whose bubblewrap fails; its files lie in the folder, which every user can read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "bin").mkdir()
        program(folder / "bin", NEW)
        for tool in ("setpriv", "sh"):
            (folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)
        monkeypatch.setenv("PATH", str(folder / "bin"))
        yield folder


def test_a_missing_bubblewrap_is_named(broken: Path) -> None:
    """Without the program the sentence says what to install."""
    (broken / "bin/bwrap").unlink()
    assert "apt-get install bubblewrap" in str(provisioner.refusal(broken))


def test_an_old_bubblewrap_is_named(broken: Path) -> None:
    """The sentence tells the version that is there and the one that is needed."""
    (broken / "bin/bwrap").unlink()
    program(broken / "bin", "echo bubblewrap 0.4.1")
    bubblewrap.version.cache_clear()
    assert "0.4.1 is too old: install 0.7" in str(provisioner.refusal(broken))
    bubblewrap.version.cache_clear()


def test_another_machine_is_named(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a filter for the architecture nothing is started."""
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert str(provisioner.refusal(broken)).startswith("There is no seccomp filter for riscv64")


@pytest.mark.parametrize(
    ("sign", "content", "advice"),
    [
        ("proc/sys/user/max_user_namespaces", "0\n", "user.max_user_namespaces=15000"),
        ("proc/sys/kernel/unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone=1"),
        (".dockerenv", "", "grade outside of it"),
        ("run/.containerenv", "engine=podman\n", "grade outside of it"),
        ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "bwrap-userns-restrict"),
        ("proc/version", "", "'bwrap: no luck'"),
    ],
)
def test_each_cause_has_one_sentence(broken: Path, sign: str, content: str, advice: str) -> None:
    """What the system forbids is said in a sentence with what to do; anything else in bubblewrap's own words."""
    (broken / sign).parent.mkdir(parents=True, exist_ok=True)
    (broken / sign).write_text(content)
    sentence = str(provisioner.refusal(broken))
    assert advice in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_nothing_starts_where_the_sandbox_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel manager hears the sentence, and no folder stays behind."""
    monkeypatch.setattr(provisioner, "_lasting_refusal", lambda: "Not here.")
    kernel = Kernel(tmp_path, ROOMY)
    with pytest.raises(SandboxUnavailable, match=r"^Not here\.$"):
        kernel.manager.start_kernel()
    assert not Path(kernel.manager.connection_file).parent.exists()

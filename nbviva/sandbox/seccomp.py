"""The system calls that a student's kernel may not make, as a seccomp-BPF program for x86_64 and aarch64.

A deny-list over what namespaces already take away: it closes doors into the kernel that no notebook needs. A denied
call fails with EPERM and the program goes on; `clone3` fails with ENOSYS, so that the C library falls back to `clone`,
whose flags a filter can see.
"""

import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from errno import EAFNOSUPPORT, EAGAIN, ENOSYS, EOPNOTSUPP, EPERM

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # opcodes of classic BPF on 32-bit words
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
ARGUMENT = (16, 24, 32, 40, 48, 56)  # of the low words: little-endian
X32_CALLS = 0x40000000
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # both type into somebody else's terminal
# Linux shares the CPU among sessions first, so one that starts many takes it from its neighbours. To begin a session,
# and to make a terminal its own, succeeds and does nothing.
TIOCSCTTY = 0x540E
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10  # Linux' own numbers: other systems have others
# Locks on the files that all kernels see would tell one what another does. The filter sees no file, so no lock is held
# anywhere: to set one succeeds and does nothing, as for a hand-in that is alone with its files.
LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW
LEASES = (1024, 1026)  # F_SETLEASE, F_NOTIFY
# Linux counts by user what pipes hold and which signals wait, and forked kernels have one user.
PIPE_SIZE = 1031  # F_SETPIPE_SZ
FIRST_QUEUED = 32  # signals from here on wait one behind the other; no library that we know sends any
RWF_NOWAIT = 8  # to read only what is in memory, for others have read it
FADV_DONTNEED, MADV_COLD, MADV_PAGEOUT = 4, 20, 21  # to forget what is in memory
AF_NETLINK, NETLINK_ROUTE = 16, 0  # libzmq calls getifaddrs() for ipykernel's inner sockets and aborts without it

# Calls of the common table, the same number on every architecture since Linux 5.1.
COMMON = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "open_tree_attr": 467,
    "cachestat": 451,
}
# Calls older than the common table: x86_64, aarch64 (None: that machine never had it).
OLDER: dict[str, tuple[int, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "inotify_add_watch": (254, 27),  # what others read in the files that all see: /usr, the environment, /dev
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "init_module": (175, 105),
    "io_setup": (206, 0),  # one number of requests for the whole machine
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),  # memory that is no process's: without a cgroup nobody would count it
    "migrate_pages": (256, 238),
    "mincore": (27, 232),  # as cachestat: which pages of a file others have read
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "move_pages": (279, 239),
    "mq_open": (240, 180),  # counted by user
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),  # waiting signals are counted by user
    "rt_tgsigqueueinfo": (297, 240),
    "set_mempolicy": (238, 237),
    "setns": (308, 268),
    "shmget": (29, 194),  # as memfd_create
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysinfo": (99, 179),  # the number of all processes of the machine
    "syslog": (103, 116),
    "timer_create": (222, 107),  # each holds a waiting signal ready
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "uselib": (134, None),
    "vhangup": (153, 58),
}

Instruction = tuple[int, int, int, int]  # opcode, steps to skip if true, steps to skip if false, constant


@dataclass(frozen=True)
class Machine:
    """What differs between architectures: the audit mark, and the calls whose arguments are looked at."""

    audit: int
    column: int
    clone: int
    socket: int
    ioctl: int
    flock: int
    fcntl: int
    fadvise: int
    madvise: int
    preadv2: int
    setsid: int
    kill: int
    tkill: int
    tgkill: int
    pidfd_send_signal: int = 424
    clone3: int = 435

    def denied(self) -> dict[str, int]:
        """Numbers of the calls that fail whatever their arguments."""
        older = {name: numbers[self.column] for name, numbers in OLDER.items()}
        return {name: number for name, number in (older | COMMON).items() if number is not None}


MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        column=0,
        clone=56,
        socket=41,
        ioctl=16,
        flock=73,
        fcntl=72,
        fadvise=221,
        madvise=28,
        preadv2=327,
        setsid=112,
        kill=62,
        tkill=200,
        tgkill=234,
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        column=1,
        clone=220,
        socket=198,
        ioctl=29,
        flock=32,
        fcntl=25,
        fadvise=223,
        madvise=233,
        preadv2=286,
        setsid=157,
        kill=129,
        tkill=130,
        tgkill=131,
    ),
}


def program(machine: str | None = None) -> bytes:
    """The filter as an array of `struct sock_filter`, ready for `bwrap --seccomp`.

    Raises
    ------
    KeyError
        for a machine that is not in `MACHINES`; `sandbox.refusal` asks first.
    """
    target = MACHINES[machine or platform.machine()]
    steps = [
        *_guard(target),
        *(step for number in sorted(target.denied().values()) for step in _fail(number, EPERM)),
        *_fail(target.clone3, ENOSYS),
        *_on(target.clone, [(LOAD, 0, 0, ARGUMENT[0]), (ANY_BIT, 0, 1, NEW_NAMESPACES), _error(EPERM), _allow()]),
        *_on(target.socket, _socket_families()),
        *_on(target.ioctl, _terminal_requests()),
        *_fail(target.flock, 0),
        *_fail(target.setsid, 0),
        *_on(target.fcntl, _file_requests()),
        *_on(target.kill, _signals(1)),
        *_on(target.tkill, _signals(1)),
        *_on(target.tgkill, _signals(2)),
        *_on(target.pidfd_send_signal, _signals(1)),
        *_on(target.fadvise, [(LOAD, 0, 0, ARGUMENT[3]), *_answer([FADV_DONTNEED], 0), _allow()]),
        *_on(target.madvise, [(LOAD, 0, 0, ARGUMENT[2]), *_answer([MADV_COLD, MADV_PAGEOUT], 0), _allow()]),
        *_on(target.preadv2, [(LOAD, 0, 0, ARGUMENT[5]), (ANY_BIT, 0, 1, RWF_NOWAIT), _error(EOPNOTSUPP), _allow()]),
        _allow(),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _allow() -> Instruction:
    return (RETURN, 0, 0, ALLOW)


def _error(number: int) -> Instruction:
    return (RETURN, 0, 0, ERRNO | number)


def _fail(call: int, error: int) -> list[Instruction]:
    return [(EQUAL, 0, 1, call), _error(error)]


def _answer(values: Sequence[int], error: int) -> list[Instruction]:
    """Give an error, or 0 for a success that did nothing, where what was loaded is one of the values."""
    return [step for value in values for step in ((EQUAL, 0, 1, value), _error(error))]


def _on(call: int, body: Sequence[Instruction]) -> list[Instruction]:
    """Run `body`, which must end in a return, when the call is `call`."""
    return [(EQUAL, 0, len(body), call), *body]


def _guard(target: Machine) -> list[Instruction]:
    """A 32-bit or x32 program has other numbers for the same calls, and would slip past every line below."""
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, target.audit),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32_CALLS),
        _error(ENOSYS),
    ]


def _socket_families() -> list[Instruction]:
    """Families that the network namespace confines; not AF_VSOCK, which reaches the host of a virtual machine."""
    return [
        (LOAD, 0, 0, ARGUMENT[0]),
        (EQUAL, 6, 0, AF_UNIX),
        (EQUAL, 5, 0, AF_INET),
        (EQUAL, 4, 0, AF_INET6),
        (EQUAL, 0, 2, AF_NETLINK),
        (LOAD, 0, 0, ARGUMENT[2]),
        (EQUAL, 1, 0, NETLINK_ROUTE),
        _error(EAFNOSUPPORT),
        _allow(),
    ]


def _terminal_requests() -> list[Instruction]:
    return [
        (LOAD, 0, 0, ARGUMENT[1]),
        *_answer([TIOCSTI, TIOCLINUX], EPERM),
        *_answer([TIOCSCTTY], 0),
        _allow(),
    ]


def _file_requests() -> list[Instruction]:
    refused = _answer((*LEASES, PIPE_SIZE), EPERM)
    return [(LOAD, 0, 0, ARGUMENT[1]), *_answer(LOCKS, 0), *refused, _allow()]


def _signals(argument: int) -> list[Instruction]:
    return [(LOAD, 0, 0, ARGUMENT[argument]), (AT_LEAST, 0, 1, FIRST_QUEUED), _error(EAGAIN), _allow()]

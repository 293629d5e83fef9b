"""The filter, run by a small interpreter of BPF, so that both architectures are tested on either."""

import errno
import socket
import struct

import pytest

from nbviva.sandbox import seccomp

CLONE_THREAD_FLAGS = 0x3D0F00
CLONE_NEWUSER = 0x10000000


def verdict(machine: str, call: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter returns for one system call."""
    data = struct.pack(
        "<iIQ6Q", call, audit or seccomp.MACHINES[machine].audit, 0, *arguments, *[0] * (6 - len(arguments))
    )
    steps = list(struct.iter_unpack("<HBBI", seccomp.program(machine)))
    position = word = 0
    while True:
        code, if_true, if_false, constant = steps[position]
        position += 1
        if code == seccomp.RETURN:
            return int(constant)
        if code == seccomp.LOAD:
            (word,) = struct.unpack_from("<I", data, constant)
            continue
        holds = {
            seccomp.EQUAL: word == constant,
            seccomp.AT_LEAST: word >= constant,
            seccomp.ANY_BIT: bool(word & constant),
        }[code]
        position += if_true if holds else if_false


def failing_with(number: int) -> int:
    return seccomp.ERRNO | number


@pytest.fixture(params=sorted(seccomp.MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_denied_call_fails_with_eperm(machine: str) -> None:
    """No call of the two tables is let through."""
    calls = seccomp.MACHINES[machine].denied().values()
    assert {verdict(machine, call) for call in calls} == {failing_with(errno.EPERM)}


def test_denied_calls_have_one_number_each(machine: str) -> None:
    """A number typed twice would leave the other call open."""
    numbers = list(seccomp.MACHINES[machine].denied().values())
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    "name",
    [
        "ptrace",
        "keyctl",
        "bpf",
        "mount",
        "unshare",
        "setns",
        "io_uring_setup",
        "process_vm_readv",
        "fsopen",
        "userfaultfd",
    ],
)
def test_the_promised_calls_are_denied(machine: str, name: str) -> None:
    """The calls that the documentation names are in the table."""
    assert name in seccomp.MACHINES[machine].denied()


def test_reading_and_writing_are_allowed(machine: str) -> None:
    """Ordinary calls pass, read and write among them."""
    ordinary = {"x86_64": (0, 1), "aarch64": (63, 64)}[machine]
    assert {verdict(machine, call) for call in ordinary} == {seccomp.ALLOW}


def test_a_thread_may_start_and_a_namespace_may_not(machine: str) -> None:
    """`clone` is judged by its flags."""
    call = seccomp.MACHINES[machine].clone
    assert verdict(machine, call, CLONE_THREAD_FLAGS) == seccomp.ALLOW
    assert verdict(machine, call, CLONE_NEWUSER | 17) == failing_with(errno.EPERM)


def test_clone3_is_said_to_be_missing(machine: str) -> None:
    """The flags of `clone3` lie behind a pointer, so the C library is sent back to `clone`."""
    assert verdict(machine, 435) == failing_with(errno.ENOSYS)


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET, socket.AF_INET6])
def test_families_inside_the_network_namespace_are_allowed(machine: str, family: int) -> None:
    """A socket of a confined family can be made."""
    assert verdict(machine, seccomp.MACHINES[machine].socket, family) == seccomp.ALLOW


@pytest.mark.parametrize("family", [socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG, socket.AF_CAN, 0])
def test_other_families_are_refused(machine: str, family: int) -> None:
    """A family that reaches around the network namespace is unknown here."""
    assert verdict(machine, seccomp.MACHINES[machine].socket, family) == failing_with(errno.EAFNOSUPPORT)


def test_netlink_is_for_the_list_of_interfaces_only(machine: str) -> None:
    """NETLINK_ROUTE passes, because libzmq needs it; any other protocol does not."""
    call = seccomp.MACHINES[machine].socket
    assert verdict(machine, call, 16, 3, 0) == seccomp.ALLOW
    assert verdict(machine, call, 16, 3, 9) == failing_with(errno.EAFNOSUPPORT)


@pytest.mark.parametrize(("request_", "expected"), [(0x5412, errno.EPERM), (0x541C, errno.EPERM), (0x5413, None)])
def test_nothing_is_typed_into_a_terminal(machine: str, request_: int, expected: int | None) -> None:
    """TIOCSTI and TIOCLINUX fail; asking for the size of a terminal does not."""
    found = verdict(machine, seccomp.MACHINES[machine].ioctl, 0, request_)
    assert found == (seccomp.ALLOW if expected is None else failing_with(expected))


def test_nobody_begins_a_session_of_its_own(machine: str) -> None:
    """The CPU is shared among sessions first: `setsid`, and to own a terminal, succeed and do nothing."""
    target = seccomp.MACHINES[machine]
    assert failing_with(0) == verdict(machine, target.setsid)
    assert failing_with(0) == verdict(machine, target.ioctl, 0, 0x540E)


def test_a_program_of_another_architecture_is_killed(machine: str) -> None:
    """A 32-bit program has other numbers for the same calls."""
    assert verdict(machine, 26, audit=0x40000003) == seccomp.KILL_PROCESS


def test_x32_calls_do_not_exist(machine: str) -> None:
    """The x32 numbers would pass by every comparison."""
    assert verdict(machine, 0x40000000 + 101) == failing_with(errno.ENOSYS)


def test_another_machine_has_no_filter() -> None:
    """An architecture without a table gets no program at all."""
    with pytest.raises(KeyError):
        seccomp.program("riscv64")


CALLS_OF_A_LOCK = {"x86_64": (73, 72), "aarch64": (32, 25)}  # flock, fcntl


def test_locks_are_held_nowhere_and_hurt_nobody(machine: str) -> None:
    """To set one succeeds and does nothing; to ask for one, and every other use of fcntl, goes through."""
    flock, fcntl = CALLS_OF_A_LOCK[machine]
    assert failing_with(0) == verdict(machine, flock, 3, 2)
    assert {failing_with(0)} == {verdict(machine, fcntl, 3, command) for command in (6, 7, 37, 38)}
    assert {failing_with(errno.EPERM)} == {verdict(machine, fcntl, 3, command) for command in (1024, 1026, 1031)}
    assert {seccomp.ALLOW} == {verdict(machine, fcntl, 3, command) for command in (0, 1, 2, 3, 4, 5, 36, 1030, 1032)}


def test_no_signal_is_queued(machine: str) -> None:
    """Ordinary signals go through; those that wait one behind the other, and are counted by user, do not."""
    target = seccomp.MACHINES[machine]
    for call, before in ((target.kill, 1), (target.tkill, 1), (target.pidfd_send_signal, 1), (target.tgkill, 2)):
        assert {seccomp.ALLOW} == {verdict(machine, call, *[7] * before, signal) for signal in (0, 2, 9, 31)}
        assert {failing_with(errno.EAGAIN)} == {verdict(machine, call, *[7] * before, signal) for signal in (32, 64)}


def test_nobody_asks_or_changes_what_is_in_memory(machine: str) -> None:
    target = seccomp.MACHINES[machine]
    assert failing_with(errno.EOPNOTSUPP) == verdict(machine, target.preadv2, 3, 0, 1, 0, 0, seccomp.RWF_NOWAIT)
    assert seccomp.ALLOW == verdict(machine, target.preadv2, 3, 0, 1, 0, 0, 0)
    assert [failing_with(0), seccomp.ALLOW] == [verdict(machine, target.fadvise, 3, 0, 0, advice) for advice in (4, 2)]
    assert [failing_with(0), seccomp.ALLOW] == [verdict(machine, target.madvise, 0, 0, advice) for advice in (21, 4)]

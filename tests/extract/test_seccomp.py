"""The filter of system calls, run step by step for both machines that it knows."""

from __future__ import annotations

import errno

import pytest

from indexer.bounds.seccomp import Instruction, program

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
PID = 4711
ALLOWED = 0


def answer(code: list[Instruction], machine: int, number: int, *arguments: int) -> int:
    """Return the error a call ends with (0: it is made), as the kernel's packet filter finds it."""
    words = {0: number, 4: machine}
    for at, argument in enumerate(arguments):
        words[16 + 8 * at] = argument & 0xFFFFFFFF
    at = accumulator = 0
    while True:
        step, if_true, if_false, value = code[at]
        at += 1
        if step == 0x20:
            accumulator = words.get(value, 0)
        elif step == 0x06:
            assert value == 0x7FFF0000 or value >> 16 == 5
            return ALLOWED if value == 0x7FFF0000 else value & 0xFFFF
        else:
            is_true = {
                0x15: accumulator == value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[step]
            at += if_true if is_true else if_false


CALLS = {
    "x86_64": {"socket": 41, "socketpair": 53, "connect": 42, "kill": 62, "tgkill": 234, "chmod": 90, "fchmod": 91,
               "utimensat": 280, "fsetxattr": 190, "prlimit64": 302, "setsid": 112, "clone": 56, "clone3": 435,
               "fcntl": 72, "ioctl": 16, "io_uring_setup": 425, "ptrace": 101, "read": 0, "openat": 257, "execve": 59,
               "mmap": 9},
    "aarch64": {"socket": 198, "socketpair": 199, "connect": 203, "kill": 129, "tgkill": 131, "fchmod": 52,
                "fchmodat": 53, "utimensat": 88, "fsetxattr": 7, "prlimit64": 261, "setsid": 157, "clone": 220,
                "clone3": 435, "fcntl": 25, "ioctl": 29, "io_uring_setup": 425, "ptrace": 117, "read": 63, "openat": 56,
                "execve": 221, "mmap": 222},
}  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
def test_what_may_be_called(machine: str) -> None:
    calls, architecture = CALLS[machine], MACHINES[machine]
    strict = program(machine, PID, sockets=False, signals=False)
    office = program(machine, PID, sockets=True, signals=True)

    def ask(name: str, *arguments: int, code: list[Instruction] = strict) -> int:
        return answer(code, architecture, calls[name], *arguments)

    for name in ("read", "openat", "execve", "mmap"):
        assert ask(name) == ALLOWED
    for name in ("fchmod", "utimensat", "fsetxattr", "setsid", "io_uring_setup", "ptrace", "connect"):
        assert ask(name) == ask(name, code=office) == errno.EPERM
    for family in (1, 2, 10, 16, 17, 40):
        assert ask("socket", family) == ask("socketpair", family) == errno.EAFNOSUPPORT
        assert ask("socket", family, code=office) == (ALLOWED if family == 1 else errno.EAFNOSUPPORT)
    for pid, end in (
        (PID, ALLOWED),
        (0, ALLOWED),
        (PID + 1, errno.EPERM),
        (1, errno.EPERM),
        (-1, errno.EPERM),
    ):
        assert ask("kill", pid, 9) == ask("tgkill", pid, pid, 9) == ask("prlimit64", pid) == end
    assert ask("kill", 1, 9, code=office) == ALLOWED  # Landlock refuses it then
    assert ask("prlimit64", 1, code=office) == errno.EPERM
    assert ask("fcntl", 3, 1) == ask("ioctl", 0, 0x5401) == ALLOWED
    assert ask("fcntl", 3, 8, 1) == ask("fcntl", 3, 10, 9) == ask("ioctl", 0, 0x5412) == errno.EPERM
    assert ask("clone", 0x11) == ask("clone", 0x3D0F00) == ALLOWED  # a process, a thread
    assert ask("clone", 0x8011) == ask("clone", 0x10000011) == errno.EPERM
    assert ask("clone3") == errno.ENOSYS


def test_other_calling_conventions_are_refused() -> None:
    code = program("x86_64", PID, sockets=True, signals=True)
    assert answer(code, MACHINES["x86_64"], 0x40000000 + 41, 1) == errno.EPERM
    assert answer(code, 0x40000003, 359, 1) == errno.EPERM  # 32-bit
    assert answer(code, MACHINES["aarch64"], 63) == errno.EPERM

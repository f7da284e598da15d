"""Readers that have been taken over: what foreign code does once it runs in a reading process. Never imported by tests.

A file's content says where to try: JSON with `folder`, `outside`, `parent`. The calls go to the C library directly, past
everything that Python asks.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
import sys
import time
from collections.abc import Callable

from indexer.extract.source import Source
from indexer.model.items import Extract, Passage

PIPE = json.loads(sys.argv[1])["pipe"] if len(sys.argv) > 1 else -1


def escape(source: Source) -> Extract:
    """Try every way out; say how each ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    told = json.loads(source.data)
    folder, outside, parent = told["folder"].encode(), told["outside"].encode(), told["parent"]
    here = os.open(source.path, os.O_RDONLY)
    ended: dict[str, str] = {}

    def attempt(name: str, call: Callable[..., int], *arguments: object) -> None:
        ctypes.set_errno(0)
        ended[name] = "done" if call(*arguments) >= 0 else errno.errorcode.get(ctypes.get_errno(), "refused")

    def start(program: bytes) -> int:
        """If it works, it replaces this process: then nothing is reported."""
        return int(libc.execve(program, (ctypes.c_char_p * 2)(program, None), None))

    def fork_twice() -> int:
        """Leave a process without parent and, if that were allowed, in a session of its own."""
        read, write = os.pipe()
        if libc.fork() == 0:
            libc.setsid()
            if libc.fork() == 0:
                os.write(write, struct.pack("i", libc.getpid()))
                while True:
                    libc.pause()
            libc._exit(0)
        ended["orphan"] = str(struct.unpack("i", os.read(read, 4))[0])
        return 0

    for name, family, kind in (
        ("unix", 1, 1),
        ("datagrams", 1, 2),
        ("tcp", 2, 1),
        ("udp", 2, 2),
        ("udp6", 10, 2),
        ("netlink", 16, 3),
        ("packets", 17, 3),
    ):
        attempt(f"socket {name}", libc.socket, family, kind, 0)
    attempt("socketpair", libc.socketpair, 1, 1, 0, (ctypes.c_int * 2)())
    attempt("chmod", libc.chmod, folder + b"/a.txt", 0o777)
    attempt("fchmod", libc.fchmod, here, 0o777)
    attempt("chown", libc.chown, folder + b"/a.txt", os.getuid(), os.getgid())
    attempt("fchown", libc.fchown, here, os.getuid(), os.getgid())
    attempt("times", libc.utimensat, -100, folder + b"/a.txt", None, 0)
    attempt("times of an open file", libc.futimens, here, None)
    attempt("attributes", libc.fsetxattr, here, b"user.x", b"x", 1, 0)
    attempt("unlink", libc.unlink, folder + b"/a.txt")
    attempt("rename", libc.rename, folder + b"/a.txt", b"a.txt")
    attempt("link", libc.link, folder + b"/a.txt", b"a.txt")
    attempt("create", libc.creat, folder + b"/b.txt", 0o600)
    attempt("read outside", libc.open, outside, 0)
    attempt("parent's environment", libc.open, f"/proc/{parent}/environ".encode(), 0)
    attempt("parent's memory", libc.open, f"/proc/{parent}/mem".encode(), 2)
    attempt("signal the parent", libc.kill, parent, 0)
    attempt("limit the parent", libc.prlimit, parent, 0, None, (ctypes.c_ulong * 2)())
    attempt("slow the parent", libc.setpriority, 0, parent, 5)
    attempt("trace the parent", libc.ptrace, 16, parent, None, None)
    attempt("have it signalled", libc.fcntl, here, 8, parent)
    attempt("session", libc.setsid)
    attempt("group", libc.setpgid, 0, 0)
    attempt("namespace", libc.unshare, 0x10000000)
    attempt("rings", libc.syscall, 425, 1, None)
    attempt("file in memory", libc.memfd_create, b"x", 0)
    attempt("shared memory", libc.shmget, 0, 4096, 0o1600)
    attempt("keys", libc.syscall, 250 if os.uname().machine == "x86_64" else 219, 0, -3, 0)
    attempt("8 GB", libc.ftruncate, libc.creat(b"large", 0o600), ctypes.c_long(8 << 30))
    attempt("shell", start, b"/bin/sh")
    attempt("tool", start, b"/usr/bin/id")
    attempt("fork", fork_twice)
    with open("/proc/self/environ", "rb") as file:  # noqa: PTH123 - as plain as it gets
        ended["environment"] = file.read().decode("utf-8", "replace")
    return Extract(passages=(Passage(json.dumps(ended)),))


def swarm(source: Source) -> Extract:
    """Start many processes."""
    libc = ctypes.CDLL(None)
    for _ in range(40):
        if libc.fork() == 0:
            while True:
                libc.pause()
    time.sleep(600)
    return Extract()


def fill(source: Source) -> Extract:
    """Fill the disk with many files, each within its limit."""
    for number in range(3):
        with open(f"{number}", "wb") as file:  # noqa: PTH123
            file.truncate(900 << 20)
    time.sleep(600)
    return Extract()


def dig(source: Source) -> Extract:
    """Nest directories until no path reaches them and no recursion ends."""
    for _ in range(3_000):
        os.mkdir("d")  # noqa: PTH102
        os.chdir("d")
    return Extract(passages=(Passage("dug"),))


def half(source: Source) -> Extract:
    """Say half of a reply."""
    os.write(PIPE, struct.pack("!i", 1_000) + b"half")
    os.close(os.open("said", os.O_CREAT | os.O_WRONLY))
    time.sleep(600)
    return Extract()


def endless(source: Source) -> Extract:
    """Announce a reply larger than any memory."""
    os.write(PIPE, struct.pack("!i", 0x7FFFFFFF) + b"x")
    time.sleep(600)
    return Extract()


def nest(source: Source) -> Extract:
    """Say something nested too deeply for whoever reads it."""
    head = b"[" * 200_000
    reply = struct.pack("<III", len(head), 0, 0) + head
    os.write(PIPE, struct.pack("!i", len(reply)) + reply)
    time.sleep(600)
    return Extract()


def sleep(source: Source) -> Extract:
    """Never be done."""
    os.close(os.open("asleep", os.O_CREAT | os.O_WRONLY))
    time.sleep(600)
    return Extract()


def window(source: Source) -> Extract:
    """Say whether there is a console window that can be seen."""
    kernel, user = ctypes.WinDLL("kernel32"), ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetConsoleWindow.restype = ctypes.c_void_p
    found = kernel.GetConsoleWindow()
    return Extract(
        passages=(Passage(f"window {user.IsWindowVisible(ctypes.c_void_p(found)) if found else 0}"),)
    )

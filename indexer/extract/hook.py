"""May Python code open, list, move, start, connect or signal this? An audit hook (PEP 578).

The only layer on every platform. It sees calls of Python's own library (its documentation lists the events in "Audit
events table"), but not what `ctypes` or an extension calls directly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from indexer.extract.locations import is_below, plain, real

_READ, _WRITE = "read", "change"
_PATHS: dict[str, tuple[tuple[int, str, int | None], ...]] = {
    **dict.fromkeys(
        ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.chdir", "os.listxattr", "os.getxattr",
         "os.add_dll_directory"), ((0, _READ, None),)),
    **dict.fromkeys(("os.remove", "os.rmdir", "shutil.rmtree"), ((0, _WRITE, 1),)),
    **dict.fromkeys(("os.mkdir", "os.chmod"), ((0, _WRITE, 2),)),
    **dict.fromkeys(("os.chown", "os.utime"), ((0, _WRITE, 3),)),
    **dict.fromkeys(
        ("os.truncate", "os.chflags", "os.lchmod", "os.setxattr", "os.removexattr", "shutil.chown",
         "shutil.make_archive", "tempfile.mkstemp", "tempfile.mkdtemp"), ((0, _WRITE, None),)),
    "os.rename": ((0, _WRITE, 2), (1, _WRITE, 3)),
    "shutil.move": ((0, _WRITE, None), (1, _WRITE, None)),
    **dict.fromkeys(
        ("shutil.copyfile", "shutil.copymode", "shutil.copystat", "shutil.copytree", "shutil.unpack_archive",
         "_winapi.CopyFile2"), ((0, _READ, None), (1, _WRITE, None))),
}  # fmt: skip
"""Event to its path arguments: which argument, what is done there, and which argument is the starting directory."""
_STARTING = {
    "subprocess.Popen": 0,
    "os.exec": 0,
    "os.posix_spawn": 0,
    "os.spawn": 1,
    "_winapi.CreateProcess": 0,
}
"""Event to the number of the argument that is the program."""
_LOADING = {"ctypes.dlopen": 0, "import": 1}
"""Event to the number of the argument that is a file of native code."""
_SIGNALLING = frozenset({"os.kill", "resource.prlimit"})
_NEVER = frozenset({"os.link", "os.symlink", "_winapi.CreateJunction", "os.system", "os.fork", "os.forkpty", "os.killpg",
                    "os.startfile", "os.startfile/2", "pty.spawn", "_winapi.OpenProcess", "_winapi.CreateNamedPipe",
                    "sys.remote_exec"})  # fmt: skip
_NEVER_ANY = ("socket.", "urllib.", "http.client.", "ftplib.", "imaplib.", "poplib.", "smtplib.", "nntplib.", "telnetlib.",
              "webbrowser.", "syslog.", "sqlite3.", "winreg.")  # fmt: skip
_REGISTRY_READING = frozenset({"winreg.OpenKey/result", "winreg.QueryValue", "winreg.QueryInfoKey", "winreg.EnumKey",
                               "winreg.EnumValue", "winreg.ExpandEnvironmentStrings", "winreg.QueryReflectionKey",
                               "winreg.PyHKEY.Detach"})  # fmt: skip
_KEY_READ = 0x20019 | 0x300 | 0x80000000
"""KEY_READ, of both registries, GENERIC_READ: all other rights can change something."""
_FILE_READ = 0x80000000 | 0x20000 | 0x100000 | 0x89
"""GENERIC_READ and its parts."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed; places are in the form of `locations.real`."""

    readable: tuple[str, ...]
    writable: tuple[str, ...]
    libraries: tuple[str, ...]
    """Where native code may be loaded from."""
    startable: frozenset[str]
    helpers: AbstractSet[int]
    """Processes that may be signalled, at any time."""

    def ask(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook: raise PermissionError for what is not allowed."""
        if event in _harmless:
            return
        if event == "open":
            self._ask_open(*arguments)
        elif event in _PATHS:
            for at, what, start in _PATHS[event]:
                start_at = arguments[start] if start is not None and start < len(arguments) else None
                self._ask_path(what, arguments[at], start_at)
        elif event in _STARTING:
            program = arguments[_STARTING[event]]
            if not program or real(program) not in self.startable:
                _forbid("start", program)
        elif event in _LOADING:
            file = arguments[_LOADING[event]]
            if file and os.path.dirname(file) and not is_below(real(file), self.libraries):
                _forbid("load", file)
        elif event == "_winapi.CreateFile":
            self._ask_path(_WRITE if arguments[1] & ~_FILE_READ else _READ, arguments[0])
        elif event in _SIGNALLING:
            if arguments[0] not in self.helpers and arguments[0] not in (0, os.getpid()):
                _forbid("signal", arguments[0])
        elif event == "winreg.OpenKey":
            if arguments[2] & ~_KEY_READ:
                _forbid("change", arguments[1])
        elif event in _NEVER or (event.startswith(_NEVER_ANY) and event not in _REGISTRY_READING):
            _forbid("do", event)
        else:
            _harmless.add(event)

    def _ask_open(self, path: Any, mode: str | None, flags: int | None) -> None:
        if path is None or isinstance(path, int) or os.path.normcase(os.fsdecode(path)) == _NOTHING:
            return
        writes = any(c in mode for c in "wax+") if mode else bool((flags or 0) & _WRITING)
        self._ask_path(_WRITE if writes else _READ, path)
        if not mode and not is_below(real(path), self.writable) and os.path.isdir(path):
            _forbid("open", path)  # relative to a directory, files are opened by their names alone

    def _ask_path(self, what: str, path: Any, start: Any = None) -> None:
        """`start` is the descriptor of the directory to which a path is relative; the path may be a descriptor, too."""
        if isinstance(path, int):
            if what == _READ:
                return  # an open file was already allowed
            path = _path_of(path)
        path = os.fsdecode(path or ".")
        if isinstance(start, int) and start >= 0 and not os.path.isabs(path):
            path = os.path.join(_path_of(start), path)
        elif not os.path.isabs(path) and ".." in path.replace("\\", "/").split("/"):
            _forbid(what, path)  # that is all we see of a file opened relative to a directory
        if what == _READ:
            # nobody can make links where libraries are, so most files need no expensive check
            is_library = ".." not in path and is_below(plain(path), self.libraries)
            allowed = is_library or is_below(real(path), self.readable)
        else:  # the entry itself and its target
            directory, name = os.path.split(path.rstrip(os.sep))
            entry = os.path.join(real(directory or "."), os.path.normcase(name))
            allowed = is_below(entry, self.writable) and is_below(real(path), self.writable)
        if not allowed:
            _forbid(what, path)


_NOTHING = os.path.normcase(os.devnull)
_harmless: set[str] = set()
"""Events that are not checked: one of them comes for each new array."""


def _path_of(descriptor: int) -> str:
    """Return the path open as `descriptor`; raise PermissionError if it is unknown."""
    try:
        if sys.platform == "linux":
            return os.readlink(f"/proc/self/fd/{descriptor}")
        if sys.platform == "darwin":
            import fcntl

            return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, b"\0" * 1024).rstrip(b"\0"))
    except OSError:
        pass
    raise PermissionError(f"a reader may not use the open file {descriptor} so")


def _forbid(what: str, path: object) -> None:
    raise PermissionError(f"a reader may not {what} {path!r}")

"""A job object of Windows: limits that the kernel enforces on a process and all it starts; they end with us.

https://learn.microsoft.com/windows/win32/procthread/job-objects
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

_UI_LIMITS, _LIMITS = 4, 9
"""Classes of information (JOBOBJECTINFOCLASS)."""
_JOB_TIME, _PROCESSES, _JOB_MEMORY, _NO_DIALOG, _KILL_ON_CLOSE = 0x4, 0x8, 0x200, 0x400, 0x2000
_ALL_UI = 0xFF
"""No access to windows of others, clipboard, settings, desktops, global names; no shutdown."""
_TICKS = 10_000_000
"""A second."""


class _Basic(ctypes.Structure):
    _fields_ = (
        ("process_time", wintypes.LARGE_INTEGER),
        ("job_time", wintypes.LARGE_INTEGER),
        ("flags", wintypes.DWORD),
        ("least_set", ctypes.c_size_t),
        ("most_set", ctypes.c_size_t),
        ("processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD),
        ("scheduling", wintypes.DWORD),
    )


class _Extended(ctypes.Structure):
    _fields_ = (
        ("basic", _Basic),
        ("counters", ctypes.c_ulonglong * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process", ctypes.c_size_t),
        ("peak_job", ctypes.c_size_t),
    )


class JobObject:
    """Processes put into it stay within its limits, and end when it is closed or this process ends."""

    def __init__(self, memory: int, processes: int) -> None:
        """`memory`: bytes of all its processes together. Raises OSError if Windows refuses."""
        self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
        self._handle = wintypes.HANDLE(self._kernel.CreateJobObjectW(None, None))
        self._limits = _Extended(job_memory=memory)
        self._limits.basic.processes = processes
        self._limits.basic.flags = _PROCESSES | _JOB_MEMORY | _NO_DIALOG | _KILL_ON_CLOSE
        self._set(_LIMITS, self._limits)
        self._set(_UI_LIMITS, wintypes.DWORD(_ALL_UI))

    def take_in(self, process: int) -> None:
        """Put a process, given by its handle, under the limits; raise OSError if Windows refuses."""
        if not self._kernel.AssignProcessToJobObject(self._handle, wintypes.HANDLE(process)):
            self._fail()

    def give_time(self, seconds: float) -> None:
        """Let all its processes together compute for that long from now on."""
        self._limits.basic.job_time = int(seconds * _TICKS)
        self._limits.basic.flags |= _JOB_TIME
        self._set(_LIMITS, self._limits)

    def close(self) -> None:
        """End all its processes."""
        self._kernel.TerminateJobObject(self._handle, 1)
        self._kernel.CloseHandle(self._handle)

    def _set(self, what: int, value: ctypes.Structure | wintypes.DWORD) -> None:
        if not self._kernel.SetInformationJobObject(
            self._handle, what, ctypes.byref(value), ctypes.sizeof(value)
        ):
            self._fail()

    def _fail(self) -> None:
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]


def make(memory: int, processes: int) -> JobObject | None:
    """Return a job object; None on other systems than Windows, or if Windows refuses one."""
    if sys.platform != "win32":
        return None
    try:
        return JobObject(memory, processes)
    except OSError:
        return None

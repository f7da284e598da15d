"""Does this machine run on battery, so that what can wait should?"""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
_PMSET = "/usr/bin/pmset"


def on_battery() -> bool:
    """Tell whether the machine runs on battery, as far as the system says so; never raise."""
    with contextlib.suppress(OSError, AttributeError, subprocess.SubprocessError):
        if sys.platform == "win32":
            return _windows_is_offline()
        if sys.platform == "darwin":
            told = subprocess.run([_PMSET, "-g", "batt"], capture_output=True, timeout=5, check=False).stdout
            return says_battery(told)
        return discharges(SUPPLIES)
    return False


def discharges(supplies: Path) -> bool:
    """Tell whether no supply gives power and a battery loses it; `supplies` is as Linux has it.

    Batteries of mice and the like are of scope `Device`.
    """
    found = [place for place in supplies.iterdir() if _read(place / "scope") != "Device"]
    if any(_read(place / "type") in ("Mains", "USB") and _read(place / "online") == "1" for place in found):
        return False
    batteries = [place for place in found if _read(place / "type") in ("Battery", "UPS")]
    return any(_read(place / "status") == "Discharging" for place in batteries)


def says_battery(told: bytes) -> bool:
    """Tell whether this is what `pmset -g batt` of macOS says on battery."""
    return b"'Battery Power'" in told.partition(b"\n")[0]


def _read(path: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text("utf-8").strip()
    return ""


class _PowerStatus(ctypes.Structure):
    """https://learn.microsoft.com/windows/win32/api/winbase/ns-winbase-system_power_status"""

    _fields_ = (("line", ctypes.c_ubyte), ("others", ctypes.c_ubyte * 3), ("times", ctypes.c_uint32 * 2))


def _windows_is_offline() -> bool:
    status = _PowerStatus()
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    return bool(kernel.GetSystemPowerStatus(ctypes.byref(status))) and status.line == 0

"""Set everything up and run every test: `python3 scripts/test.py [arguments for pytest]`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import setup_venv

BESIDE = "-n 4 --dist loadfile --no-loadscope-reorder".split()
"""Four files of tests beside each other: much of the time they wait."""
SKIPPED = 77
"""The exit code of `test_windows.py` without Wine."""
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The first needs less than half of the computing time: it draws nothing around the page."""


def main() -> int:
    """Return pytest's exit code, or that of the checks or of the smoke test on Windows' Python if they fail."""
    python = setup_venv.ensure("test")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of thousands of processes compiles everything
    ensure_browser(str(python))
    ensure_engines()
    ensure_fuse()
    smoke = subprocess.Popen([str(python), str(setup_venv.PROJECT / "scripts" / "test_windows.py"), "--smoke"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    checks = subprocess.run([str(python), str(setup_venv.PROJECT / "scripts" / "check.py")], check=False)
    tests = subprocess.run(
        [str(python), "-m", "pytest", *(sys.argv[1:] or BESIDE)], cwd=setup_venv.PROJECT, check=False
    )
    print(smoke.communicate()[0].decode(errors="replace"), end="", flush=True)
    return tests.returncode or checks.returncode or (smoke.returncode if smoke.returncode != SKIPPED else 0)


def ensure_browser(python: str) -> None:
    """Bring a Chromium for the page's tests: Debian's own, else Playwright's; end with a plain message if there is neither."""
    if shutil.which(BROWSERS[0]) or _has_own_browser(python):
        return
    for package in ("chromium-headless-shell", "chromium"):
        setup_venv.apt_get(package)
        if any(map(shutil.which, BROWSERS)):
            return
    subprocess.run([python, "-m", "playwright", "install", "chromium"], check=False)
    if not _has_own_browser(python):
        sys.exit(
            "the page's tests need Chromium: install it (`apt-get install chromium`), then run this again"
        )


def ensure_engines() -> None:
    """Bring Firefox and WebKitGTK, the nearest to Safari, if that can be done; else their tests are skipped."""
    if not shutil.which("firefox-esr") and not shutil.which("firefox"):
        setup_venv.apt_get("firefox-esr")
    if not all(map(shutil.which, ("WebKitWebDriver", "xvfb-run", "dbus-run-session"))):
        setup_venv.apt_get("webkit2gtk-driver", "xvfb", "xauth", "dbus")


def ensure_fuse() -> None:
    """Bring what tests mount a failing file system with, if that can be done; else they are skipped."""
    if sys.platform == "linux" and not shutil.which("fusermount3"):
        setup_venv.apt_get("fuse3", "libfuse3-3")


def _has_own_browser(python: str) -> bool:
    ask = (
        "from pathlib import Path; from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: raise SystemExit(not Path(p.chromium.executable_path).exists())"
    )
    return subprocess.run([python, "-c", ask], check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

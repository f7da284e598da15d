"""A reading process can't reach out: each layer is tried alone, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.bounds import landlock

PROGRAM = sys.executable if sys.platform == "win32" else "/bin/cat"
needs_landlock = pytest.mark.skipif(landlock.abi() == 0, reason="the kernel has no Landlock")

SET_UP = """
import ctypes, os, socket, subprocess, sys
from pathlib import Path
from indexer.extract import confine
if {without_hook}:
    confine.Rules.ask = lambda *_: None
if {without_landlock}:
    confine.landlock.restrict = lambda *_: 0; confine.seccomp.restrict = lambda **_: None
folder, scratch, outside = Path({folder!r}), Path({scratch!r}), Path({outside!r})
port = {port}
confine.confine(folder, scratch, [Path({program!r})])
libc = ctypes.CDLL(None, use_errno=True) if os.name != 'nt' else None
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    for name in ("folder", "scratch", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    with contextlib.suppress(OSError):  # Windows lets not everybody
        (tmp_path / "folder" / "link.txt").symlink_to(tmp_path / "outside" / "a.txt")
    return {name: str(tmp_path / name) for name in ("folder", "scratch", "outside")}


def run(code: str, places: dict[str, str], port: int = 0, layers: str = "both") -> str:
    """Return what `code` prints in a confined process; how it failed if it did."""
    head = SET_UP.format(
        without_hook=layers == "landlock",
        without_landlock=layers == "hook",
        port=port,
        program=PROGRAM,
        **places,
    )
    done = subprocess.run(
        [sys.executable, "-c", head + code], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2].partition(":")[0]


posix = pytest.mark.skipif(os.name == "nt", reason="needs what Windows has not, or lets not everybody do")
LAYERS = ["hook", pytest.param("landlock", marks=needs_landlock)]


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize(
    "code",
    [
        "open(outside / 'a.txt').read()",
        pytest.param("open(folder / 'link.txt').read()", marks=posix),
        "(outside / 'b.txt').write_text('x')",
        "(folder / 'b.txt').write_text('x')",
        "os.open(folder / 'b.txt', os.O_CREAT | os.O_WRONLY)",
        "(folder / 'a.txt').unlink()",
        "(folder / 'a.txt').rename(scratch / 'c.txt')",
        "(folder / 'new').mkdir()",
        "(scratch / 'a.txt').rename(folder / 'c.txt')",
        "__import__('shutil').move(scratch / 'a.txt', folder / 'c.txt')",
        "os.listdir(outside)",
        "socket.create_connection(('127.0.0.1', port))",
    ],
)
def test_what_is_refused(code: str, layers: str, places: dict[str, str], listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert run(code, places, port, layers) in ("PermissionError", "OSError")
    assert {p.name for p in Path(places["folder"]).iterdir()} <= {"a.txt", "link.txt"}
    assert Path(places["folder"], "a.txt").read_text() == "folder"
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_refusals_come_from_the_layers(places: dict[str, str], listener: socket.socket) -> None:
    code = "confine.confine = None\nprint(open(outside / 'a.txt').read())"
    head = SET_UP.replace("confine.confine(", "(lambda *_: None)(").format(
        without_hook=False, without_landlock=False, port=0, program=PROGRAM, **places
    )
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "outside"


@pytest.mark.parametrize("layers", LAYERS)
def test_what_still_works(layers: str, places: dict[str, str]) -> None:
    code = (
        "import pypdfium2, lxml.etree, PIL.Image, py7zr, wave, tempfile\n"
        "(scratch / 'b.txt').write_text('x')\n"
        "os.unlink(scratch / 'b.txt')\n"
        "print((folder / 'a.txt').read_text())"
    )
    assert run(code, places, layers=layers) == "folder"


@needs_landlock
@pytest.mark.parametrize("name", ["outside/a.txt", "folder/link.txt"])
def test_foreign_code_can_not_read_outside(name: str, places: dict[str, str]) -> None:
    path = Path(places["folder"]).parent / name
    assert run(f"print(libc.open({str(path)!r}.encode(), 0))", places) == "-1"
    assert run("print(libc.open(str(folder / 'a.txt').encode(), 0) > 0)", places) == "True"


@needs_landlock
def test_foreign_code_can_not_write(places: dict[str, str]) -> None:
    assert run("print(libc.creat(str(folder / 'b.txt').encode(), 0o600))", places) == "-1"
    assert run("print(libc.creat(str(scratch / 'b.txt').encode(), 0o600) > 0)", places) == "True"


@pytest.mark.skipif(landlock.abi() < 4, reason="this Landlock does not know of the network")
def test_foreign_code_can_not_connect(places: dict[str, str], listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    code = (
        "import struct\n"
        "made = libc.socket(2, 1, 0)\n"
        "where = struct.pack('=H', 2) + struct.pack('!H', port) + bytes([127, 0, 0, 1]) + bytes(8)\n"
        "print(libc.connect(made, where, 16))"
    )
    assert run(code, places, port) == "-1"
    with pytest.raises(TimeoutError):
        listener.accept()


@posix
def test_only_named_programs_start(places: dict[str, str]) -> None:
    assert (
        run("print(subprocess.run(['/bin/cat', folder / 'a.txt'], capture_output=True).stdout)", places)
        == "b'folder'"
    )
    assert run("subprocess.run(['/bin/ls'])", places) == "PermissionError"
    assert run("os.system('/bin/ls')", places) == "PermissionError"


@needs_landlock
def test_programs_are_held_too(places: dict[str, str]) -> None:
    code = "print(subprocess.run(['/bin/cat', outside / 'a.txt'], capture_output=True).returncode)"
    assert run(code, places) == "1"


@pytest.mark.skipif(sys.platform != "win32", reason="the registry and processes of Windows")
def test_windows_is_held_to_it(places: dict[str, str]) -> None:
    named = "print(subprocess.run([sys.executable, '-c', 'print(1)'], executable=sys.executable, capture_output=True).stdout)"
    assert "1" in run(named, places)
    for code in (
        "subprocess.run(['cmd.exe', '/c', 'ver'])",
        "subprocess.run(['cmd.exe', '/c', 'ver'], executable=r'C:\\windows\\system32\\cmd.exe')",
        "import winreg; winreg.CreateKey(winreg.HKEY_CURRENT_USER, 'Software\\indexer-test')",
        "import _winapi; _winapi.OpenProcess(0x1fffff, False, os.getppid())",
        "os.startfile('cmd.exe')",
        "open('\\\\\\\\?\\\\' + str(outside / 'a.txt')).read()",
    ):
        assert run(code, places) == "PermissionError", code
    assert run("print(open('\\\\\\\\?\\\\' + str(folder / 'a.txt')).read())", places) == "folder"

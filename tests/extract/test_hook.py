"""What the audit hook answers: each event alone, as Python raises it on every system, without being confined ourselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.extract.hook import Rules
from indexer.extract.locations import real


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("folder", "scratch", "outside", "python"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    monkeypatch.chdir(tmp_path / "scratch")
    return {name: str(tmp_path / name) for name in ("folder", "scratch", "outside", "python")}


@pytest.fixture
def rules(places: dict[str, str]) -> Rules:
    folder, scratch, python = (real(places[name]) for name in ("folder", "scratch", "python"))
    return Rules((folder, scratch, python), (scratch,), (python,), frozenset([real(f"{python}/tool")]), {77})


GENERIC_WRITE, KEY_SET_VALUE = 0x40000000, 2

REFUSED: list[tuple[str, tuple[object, ...]]] = [
    ("open", ("{outside}/a", "r", 0)),
    ("open", (b"/etc/shadow", "rb", 0)),
    ("open", ("{folder}/a", "r+", 0)),
    ("open", ("{folder}/new", None, os.O_CREAT | os.O_WRONLY)),
    ("open", ("{folder}/../outside/a", "r", 0)),
    ("open", ("../outside/a", None, os.O_RDONLY)),
    ("open", ("{folder}", None, os.O_RDONLY)),
    ("os.listdir", ("{outside}",)),
    ("os.scandir", ("{outside}",)),
    ("os.walk", ("{outside}", True, None, False)),
    ("os.chdir", ("{outside}",)),
    ("os.remove", ("{folder}/a", -1)),
    ("os.rmdir", ("{folder}", -1)),
    ("os.mkdir", ("{folder}/new", 0o777, -1)),
    ("os.truncate", ("{folder}/a", 0)),
    ("os.chmod", ("{folder}/a", 0o777, -1)),
    ("os.chown", ("{folder}/a", 0, 0, -1)),
    ("os.utime", ("{folder}/a", None, None, -1)),
    ("os.setxattr", ("{folder}/a", "user.x", b"", 0)),
    ("os.rename", ("{scratch}/a", "{folder}/b", -1, -1)),
    ("os.rename", ("{folder}/a", "{scratch}/b", -1, -1)),
    ("os.link", ("{scratch}/a", "{folder}/b", -1, -1)),
    ("os.symlink", ("{scratch}/a", "{folder}/b", -1)),
    ("shutil.move", ("{scratch}/a", "{folder}/b")),
    ("shutil.move", ("{folder}/a", "{scratch}/b")),
    ("shutil.copyfile", ("{scratch}/a", "{folder}/b")),
    ("shutil.copyfile", ("{outside}/a", "{scratch}/b")),
    ("shutil.copytree", ("{scratch}", "{folder}/b")),
    ("shutil.rmtree", ("{folder}", None)),
    ("shutil.unpack_archive", ("{scratch}/a", "{folder}", "zip")),
    ("tempfile.mkstemp", ("{folder}/x",)),
    ("subprocess.Popen", ("{scratch}/tool", ["tool"], None, None)),
    ("subprocess.Popen", (None, "tool.exe x", None, None)),
    ("_winapi.CreateProcess", ("{folder}/tool.exe", "tool.exe", None)),
    ("_winapi.CreateProcess", (None, "cmd.exe /c del", None)),
    ("os.exec", ("/bin/sh", ["sh"], None)),
    ("os.spawn", (0, "/bin/sh", ["sh"], None)),
    ("os.posix_spawn", ("/bin/sh", ["sh"], {})),
    ("os.system", ("ls",)),
    ("os.startfile", ("{folder}/a", "open")),
    ("os.fork", ()),
    ("pty.spawn", (["/bin/sh"],)),
    ("os.kill", (1, 9)),
    ("os.killpg", (77, 9)),
    ("resource.prlimit", (1, 0, None)),
    ("_winapi.OpenProcess", (1, 0, False)),
    ("_winapi.CreateFile", ("{folder}/a", GENERIC_WRITE, 0, 3, 0)),
    ("_winapi.CreateJunction", ("{folder}", "{scratch}/j")),
    ("_winapi.CopyFile2", ("{scratch}/a", "{folder}/b", 0)),
    ("winreg.SetValue", (1, "x", 1, "y")),
    ("winreg.CreateKey", (1, "Software\\Microsoft\\Windows\\CurrentVersion\\Run", 0xF003F)),
    ("winreg.DeleteKey", (1, "x", 0)),
    ("winreg.ConnectRegistry", ("other", 1)),
    ("winreg.OpenKey", (1, "x", 0x20019 | KEY_SET_VALUE)),
    ("socket.__new__", (None, 2, 1, 0)),
    ("socket.connect", (None, ("127.0.0.1", 9))),
    ("socket.sendto", (None, ("127.0.0.1", 9))),
    ("socket.getaddrinfo", ("localhost", 9, 0, 0, 0)),
    ("http.client.connect", (None, "localhost", 9)),
    ("ftplib.connect", (None, "localhost", 9)),
    ("urllib.Request", ("http://localhost/", None, {}, "GET")),
    ("sqlite3.connect", ("{folder}/x.db",)),
    ("ctypes.dlopen", ("{folder}/planted.so",)),
    ("ctypes.dlopen", ("{scratch}/made.so",)),
    ("import", ("planted", "{folder}/planted.so", None, None, None)),
]  # fmt: skip
ALLOWED: list[tuple[str, tuple[object, ...]]] = [
    ("open", ("{folder}/a", "r", 0)),
    ("open", ("{scratch}/new", "w", 0)),
    ("open", (5, "w", 0)),
    ("open", (os.devnull, "w", 0)),
    ("open", ("a", None, os.O_RDONLY)),
    ("os.listdir", (None,)),
    ("os.scandir", ("{folder}",)),
    ("os.scandir", (5,)),
    ("os.remove", ("{scratch}/a", -1)),
    ("os.rename", ("{scratch}/a", "{scratch}/b", -1, -1)),
    ("shutil.copyfile", ("{folder}/a", "{scratch}/b")),
    ("subprocess.Popen", ("{python}/tool", ["tool"], None, None)),
    ("_winapi.CreateProcess", ("{python}/tool", "tool x", None)),
    ("_winapi.CreateFile", ("{folder}/a", 0x80000000, 0, 3, 0)),
    ("_winapi.TerminateProcess", (5, 1)),
    ("os.kill", (77, 9)),
    ("os.kill", (os.getpid(), 0)),
    ("winreg.OpenKey", (1, "x", 0x20019)),
    ("winreg.EnumKey", (1, 0)),
    ("ctypes.dlopen", (None,)),
    ("ctypes.dlopen", ("libc.so.6",)),
    ("ctypes.dlopen", ("{python}/native.so",)),
    ("import", ("json", None, None, None, None)),
    ("compile", (None, "x")),
]  # fmt: skip


def filled(arguments: tuple[object, ...], places: dict[str, str]) -> tuple[object, ...]:
    return tuple(one.format(**places) if isinstance(one, str) else one for one in arguments)


@pytest.mark.parametrize(("event", "arguments"), REFUSED)
def test_what_is_refused(
    event: str, arguments: tuple[object, ...], rules: Rules, places: dict[str, str]
) -> None:
    with pytest.raises(PermissionError):
        rules.ask(event, filled(arguments, places))


@pytest.mark.parametrize(("event", "arguments"), ALLOWED)
def test_what_is_allowed(
    event: str, arguments: tuple[object, ...], rules: Rules, places: dict[str, str]
) -> None:
    rules.ask(event, filled(arguments, places))


@pytest.mark.skipif(os.name == "nt", reason="opens directories")
def test_names_from_an_open_directory(rules: Rules, places: dict[str, str]) -> None:
    for name, may in (("folder", False), ("scratch", True)):
        opened = os.open(places[name], os.O_RDONLY)
        try:
            if may:
                rules.ask("os.remove", ("a", opened))
                rules.ask("os.rename", ("a", "b", opened, opened))
                continue
            for event, arguments in (
                ("os.remove", ("a", opened)),
                ("os.mkdir", ("a", 0o777, opened)),
                ("os.rename", ("a", "b", opened, -1)),
                ("os.rename", ("a", "b", -1, opened)),
                ("os.chmod", (opened, 0o777, -1)),
                ("os.utime", (opened, None, None, -1)),
            ):
                with pytest.raises(PermissionError):
                    rules.ask(event, arguments)
        finally:
            os.close(opened)


@pytest.mark.skipif(os.name == "nt", reason="makes symbolic links")
def test_a_link_is_no_way_around(rules: Rules, places: dict[str, str]) -> None:
    Path(places["folder"], "to-scratch").symlink_to(Path(places["scratch"], "a"))
    Path(places["scratch"], "to-outside").symlink_to(Path(places["outside"], "a"))
    for event, arguments in (
        ("os.rename", ("{folder}/to-scratch", "{scratch}/b", -1, -1)),
        ("os.remove", ("{folder}/to-scratch", -1)),
        ("open", ("{scratch}/to-outside", "r", 0)),
        ("open", ("{scratch}/to-outside", "w", 0)),
    ):
        with pytest.raises(PermissionError):
            rules.ask(event, filled(arguments, places))

"""Whatever names the folder has, on a terminal they are only seen; opening what would run asks before."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from indexer.cli import follow, starts
from indexer.cli.follow import explorer_command

from .conftest import Indexer
from .terminal import Terminal, terminal

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither such names nor such terminals"
)

SEQUENCES = "\x1b]0;OWNED\x07", "\x1b]52;c;T1dORUQ=\x1b\\", "\x1b[5;6H\x1b[2J", "\x9b2J", "a\rb", "a\nb\tc"
HIDDEN = "\u200b\u200d\u200e\u200f\u061c\u202a\u202e\u2066\u2069\u2028\u2029\ufeff\xad\u2060\u2064\ufffb\U000e0041\x7f\x85"
EVIL = f"{SEQUENCES[0]}{SEQUENCES[1]}{SEQUENCES[3]}{HIDDEN}\udce9"
NAMES = (
    *(f"zebra {text}.txt" for text in (*SEQUENCES, *(f"a{c}b" for c in HIDDEN), "\udcff")),
    f"{EVIL}/zebra.txt",  # a directory, thus a department
    f"{EVIL}.docx",  # named wrongly and not to be read
    f"Zebra {EVIL}.txt", f"zebra {EVIL}.txt",  # one on Windows
    f"zebra {EVIL} (conflicted copy 2026-01-02).txt",
    f"program {EVIL}.pdf.exe",
)  # fmt: skip
DRIVER = """
import json, os, signal, sys, threading, time
from pathlib import Path
from indexer.cli import program
def stop():
    while not any(b"watching" in log.read_bytes() for log in Path(os.environ["INDEXER_STATE_DIR"]).rglob("watch.log")):
        time.sleep(0.1)
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
for arguments in json.loads(os.environ["COMMANDS"]):
    print(f"<<<{arguments[0]}", flush=True)
    if arguments[0] == "watch":
        threading.Thread(target=stop, daemon=True).start()
    sys.stdout.flush()
    print(f"={program.run(arguments)}>>>", flush=True)
"""
OURS = re.compile(
    "\x1b\\[[0-9;]*m"  # colours
    "|\x1b\\]8;;[!-~]*\x1b\\\\"  # addresses, in printable ASCII
    "|\x1b\\[(?:\\?25[lh]|[12]K|1A)|\r(?=\x1b|\n)"  # how far the work is, by rich
)


def read(screen: Terminal) -> bytes:
    """Return all that was printed until it rests."""
    screen.settle(0.1)
    return screen.raw


def test_nothing_that_a_name_says_reaches_a_terminal_as_it_is(indexer: Indexer, tmp_path: Path) -> None:
    evil = Indexer(tmp_path / f"Team {EVIL}", tmp_path / f"state {SEQUENCES[0]}")
    evil.folder.mkdir()
    for name in NAMES:
        (evil.folder / name).parent.mkdir(exist_ok=True)
        (evil.folder / name).write_text(
            f"---\ntitle: {name[:60].encode('utf-8', 'replace').decode()}\n---\nzebra {HIDDEN} quagga"
        )
    text = f"---\ntitle: {HIDDEN}\x1b]0;OWNED\x07\nauthor: M {HIDDEN}\x1b[2J\ntags: [a{HIDDEN}\x1b[2J]\n---\nlast okapi {HIDDEN}"
    (evil.folder / "notes.md").write_text(text)
    (evil.folder / "index.html").write_text("somebody's")
    (evil.folder / ".indexignore").write_text(
        f"{EVIL.encode('utf-8', 'replace').decode()}nothing\n[\x1b]0;OWNED\x07\n"
    )
    folder = str(evil.folder)
    commands = [
        ["init", folder, "--yes"],
        ["init", folder, "--yes", "--leave-out", EVIL],
        ["scan", folder],
        ["status"],
        ["failed", "--all"],
        ["search", "--no-pager", "-n", "99", "--facets", "--explain", "--", ""],
        ["search", "-l", "-n", "99", "--", ""],
        ["search", "-0", "-n", "99", "--", ""],
        ["search", "--format", "csv", "-n", "99", "--", ""],
        ["search", "--json", "-n", "99", "--", ""],
        ["search", "--no-pager", "okapi"],
        ["show", "--no-pager", "1"],
        ["related", "--no-pager", "1"],
        ["search", "--no-pager", "-n", "99", "--sort", "name", "--", ""],
        *(["open", str(number), "--print"] for number in range(1, 40)),
        ["search", "--no-pager", "program"],
        ["open", "1"],
        ["retry", f"nothing {EVIL}"],
        ["forget", EVIL],
        ["rebuild"],
        ["publish"],
        ["search", "--type", EVIL, "x"],
        ["search", "--folder", f"/{EVIL}", "x"],
        ["-v", "status", "--config", f"/{EVIL}"],
        ["watch", "-v"],
    ]
    environment = evil.environment(COMMANDS=json.dumps(commands), PAGER="")
    environment["XDG_CONFIG_HOME"] = str(evil.state / "config")
    del environment["INDEXER_CONFIG"]
    with terminal([sys.executable, "-c", DRIVER], environment, rows=2000, columns=300) as screen:
        evil.wait_for(lambda: b"Start it?" in read(screen))
        screen.type("n\n")
        screen.rest(120)
    said = OURS.sub("", screen.raw.decode("utf-8", "surrogateescape")).replace("\r\n", "\n")
    assert re.findall(r"<<<(\S+)", said) == [command[0] for command in commands]
    codes = [int(code) for code in re.findall(r"=(\d+)>>>", said)]
    ends = {"status": {1, 2}, "open": {0, 1, 2}, "retry": {2}, "search": {0, 2}, "related": {0, 1}, "-v": {2}}
    assert not [
        (command, code)
        for command, code in zip(commands, codes, strict=True)
        if code not in ends.get(command[0], {0})
    ]
    steering = {
        c: said[max(0, at - 40) : at + 20]
        for at, c in enumerate(said)
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and c not in "\n\t\0"  # line ends, and what `-0` is for
        and not (c == "\u200d" and not said[at - 1].isascii())
    }
    assert steering == {}


# --- opening --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "starts_something"),
    [
        *((f"report{suffix}", True) for suffix in (
            ".exe", ".EXE", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".hta", ".scf", ".lnk", ".msi", ".reg", ".desktop", ".sh",
            ".command", ".app", ".jar", ".py", ".url", ".webloc", ".pdf.exe", ".exe.", ".exe. .", ".pdf" + " " * 80 + ".scr", ".AppImage",
        )),
        *((f"report{suffix}", False) for suffix in (".pdf", ".docx", ".txt", ".exe.txt", "", ".html", ".zip", ".mail", ".png", ".eml")),
    ],
)  # fmt: skip
def test_programs_are_told_by_their_suffix(tmp_path: Path, name: str, starts_something: bool) -> None:
    (tmp_path / name).write_text("x")
    assert starts.is_started(str(tmp_path / name)) is starts_something


def test_programs_are_told_by_their_permission(tmp_path: Path) -> None:
    contents = {
        "tool": b"echo",
        "data.blob": b"x",
        "report.pdf": b"%PDF-1.7",
        "notes.txt": b"#!/bin/sh",
        "photo.png": b"\x7fELF",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert not starts.is_started(str(tmp_path / name))
        (tmp_path / name).chmod(0o755)
    started = {name for name in contents if starts.is_started(str(tmp_path / name))}
    assert started == {"tool", "data.blob", "notes.txt", "photo.png"}
    os.mkfifo(tmp_path / "pipe.pdf", 0o755)
    assert not starts.is_started(str(tmp_path / "pipe.pdf"))  # and nobody waits for it


def test_what_would_run_is_opened_on_request_alone_and_raw_names_go_into_pipes_alone(
    indexer: Indexer,
) -> None:
    opened, programs = indexer.state / "opened", indexer.state / "programs"
    programs.mkdir(parents=True)
    for name in ("xdg-open", "open"):
        (programs / name).write_text(
            f'#!/bin/sh\numask > "{opened}.part"\nprintf "%s" "$1" >> "{opened}.part"\nmv "{opened}.part" "{opened}"'
        )
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    (indexer.folder / "invoice.txt.exe").write_text("MZ")
    (indexer.folder / "evil.url").write_text("[InternetShortcut]\nURL=file://host/share\n")
    plain = f"plain {HIDDEN}\x1b[2J\udce9.txt"
    (indexer.folder / plain).write_text("plain")
    indexer.scan()
    for word, suffix in (("invoice", ".exe"), ("evil", ".url")):
        indexer.ok("search", word)
        line = indexer.refused("open", "1", PATH=path)
        assert "--yes" in line
        assert f"its suffix is {suffix}" in line
    assert not opened.exists()
    assert indexer.ok("open", "1", "--yes", PATH=path) == ""
    indexer.wait_for(opened.exists)
    assert opened.read_text().endswith("evil.url")
    opened.unlink()
    assert indexer.run("search", "-l", "plain").stdout == os.fsencode(plain) + b"\n"
    indexer.ok("search", "plain")
    assert indexer.run("open", "1", "--print").stdout == os.fsencode(indexer.folder / plain) + b"\n"
    before = os.umask(0o027)
    try:
        indexer.ok(
            "open", "1", PATH=path
        )  # what shows a file saves into the folder: as the person's files are
    finally:
        os.umask(before)
    indexer.wait_for(opened.exists)
    assert opened.read_bytes() == b"0027\n" + os.fsencode(indexer.folder / plain)


def test_explorer_is_given_one_string_with_the_path_in_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    line = explorer_command(r"C:\Team folder\Annual report.pdf")
    assert line == r'"C:\Windows\explorer.exe" /select,"C:\Team folder\Annual report.pdf"'
    given: list[Any] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "Popen", given.append)
    follow._start(r"C:\Team folder\a b.pdf", reveal=True)
    assert given == [r'"C:\Windows\explorer.exe" /select,"C:\Team folder\a b.pdf"']

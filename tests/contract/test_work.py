"""scan, watch, status, failed, retry, rebuild, publish, forget, init: what they do and how they end."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from .conftest import Indexer

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def write(indexer: Indexer, **files: str) -> None:
    for name, text in files.items():
        (indexer.folder / f"{name}.txt").write_text(text, "utf-8")


def test_scan_finds_changes_and_says_so(indexer: Indexer) -> None:
    write(indexer, a="alpha", b="beta")
    assert indexer.scan().startswith("2 items: 2 new")
    (indexer.folder / "a.txt").unlink()
    write(indexer, b="gamma")
    assert indexer.scan().startswith("1 item: 1 changed, 1 removed")
    assert indexer.paths("alpha") == []
    assert indexer.paths("gamma") == ["b.txt"]
    assert (indexer.folder / "index.html").exists()


def test_nothing_but_the_page_is_written_and_no_file_is_touched(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    (indexer.folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in indexer.folder.rglob("*") if p.is_file()}
    indexer.scan()
    after = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in before}
    assert after == before
    assert {p.name for p in indexer.folder.iterdir()} == {"a.txt", "broken.pdf", "index.html", "_index"}


def test_a_text_that_was_cut_is_told(indexer: Indexer) -> None:
    (indexer.folder / "big.log").write_text("line of text\n" * 90_000 + "iridium")
    for command in (("scan", str(indexer.folder)), ("retry",)):
        assert "cut" not in indexer.ok(*command, INDEXER_EXTRACT_TEXT_MB="1")
        (told,) = json.loads(indexer.ok("failed", "--all", "--json"))["failed"]
        assert (told["path"], told["reason"], told["next_try"]) == ("big.log", "TRUNCATED", None)
        assert told["detail"] == "only the first 1 MB of its text can be searched"
    assert json.loads(indexer.ok("failed", "--json"))["failed"] == []
    assert indexer.paths("line") == ["big.log"]
    assert "only the first 1 MB" in "\n".join(indexer.ok("show", "1").splitlines()[:4])


def test_failed_and_status(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    (indexer.folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (indexer.folder / "clip.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    (indexer.folder / "evil.url").write_text("[InternetShortcut]\nURL=javascript:alert(1)\n")
    indexer.scan()
    failed = json.loads(indexer.ok("failed", "--json"))
    assert failed["schema"] == 1
    assert [(f["path"], f["reason"]) for f in failed["failed"]] == [
        ("broken.pdf", "DAMAGED"),
        ("evil.url", "REFUSED"),
    ]
    assert all(list(f) == ["path", "reason", "detail", "tries", "next_try"] for f in failed["failed"])
    everything = json.loads(indexer.ok("failed", "--all", "--json"))["failed"]
    assert {f["path"] for f in everything} == {"broken.pdf", "clip.mp4", "evil.url"}
    status = json.loads(indexer.ok("status", "--json", code=1))
    assert list(status) == [
        "schema", "folder", "running", "pid", "items", "queue", "last_change", "last_publish", "page", "publisher",
        "online_only", "conflicts", "failed", "problems", "misnamed", "waiting_for_ocr", "collisions", "remarks",
    ]  # fmt: skip
    assert status["items"] == {"link": 1, "other": 1, "pdf": 1, "text": 1}
    assert (status["running"], status["queue"], status["failed"]) == (False, 0, 2)
    assert "daemon" in status["problems"][0]
    published = status["last_publish"]
    assert status["publisher"] == {"host": platform.node(), "since": published, "is_me": True}
    assert platform.node() not in indexer.ok("status", code=1)
    assert "DAMAGED" in indexer.ok("failed")
    (indexer.folder / "broken.pdf").unlink()
    time.sleep(1.1)  # times are told in whole seconds
    assert "tried again" in indexer.ok("retry")
    later = json.loads(indexer.ok("status", "--json", code=1))
    assert later["last_publish"] > published
    assert later["publisher"]["since"] == published


def test_without_a_page_nobody_publishes(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    indexer.ok("scan", str(indexer.folder), INDEXER_PAGE_ENABLED="false")
    assert json.loads(indexer.ok("status", "--json", code=1))["publisher"] is None


def test_the_removal_guard(indexer: Indexer) -> None:
    write(indexer, **{f"n{number}": f"common word{number}" for number in range(100)})
    indexer.scan()
    for number in range(60):
        (indexer.folder / f"n{number}.txt").unlink()
    done = indexer.run("scan", str(indexer.folder))
    assert done.returncode == 2
    assert b"60 items vanished" in done.stderr
    assert indexer.ok("search", "-c", "common") == "100\n"
    assert any("vanished" in p for p in json.loads(indexer.ok("status", "--json", code=1))["problems"])
    indexer.scan("--accept-removals")
    assert indexer.ok("search", "-c", "common") == "40\n"


def test_indexignore_and_temporary_files(indexer: Indexer) -> None:
    write(indexer, a="alpha", b="alpha")
    (indexer.folder / "~$a.docx").write_bytes(b"x")
    (indexer.folder / ".indexignore").write_text("b.txt\n")
    indexer.scan()
    assert indexer.paths("alpha") == ["a.txt"]


def test_forget_until_it_changes(indexer: Indexer) -> None:
    write(indexer, a="zebra secret", b="zebra too")
    indexer.scan()
    indexer.ok("forget", "a.txt")
    assert indexer.paths("zebra") == ["b.txt"]
    raw = b"".join(path.read_bytes() for path in indexer.state.rglob("*") if path.is_file())
    assert b"secret" not in raw
    indexer.scan()
    assert indexer.paths("zebra") == ["b.txt"]
    write(indexer, a="zebra again")
    indexer.scan()
    assert set(indexer.paths("zebra")) == {"a.txt", "b.txt"}
    assert "not an item" in indexer.refused("forget", "nowhere.txt")
    indexer.ok("forget", ".\\A.TXT")  # as Windows and macOS take a name
    assert indexer.paths("zebra") == ["b.txt"]


def test_rebuild_and_publish(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    indexer.scan()
    indexer.ok("rebuild")
    assert indexer.paths("alpha") == ["a.txt"]
    (indexer.folder / "index.html").unlink()
    indexer.ok("publish")
    assert (indexer.folder / "index.html").exists()


def test_init_says_what_it_will_do(indexer: Indexer, tmp_path: Path) -> None:
    (indexer.folder / "HR").mkdir()
    (indexer.folder / "HR/pay.txt").write_text("salary")
    config = tmp_path / "config.toml"
    said = indexer.ok("init", str(indexer.folder), "--leave-out", "HR", "--yes", "--config", str(config))
    assert "Everyone who can open the page can read" in said
    assert 'scope = ["HR"]' in config.read_text("utf-8")
    assert "fetch = false" in config.read_text("utf-8")
    assert not (indexer.folder / "index.html").exists()
    indexer.scan("--config", str(config))
    assert "pay" not in (indexer.folder / "index.html").read_text("utf-8")
    assert indexer.paths("salary") == ["HR/pay.txt"]


# --- what goes wrong ------------------------------------------------------------------------------


def test_bad_input_is_one_plain_line(indexer: Indexer, tmp_path: Path) -> None:
    assert "no folder is known" in indexer.refused("search", "x")
    assert "not there" in indexer.refused("scan", str(tmp_path / "gone"))
    (tmp_path / "file").touch()
    assert "not a folder" in indexer.refused("scan", str(tmp_path / "file"))
    assert "nothing is known" in indexer.refused("search", "x", "--folder", str(indexer.folder))
    assert "--state-dir" in indexer.refused(
        "scan", str(indexer.folder), "--state-dir", str(tmp_path / "file" / "x")
    )
    assert "must not lie in the folder" in indexer.refused(
        "scan", str(indexer.folder), "--state-dir", str(indexer.folder / "s")
    )


def test_a_folder_that_vanishes_later(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    indexer.scan()
    indexer.folder.rename(indexer.folder.with_name("away"))
    assert "not there" in indexer.refused("scan", str(indexer.folder))
    assert indexer.paths("alpha") == ["a.txt"]
    assert any("not there" in p for p in json.loads(indexer.ok("status", "--json", code=1))["problems"])


def test_broken_settings_are_told_all_at_once(indexer: Indexer, tmp_path: Path) -> None:
    indexer, config = replace(indexer, workers=""), tmp_path / "config.toml"
    config.write_text('[extract]\nworkers = "many"\nnonsense = 1\n[page]\nscope = 3\n[nowhere]\nx = 1\n')
    line = indexer.refused("scan", str(indexer.folder), "--config", str(config))
    for word in ("extract.workers", "extract.nonsense", "page.scope", "[nowhere]"):
        assert word in line
    config.write_text("this is [no toml")
    assert "can't be read" in indexer.refused("status", "--config", str(config))
    assert "INDEXER_EXTRACT_CPU_S" in indexer.refused(
        "scan", str(indexer.folder), INDEXER_EXTRACT_CPU_S="soon"
    )


def test_damaged_state_heals_or_is_said(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    indexer.scan()
    for path in indexer.state.rglob("index-*/*"):
        path.write_bytes(b"")
    assert "rebuild" in indexer.refused("search", "alpha")
    indexer.scan()
    assert indexer.paths("alpha") == ["a.txt"]


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    indexer.folder.chmod(0o555)
    try:
        assert "can't be written" in indexer.refused("scan", str(indexer.folder))
    finally:
        indexer.folder.chmod(0o755)
    assert indexer.paths("alpha") == ["a.txt"]


# --- the daemon -----------------------------------------------------------------------------------


def test_the_daemon_follows_changes_and_takes_requests(indexer: Indexer) -> None:
    write(indexer, a="alpha", b="beta")
    indexer.scan()
    with indexer.watching(cwd=indexer.folder) as daemon:
        assert not Path(psutil.Process(daemon.pid).cwd()).samefile(indexer.folder)  # that may be renamed
        (indexer.folder / "Sales").mkdir()
        (indexer.folder / "Sales/new.md").write_text("# Fresh\n\nzebra")
        assert indexer.wait_for(lambda: indexer.paths("zebra") == ["Sales/new.md"]) < 40
        (indexer.folder / "b.txt").unlink()
        assert indexer.wait_for(lambda: indexer.paths("beta") == []) < 60
        (indexer.folder / "Sales").rename(indexer.folder / "Verkauf")
        indexer.wait_for(lambda: indexer.paths("zebra") == ["Verkauf/new.md"])
        status = json.loads(indexer.ok("status", "--json"))
        assert (status["running"], status["pid"], status["problems"]) == (True, daemon.pid, [])
        line = indexer.refused("watch", str(indexer.folder))
        assert f"pid {daemon.pid}" in line
        write(indexer, c="gamma")
        assert "items" in indexer.scan()
        assert indexer.paths("gamma") == ["c.txt"]
        indexer.ok("forget", "c.txt")
        assert indexer.paths("gamma") == []
        indexer.ok("publish")
        indexer.ok("rebuild")
        assert indexer.paths("alpha") == ["a.txt"]
        assert "not an item" in indexer.refused("forget", "nowhere.txt")


def test_the_page_follows_within_ten_seconds(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    indexer.scan()
    with indexer.watching():
        write(indexer, zebra="stripes")
        assert (
            indexer.wait_for(lambda: "zebra.txt" in (indexer.folder / "index.html").read_text("utf-8")) < 40
        )


@POSIX
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_signals_end_the_daemon_well(indexer: Indexer, number: str) -> None:
    write(indexer, a="alpha")
    indexer.scan()
    with indexer.watching() as daemon:
        daemon.send_signal(getattr(signal, number))
        assert daemon.wait(60) == 0
    assert indexer.paths("alpha") == ["a.txt"]
    assert not json.loads(indexer.ok("status", "--json", code=1))["running"]


def test_a_killed_daemon_leaves_no_lock(indexer: Indexer) -> None:
    write(indexer, a="alpha")
    with indexer.watching() as daemon:
        daemon.kill()
        daemon.wait(60)
        assert indexer.scan().startswith("1 item")
    assert indexer.paths("alpha") == ["a.txt"]


def test_guard_while_watching(indexer: Indexer) -> None:
    for number in range(80):
        directory = indexer.folder / f"d{number % 8}"
        directory.mkdir(exist_ok=True)
        (directory / f"{number}.txt").write_text(f"common word{number}")
    indexer.scan()
    with indexer.watching():
        for number in range(8):
            shutil.rmtree(indexer.folder / f"d{number}")
            time.sleep(0.3)
        indexer.wait_for(
            lambda: any(
                "vanished" in p for p in json.loads(indexer.run("status", "--json").stdout)["problems"]
            )
        )
        assert indexer.ok("search", "-c", "common") == "80\n"


def test_searches_work_while_a_scan_writes(indexer: Indexer) -> None:
    write(indexer, **{f"n{number}": f"common word{number} " * 50 for number in range(300)})
    indexer.scan()
    for number in range(300):
        (indexer.folder / f"n{number}.txt").write_text(f"common other{number} " * 50)
    env = indexer.environment(XDG_CONFIG_HOME=str(indexer.state))
    del env["INDEXER_CONFIG"]
    scan = indexer.begin("scan", str(indexer.folder), env=env, stdout=subprocess.DEVNULL)
    while scan.poll() is None:
        assert indexer.ok("search", "-c", "common") == "300\n"
    assert scan.returncode == 0
    assert indexer.ok("search", "-c", "other7") == "1\n"


def test_status_names_a_damaged_index(indexer: Indexer) -> None:
    (indexer.folder / "a.txt").write_text("steel")
    indexer.scan()
    for segment in indexer.state.rglob("*.ixs"):
        segment.write_bytes(segment.read_bytes()[:-1])
    status = json.loads(indexer.ok("status", "--json", code=1))
    assert any("damaged" in problem for problem in status["problems"])


def test_what_leaves_nothing_out_is_told_by_init_and_status(indexer: Indexer) -> None:
    (indexer.folder / "HR").mkdir()
    (indexer.folder / "HR/pay.txt").write_text("salary")
    (indexer.folder / "a.txt").write_text("alpha")
    (indexer.folder / ".indexignore").write_bytes("Secert/\n[x\n".encode("utf-16"))
    scope = {"INDEXER_PAGE_SCOPE": "./hr/,Boaard"}
    said = indexer.run("init", str(indexer.folder), "--yes", **scope).stdout.decode()
    for part in ("'Secert/'", "'[x'", "'Boaard'"):
        assert part in said
    assert indexer.run("scan", **scope).returncode == 0
    told = json.loads(indexer.run("status", "--json", **scope).stdout)
    problems = "\n".join(told["problems"])
    assert "'Boaard'" in problems
    assert ".indexignore, line 2 ('[x')" in problems
    assert "hr" not in problems
    assert told["remarks"] == [".indexignore, line 1 ('Secert/') matches nothing"]
    assert "HR" not in (indexer.folder / "index.html").read_text("utf-8")

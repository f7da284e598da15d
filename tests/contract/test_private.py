"""State, settings, logs and requests are their owner's alone; what is written into the folder is for everyone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.errors import UserError
from indexer.files import private

from .conftest import Indexer

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there the profile's access list keeps others out"
)
OTHERS = 0o077
SOMEBODY = 4242


def run(indexer: Indexer, *arguments: str, umask: int = 0) -> None:
    """Run a command with a umask that forbids nobody anything, and settings where a person has them."""
    done = subprocess.run(
        indexer.command(*arguments), env=environment(indexer), umask=umask, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def environment(indexer: Indexer) -> dict[str, str]:
    made = indexer.environment(XDG_CONFIG_HOME=str(indexer.state / "config"))
    del made["INDEXER_CONFIG"]
    return made


def open_to_others(top: Path) -> Iterator[str]:
    """Yield what others may read, write or enter: the directory itself and all below it."""
    for path in (top, *top.rglob("*")):
        if path.lstat().st_mode & OTHERS:
            yield f"{path.relative_to(top)} {path.lstat().st_mode:o}"


def test_nobody_else_reads_the_state_and_everybody_the_page(indexer: Indexer) -> None:
    (indexer.folder / "a.txt").write_text("zebra")
    run(indexer, "init", str(indexer.folder), "--yes", umask=0o002)
    with subprocess.Popen(
        indexer.command("watch", str(indexer.folder)),
        env=environment(indexer),
        umask=0o002,
        stderr=subprocess.PIPE,
    ) as daemon:
        indexer.wait_for((indexer.folder / "index.html").exists)
        run(indexer, "publish", umask=0o002)  # by a request
        run(indexer, "search", "zebra", umask=0o002)
        names = {path.name for path in indexer.state.rglob("*")}
        kept = {
            "catalogue.db-wal",
            "watch.log",
            "requests",
            "scratch",
            "lock",
            "last_search.json",
            "config.toml",
        }
        assert names >= kept
        shown = list(open_to_others(indexer.state))
        daemon.terminate()
        daemon.communicate(timeout=60)
    assert shown == []
    assert list(open_to_others(indexer.state)) == []
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in indexer.folder.rglob("*index*")}
    assert modes == {"index.html": 0o664, "_index": 0o775}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (indexer.folder / "_index").iterdir()} == {0o664}


def test_what_an_earlier_version_left_open_is_closed(indexer: Indexer) -> None:
    run(indexer, "init", str(indexer.folder), "--yes")
    run(indexer, "scan")
    for path in (indexer.state, *indexer.state.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    run(indexer, "failed")
    state = next((indexer.state / "folders").iterdir())
    closed = (
        indexer.state / "folders",
        state,
        state / "catalogue.db",
        indexer.state / "config/indexer/config.toml",
    )
    assert not [path for path in closed if path.stat().st_mode & OTHERS]
    run(indexer, "scan")
    assert list(open_to_others(state)) == []
    assert indexer.state.stat().st_mode & OTHERS  # holds settings as well, here: it is not ours alone
    (indexer.state / "config").rename(indexer.state.with_name("config"))
    run(indexer, "scan")
    assert not indexer.state.stat().st_mode & OTHERS


def test_a_settings_file_with_passwords_is_closed_wherever_it_is(indexer: Indexer, tmp_path: Path) -> None:
    plain, secret = tmp_path / "plain.toml", tmp_path / "secret.toml"
    plain.write_text("[page]\nlanguage = 'de'\n")
    secret.write_text("[extract]\npasswords = ['sesame']\n")
    for path in (plain, secret):
        path.chmod(0o644)
        run(indexer, "scan", str(indexer.folder), "--config", str(path))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (plain, secret)] == [0o644, 0o600]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files to others")
def test_what_belongs_to_somebody_else_is_refused(indexer: Indexer, tmp_path: Path) -> None:
    (indexer.folder / "a.txt").write_text("zebra")
    indexer.scan()
    (state,) = (indexer.state / "folders").iterdir()
    config = tmp_path / "config.toml"
    config.write_text("")
    scan, search = ("scan", str(indexer.folder)), ("search", "zebra")
    for path, commands in (
        (indexer.state, (search,)),
        (state, (scan,)),
        (state / "catalogue.db", (search,)),
        (next(state.glob("index-*/commit.json")), (scan,)),
        (config, (search,)),
    ):
        os.chown(path, SOMEBODY, -1)
        for command in commands:
            line = indexer.refused(*command, INDEXER_CONFIG=str(config))
            assert f"{path} belongs to another user ({SOMEBODY})" in line
            assert "choose another" in line
        os.chown(path, 0, -1)
    assert indexer.paths("zebra") == ["a.txt"]


def test_a_link_to_what_is_ours_is_fine_and_one_of_somebody_else_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir(mode=0o755)
    link.symlink_to(real)
    private.close_to_others(link)
    assert stat.S_IMODE(real.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        os.chown(link, SOMEBODY, -1, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    with pytest.raises(UserError, match="belongs to another user"):
        private.close_to_others(link)


def test_devices_are_left_alone(tmp_path: Path) -> None:
    before = Path(os.devnull).stat().st_mode
    (tmp_path / "config.toml").symlink_to(os.devnull)
    private.close_to_others(tmp_path / "config.toml")
    assert Path(os.devnull).stat().st_mode == before

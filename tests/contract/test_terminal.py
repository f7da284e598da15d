"""Searching on a terminal: colours, links, the pager, and searching while one types."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from indexer.settings import load_settings

from .conftest import Indexer
from .terminal import Terminal, terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
needs_less = pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
needs_fzf = pytest.mark.skipif(shutil.which("fzf") is None, reason="fzf is not installed")

EVIL = "$(touch PWNED) `touch PWNED` '; touch PWNED; ' \" %PATH% {q} {1} \\"
MANY = 30


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    top = tmp_path_factory.mktemp("terminal")
    made = Indexer(top / "Team folder", top / "state")
    made.folder.mkdir()
    for number in range(MANY):
        text = f"Zebra number {number} of the herd.\n" + "Grass.\n" * 60 + f"The giraffe {number} looks on.\n"
        (made.folder / f"Animal {number:02}.txt").write_text(text, "utf-8")
    (made.folder / os.fsdecode(b"caf\xe9.txt")).write_text("A lonely okapi.", "utf-8")
    (made.folder / "evil $(touch PWNED)\n'.md").write_text(f"---\ntitle: {EVIL}\n---\nquagga quagga", "utf-8")
    for path in made.folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    made.scan()
    return made


def environment(filled: Indexer, **more: str) -> dict[str, str]:
    """Return the environment of a person with an ordinary terminal, and programs that open nothing."""
    programs = filled.state / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("xdg-open", "open"):
        script = programs / name
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{filled.state / "opened"}"\n')
        script.chmod(0o755)
    unwanted = {"PAGER", "LESS", "NO_COLOR", "INDEXER_CONFIG"}
    kept = {name: value for name, value in filled.environment().items() if name not in unwanted}
    return {
        **kept,
        "PATH": f"{programs}{os.pathsep}{kept['PATH']}",
        "XDG_CONFIG_HOME": str(filled.state),
        **more,
    }


def without(environment: dict[str, str], *names: str) -> dict[str, str]:
    """Return the environment with a PATH on which some programs are not."""
    first, *others = environment["PATH"].split(os.pathsep)
    kept = [place for place in others if not any(Path(place, name).exists() for name in names)]
    return {**environment, "PATH": os.pathsep.join([first, *kept])}


def opened(filled: Indexer) -> list[str]:
    """Return what was opened, and forget it."""
    log = filled.state / "opened"
    filled.wait_for(log.exists)
    lines = log.read_text().splitlines()
    log.unlink()
    return lines


def shown(filled: Indexer, *arguments: str, env: dict[str, str] | None = None, **size: Any) -> str:
    """Return what a command prints on a terminal, which nobody touches."""
    with terminal(filled.command(*arguments), env or environment(filled), **size) as screen:
        printed = screen.rest()
        assert screen.process.returncode == 0, printed
        return printed


# --- colours and links ----------------------------------------------------------------------------


def test_hits_are_coloured_and_paths_can_be_clicked(filled: Indexer) -> None:
    printed = shown(filled, "search", "giraffe", "-n", "1")
    assert "\x1b[1;33mgiraffe\x1b[0m" in printed
    path = re.search(
        r"\x1b\]8;;(file://\S+?)\x1b\\\x1b\[36m(Animal \d\d\.txt)\x1b\[0m\x1b\]8;;\x1b\\", printed
    )
    assert path
    assert path[1] == (filled.folder / path[2]).as_uri()


def test_colours_are_left_out_on_request(filled: Indexer) -> None:
    arguments = ("search", "giraffe", "-n", "1")
    assert "\x1b[" not in shown(filled, *arguments, env=environment(filled, NO_COLOR="1"))
    assert "\x1b" not in shown(filled, *arguments, "--color", "never")
    assert "\x1b[1;33m" in shown(
        filled, *arguments, "--color", "always", env=environment(filled, NO_COLOR="1")
    )


def test_links_of_names_that_are_no_text(filled: Indexer) -> None:
    printed = shown(filled, "search", "okapi")
    assert f"{filled.folder.as_uri()}/caf%E9.txt\x1b\\" in printed
    assert "caf\ufffd.txt" in printed
    evil = shown(filled, "search", "quagga")
    (address,) = re.findall(r"\x1b\]8;;(file:[^\x1b]*)\x1b\\", evil)
    assert address.endswith("/evil%20%24%28touch%20PWNED%29%0A%27.md")


@pytest.mark.parametrize("answer", ["y", ""])
def test_init_asks_whether_pages_behind_links_may_be_read(
    filled: Indexer, tmp_path: Path, answer: str
) -> None:
    config = tmp_path / "config.toml"
    for _ in range(2):  # the second time the settings are the person's
        with terminal(filled.command("init", "--config", str(config)), environment(filled)) as screen:
            screen.wait_for("leave out of the page")
            screen.type("\n")
            if not config.exists() or not answer:
                assert "hosts see that somebody reads" in screen.wait_for("[y/N]")
                screen.type(f"{answer}\n")
            screen.wait_for("Go on?")
            screen.type("\n")
            screen.wait_for("Registered")
        assert load_settings(config, None).links.fetch is bool(answer)


def test_lines_fit_the_terminal(filled: Indexer) -> None:
    printed = shown(filled, "search", "giraffe", "-n", "3", columns=50, rows=80)
    bare = re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[[0-9;]*m", "", printed)
    assert max(map(len, bare.splitlines())) <= 50


# --- the pager ------------------------------------------------------------------------------------


@needs_less
def test_what_is_longer_than_the_screen_is_paged(filled: Indexer) -> None:
    with terminal(filled.command("search", "zebra"), environment(filled), rows=10) as screen:
        first = screen.wait_for("\n:")
        assert "  1  " in first
        assert "  9  " not in first
        screen.type("G")
        screen.wait_for(" 10  ")
        screen.type("q")
        screen.rest()
        assert screen.process.returncode == 0


@needs_less
def test_what_fits_the_screen_or_is_not_for_it_is_not_paged(filled: Indexer) -> None:
    for arguments in (["-n", "1"], ["--no-pager"], ["-l"], ["--json"], ["--format", "csv"]):
        shown(filled, "search", "zebra", *arguments, rows=10)  # would wait for a key
    for pager in ("", "nonsense-pager", "'"):
        assert " 10  " in shown(filled, "search", "zebra", env=environment(filled, PAGER=pager), rows=10)
    assert " 10  " in shown(filled, "search", "zebra", env=without(environment(filled), "less"), rows=10)


def test_another_pager_gets_the_text_without_links(filled: Indexer) -> None:
    script = filled.state / "my pager"
    script.write_text('#!/bin/sh\necho "paged by $1"\ncat\n')
    script.chmod(0o755)
    env = environment(filled, PAGER=f"'{script}' me")
    printed = shown(filled, "search", "zebra", env=env, rows=10)
    assert printed.startswith("paged by me")
    assert "\x1b]8" not in printed
    assert " 10  " in printed


@needs_less
def test_leaving_the_pager_early_is_quiet(filled: Indexer) -> None:
    with terminal(filled.command("search", "zebra", "-n", "30"), environment(filled), rows=10) as screen:
        screen.wait_for("\n:")
        screen.type("q")
        assert "Error" not in screen.rest()
        assert screen.process.returncode == 0


@needs_less
def test_a_text_is_shown_from_its_first_hit_on(filled: Indexer) -> None:
    filled.ok("search", "giraffe", "-n", "1")
    with terminal(filled.command("show", "1"), environment(filled), rows=20) as screen:
        first = screen.wait_for("\x1b[1;33mgiraffe")
        assert "Zebra number" not in first
        screen.type("g")
        screen.wait_for("Zebra number")
        screen.type("q")
        screen.rest()


# --- while one types ------------------------------------------------------------------------------


def by_hand(filled: Indexer, screen: Terminal) -> None:
    screen.wait_for("search> ")
    screen.type("zebra\n")
    assert "  3  " in screen.wait_for("27 more: n shows them")
    screen.wait_for("search> ")
    screen.type("n\n")
    assert "  6  " in screen.wait_for("24 more")
    screen.wait_for("search> ")
    screen.type("5\n")
    screen.wait_for("opened ")
    assert opened(filled)[0].startswith(str(filled.folder / "Animal"))
    screen.type("p\n")
    screen.wait_for("27 more")
    screen.type("p\n")
    screen.wait_for("these are the first results")
    screen.type("okapi\n")
    screen.wait_for("lonely")
    screen.type("n\n")
    screen.wait_for("there are no more results")
    screen.type("77\n")
    screen.wait_for("No results")
    screen.type("\n")
    screen.rest()
    assert screen.process.returncode == 0


def test_without_fzf_it_goes_page_by_page(filled: Indexer) -> None:
    env = without(environment(filled), "fzf")
    with terminal(filled.command("search", "-i", "-n", "3"), env) as screen:
        by_hand(filled, screen)
    with terminal(filled.command("search", "-i", "okapi", "--type", "text"), env) as screen:
        screen.wait_for("lonely")
        screen.wait_for("search> ")
        screen.type("\x04")
        screen.rest()
        assert screen.process.returncode == 0
    with terminal(filled.command("search", "-i", "okapi", "--type", "nonsense"), env) as screen:
        assert "--type nonsense" in screen.rest()


def test_options_narrow_what_is_searched_by_hand(filled: Indexer) -> None:
    env = without(environment(filled), "fzf")
    with terminal(filled.command("search", "-i", "--before", "2020", "zebra"), env) as screen:
        screen.wait_for("No results")
        screen.wait_for("search> ")
        screen.type("okapi\n")
        screen.wait_for("No results")
        screen.wait_for("search> ")
        time.sleep(0.5)
        screen.type("\x03")
        try:
            screen.rest(5)
        except AssertionError:
            # a signal that comes before readline waits for keys is seen with the next key only
            screen.type(" ")
            screen.rest()
        assert screen.process.returncode == 130


@needs_fzf
def test_fzf_searches_with_every_letter_and_opens(filled: Indexer) -> None:
    with terminal(filled.command("search", "-i", "okapi"), environment(filled), columns=140) as screen:
        screen.wait_for("1 result")
        screen.wait_for("lonely")  # the text of the chosen one
        screen.type("\x15zebra")
        screen.wait_for("30 results")
        screen.type("\x15giraffe 7")
        filled.wait_for(lambda: '"giraffe 7"' in last_search(filled))
        screen.wait_for("1 result")  # the list of that search is there, too
        screen.wait_for("Animal 07")
        screen.type("\x12")  # Ctrl-R
        assert opened(filled)[0].endswith(("Team folder", "-R " + str(filled.folder / "Animal 07.txt")))
        screen.type("\r")
        screen.rest()
        assert screen.process.returncode == 0
    assert opened(filled) == [str(filled.folder / "Animal 07.txt")]
    assert "Animal 07" in filled.ok("open", "1", "--print")


def last_search(filled: Indexer) -> str:
    """Return what is kept of the last search."""
    (kept,) = filled.state.rglob("last_search.json")
    return kept.read_text("utf-8")


@needs_fzf
def test_leaving_fzf_is_no_failure(filled: Indexer) -> None:
    for key in ("\x1b", "\x03"):
        with terminal(filled.command("search", "-i", "zebra"), environment(filled)) as screen:
            screen.wait_for("30 results")
            screen.type(key)
            screen.rest()
            assert screen.process.returncode == 0
    with terminal(filled.command("search", "-i", "qqqq"), environment(filled)) as screen:
        screen.wait_for("No results")
        screen.type("\r")
        screen.rest()
        assert screen.process.returncode == 0


@needs_fzf
def test_fzf_runs_nothing_that_stands_in_titles_options_or_queries(filled: Indexer, tmp_path: Path) -> None:
    shell = tmp_path / "a shell"
    shell.write_text("#!/bin/sh\ntouch PWNED\n")
    shell.chmod(0o755)
    (tmp_path / "json.py").write_text(
        "import pathlib; pathlib.Path('PWNED').touch()"
    )  # of the present folder
    env = environment(filled, SHELL=str(shell))
    command = filled.command("search", "-i", "quagga", "--in", "$(touch PWNED)")
    command.insert(1, "-P")  # the test's own start is not what is tested
    with terminal(["env", "-C", str(tmp_path), *command], env) as screen:
        screen.wait_for("No results")
        screen.type("\x1b")
        screen.rest()
    command = [*command[:-2], "--type", "text"]
    with terminal(["env", "-C", str(tmp_path), *command], env, columns=140) as screen:
        screen.wait_for("1 result")
        screen.wait_for("1;33mquagga")
        screen.type("\x15'\\'$(touch PWNED)`touch PWNED`\"; touch PWNED #")
        filled.wait_for(lambda: "touch PWNED #" in last_search(filled))
        screen.type("\x15quagga")
        filled.wait_for(lambda: '"query": "quagga"' in last_search(filled))
        screen.type("\x12")
        opened(filled)
        screen.type("\r")
        screen.rest()
        assert screen.process.returncode == 0
    assert opened(filled)[0].startswith(str(filled.folder / "evil $(touch PWNED)"))
    assert not list(tmp_path.glob("PWNED"))
    assert not (filled.folder / "PWNED").exists()

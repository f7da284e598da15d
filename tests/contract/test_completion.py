"""Completion: what each shell inserts, tried in the shells themselves if they are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import Indexer
from .terminal import Terminal, terminal

SHELLS = ("bash", "zsh", "fish", "powershell")
FILES = {
    "Sales/EU/a.md": "---\nauthor: Mona Lind\ntags: [price, duty]\n---\nalpha",
    "Sales/b.md": "---\nauthor: Mona Lind\ntags: [price]\n---\nalpha",
    "Sales Archive/c.txt": "alpha",
    "Purchasing/It's $5, (net)/d.txt": "alpha",
    "Purchasing/e.md": "---\nauthor: Ole Berg\n---\nalpha",
    "Purchasing/f.txt": "alpha beta",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    top = tmp_path_factory.mktemp("completion")
    made = Indexer(top / "Team folder", top / "state")
    for name, text in FILES.items():
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    made.scan()
    made.ok("search", "beta")
    return made


def asked(filled: Indexer, shell: str, words: str, word: str, **more: str) -> list[str]:
    """Return what the program answers to a shell's script."""
    environment = {f"_INDEXER_{name}": value for name, value in (("WORDS", words), ("WORD", word))}
    done = filled.run(_INDEXER_COMPLETE=f"{shell}_complete", **environment, **more)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def values(filled: Indexer, *words: str) -> list[str]:
    """Return the values proposed for the last word."""
    lines = asked(filled, "fish", "\n".join(["indexer", *words[:-1]]), words[-1])
    return [line.split("\t")[1] for line in lines]


# --- values ---------------------------------------------------------------------------------------


def test_what_is_in_the_folder_is_proposed_most_frequent_first(filled: Indexer) -> None:
    assert values(filled, "search", "--in", "") == ["Purchasing", "Sales", "Sales Archive"]
    assert values(filled, "search", "--in", "sales/") == ["Sales/EU"]
    assert values(filled, "search", "--in", "EU") == ["EU"]
    assert values(filled, "search", "--tag", "") == ["price", "duty"]
    assert values(filled, "search", "--by", "") == ["Mona Lind", "Ole Berg"]
    assert values(filled, "search", "--by", "o") == ["Ole Berg"]
    assert values(filled, "search", "-t", "s") == ["slides", "sheet"]
    assert values(filled, "search", "--sort", "n") == ["newest", "name"]
    assert values(filled, "search", "--in=Pur") == ["--in=Purchasing"]
    assert values(filled, "--quiet", "search", "alpha", "--in", "Pur") == ["Purchasing"]


def test_filters_within_a_query(filled: Indexer) -> None:
    assert values(filled, "search", "alpha", "in:Pu") == ["in:Purchasing"]
    assert values(filled, "search", "in:Sal") == ['in:"Sales"', 'in:"Sales Archive"']
    assert values(filled, "search", "tag:") == ["tag:price", "tag:duty"]
    assert values(filled, "search", "BY:M") == ['BY:"Mona Lind"']
    assert values(filled, "search", "by:mo") == ['by:"mona Lind"']  # fish wants the case that was typed
    assert values(filled, "search", "type:im") == ["type:image"]
    assert values(filled, "search", "'alpha type:im") == ["alpha type:image"]
    assert values(filled, "search", "'(in:EU OR in:Pu") == ["(in:EU OR in:Purchasing"]
    assert values(filled, "search", "'in:Sales tag:d") == ["in:Sales tag:duty"]
    assert values(filled, "search", "ti") == ["title:"]
    assert values(filled, "search", "'alpha ti") == ["alpha title:"]
    assert values(filled, "search", "title:a") == []
    assert "in:" in values(filled, "search", "")


def test_commands_options_shells_and_results(filled: Indexer) -> None:
    assert values(filled, "se") == ["search"]
    assert values(filled, "search", "--fo") == ["--format"]
    assert values(filled, "search", "--format", "js") == ["json", "jsonl"]
    assert set(values(filled, "completion", "")) == set(SHELLS)
    (line,) = asked(filled, "zsh", "indexer\nopen", "")
    assert line == "plain\t1\tf.txt"
    assert asked(filled, "zsh", "indexer\nrelated", "") == [line]
    assert asked(filled, "zsh", "indexer\nrelated", "Sa") == ["file\tSa"]
    assert asked(filled, "bash", "indexer --config ", "") == ["file"]


def test_whatever_is_wrong_nothing_is_said(filled: Indexer, tmp_path: Path) -> None:
    for more in (
        {"INDEXER_STATE_DIR": str(tmp_path / "none")},
        {"INDEXER_FOLDER": str(tmp_path / "none")},
        {"INDEXER_WATCH_POLL_S": "nonsense"},
    ):
        assert asked(filled, "fish", "indexer\nsearch\n--in", "", **more) == []
        assert asked(filled, "bash", "indexer open ", "", **more) == []
    for words in (
        "",
        "indexer\nnonsense",
        "indexer\nsearch\n--nonsense",
        "indexer\n--version",
        "indexer\n-h",
    ):
        assert asked(filled, "fish", words, "qq") == []
    assert filled.run(_INDEXER_COMPLETE="tcsh_complete").stdout == b""


def test_an_answer_comes_at_once(filled: Indexer) -> None:
    """A process takes the time it takes; an answer is little more."""
    environment = {
        **filled.environment(),
        "_INDEXER_COMPLETE": "fish_complete",
        "_INDEXER_WORDS": "indexer\nsearch\n--in",
    }
    del environment["INDEXER_CONFIG"]

    def took(*command: str) -> float:
        began = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return time.perf_counter() - began

    peer = (sys.executable, "-c", "import click.shell_completion, sqlite3, json")
    pairs = [(took(*filled.command()), took(*peer)) for _ in range(10)]  # side by side, in the same bustle
    assert any(answer < max(0.3, 4 * other) for answer, other in pairs), pairs


# --- as each shell wants it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "part", "texts"),
    [
        ("indexer search in:Pu", "Pu", ["Purchasing"]),
        ("indexer search in:Sa", "Sa", ["'\"Sales\"'", "'\"Sales Archive\"'"]),
        ("indexer search 'in:\"Sales A", "in:\"Sales A", ['in:"Sales Archive"']),
        ('indexer search "in:Sales A', "in:Sales A", ['in:\\"Sales Archive\\"']),
        ("indexer search --in=Pu", "Pu", ["Purchasing"]),
        ("indexer search --in Sales\\ A", "Sales\\ A", ["'Sales Archive'"]),
        ("indexer search --in Purchasing/", "Purchasing/", ["'Purchasing/It'\\''s $5, (net)'"]),
        ('indexer search --in "Purchasing/', "Purchasing/", ["Purchasing/It's \\$5, (net)"]),
    ],
)  # fmt: skip
def test_bash_takes_what_stands_behind_its_word_break(
    filled: Indexer, line: str, part: str, texts: list[str]
) -> None:
    assert [answer.split("\t")[1] for answer in asked(filled, "bash", line, part)] == texts


def test_zsh_takes_whole_words(filled: Indexer) -> None:
    def texts(word: str) -> list[str]:
        return [line.split("\t")[1] for line in asked(filled, "zsh", "indexer\nsearch", word)]

    assert texts("in:Pu") == ["in:Purchasing"]
    assert texts("in:Sales\\ A") == ["'in:\"Sales Archive\"'"]
    assert texts("'in:Sales A") == ['in:"Sales Archive"']


def test_powershell_takes_quoted_words_and_help(filled: Indexer) -> None:
    assert asked(filled, "powershell", "indexer\nsearch", "in:Pu") == ["plain\tin:Purchasing"]
    assert asked(filled, "powershell", "indexer\nsearch\n--in", "Purchasing/") == [
        "plain\t'Purchasing/It''s $5, (net)'"
    ]
    (line,) = asked(filled, "powershell", "indexer", "sho")
    assert line.startswith("plain\tshow\tPrint the text")
    script = filled.ok("completion", "powershell")
    assert script.startswith("Register-ArgumentCompleter -Native -CommandName indexer")
    assert "_INDEXER_COMPLETE = 'powershell_complete'" in script
    assert script.count("{") == script.count("}")
    assert script.count("(") == script.count(")")


def test_each_script_is_one_of_its_shell(filled: Indexer) -> None:
    for shell in SHELLS:
        script = filled.ok("completion", shell)
        assert "%(" not in script
        program = shutil.which(shell)
        if program:
            checked = subprocess.run(
                [program, "-n", "/dev/stdin"], input=script.encode(), capture_output=True
            )
            assert checked.returncode == 0, checked.stderr
    filled.refused("completion", "tcsh")
    assert filled.ok("completion", "zsh").startswith("#compdef indexer\n")


# --- in the shells themselves ---------------------------------------------------------------------

STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(indexer completion bash)"; PS1="> "'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -U compinit; compinit -u -D; eval "$(indexer completion zsh)"; PS1="> "',
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        'indexer completion fish | source; function fish_prompt; echo "> "; end',
    ),
}


@contextmanager
def shell(filled: Indexer, name: str) -> Iterator[Terminal]:
    """Run a shell that has loaded our script, and in which `indexer` prints what it was called with."""
    if sys.platform == "win32" or shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    command, start = STARTS[name]
    place = filled.state / "bin"
    place.mkdir(exist_ok=True)
    (place / "indexer").write_text(
        "#!/bin/sh\n"
        f'if [ -n "$_INDEXER_COMPLETE" ] || [ "$1" = completion ]; then exec "{sys.executable}" -m indexer "$@"; fi\n'
        'for word in "$@"; do printf "<%s>" "$word"; done; echo " END"\n'
    )
    (place / "indexer").chmod(0o755)
    environment = {
        **filled.environment(HOME=str(filled.state), XDG_CONFIG_HOME=str(filled.state)),
        "PATH": f"{place}{os.pathsep}{os.environ['PATH']}",
    }
    del environment["INDEXER_CONFIG"]
    with terminal(command, environment, columns=160) as screen:
        screen.type(f"{start}; echo rea''dy\n")
        screen.wait_for("ready")
        screen.wait_for("> ")
        yield screen


TYPED = {
    "indexer sea\t": "<search>",
    "indexer search alpha in:Pu\t": "<search><alpha><in:Purchasing>",
    "indexer search --in=Pu\t": "<search><--in=Purchasing>",
    "indexer search in:Sales\\ A\t": '<search><in:"Sales Archive">',
    "indexer search 'in:\"Sales A\t": '<search><in:"Sales Archive">',
    "indexer search 'alpha in:Sales A\t": '<search><alpha in:"Sales Archive">',
    "indexer search --in \"Sales A\t": "<search><--in><Sales Archive>",
    "indexer search --in Purchasing/\t": "<search><--in><Purchasing/It's $5, (net)>",
    "indexer search tag:p\t": "<search><tag:price>",
    "indexer search by:mo\t": '<search><by:"Mona Lind">',
    "indexer search --sort ne\t": "<search><--sort><newest>",
    "indexer search typ\tim\t": "<search><type:image>",
    "indexer open \t": "<open><1>",
}  # fmt: skip


@pytest.mark.parametrize("name", STARTS)
def test_tab_completes(filled: Indexer, name: str) -> None:
    with shell(filled, name) as screen:
        for typed, arguments in TYPED.items():
            for part in re.findall(r"[^\t]+\t?", typed):
                screen.type(part)
                screen.settle()
            screen.type("\n")
            assert arguments.casefold() in screen.wait_for(" END").casefold(), typed
            screen.wait_for("> ")

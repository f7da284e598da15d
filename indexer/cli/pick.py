"""Searching while a person types: `indexer search -i`, with fzf if it is installed, else page by page.

fzf calls back `python -m indexer.cli.pick` for its rows and previews. Its commands are constants: whatever a person or
a document wrote goes through the environment, and through a shell go only the id of an item (hex digits) and, on
POSIX, the query, quoted by fzf for the plain shell that it is given.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.cli.follow import matched_forms, open_item, shown_of, text_of
from indexer.cli.last import clear_leftovers, remember
from indexer.cli.options import Given, folder_of, settings_of
from indexer.cli.output import finish, note, prepare, printable, write
from indexer.cli.results import results_text, summary
from indexer.cli.screen import BOLD, CYAN, Screen, program, screen_of, shortened
from indexer.errors import UserError
from indexer.files.private import for_everyone, keep_to_owner
from indexer.model.items import ItemId

if TYPE_CHECKING:
    from indexer.cli.ask import Asked
    from indexer.model.results import SearchResults
    from indexer.settings import Settings

_SEARCH, _PYTHON = "INDEXER_PICK_SEARCH", "INDEXER_PICK_PYTHON"
_ROWS = 50
_TITLE_WIDTH = 60
_WINDOWS = os.name == "nt"
_OLDEST_FZF = (0, 46) if _WINDOWS else (0, 28)
"""The first versions that have all that is used here; on Windows fzf must pass on the query without a shell."""
_CALL_BACK = ('"%' + _PYTHON + '%"' if _WINDOWS else '"$' + _PYTHON + '"') + " -P -m indexer.cli.pick"
_QUERY = "" if _WINDOWS else " {q}"
_HELP = "A number opens a result, n and p turn the page, other words start a new search, Enter leaves."


def interactive(folder: Path, settings: Settings, call: Given, text: str, asked: Asked) -> int:
    """Let a person search, look and open until they leave."""
    from indexer.state import places

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("-i needs a terminal: leave it out to have the results printed")
    state = places.require_state(folder, settings)
    narrowing = asked.narrowing("text")
    version, fzf = _fzf()
    if version >= _OLDEST_FZF:
        _with_fzf(fzf, version, folder, settings, call, text, {**narrowing, "sort": asked.sort})
        clear_leftovers(state)
    else:
        _ByHand(folder, settings, {**narrowing, "sort": asked.sort}, max(1, asked.limit)).run(text)
    return 0


def _search(
    folder: Path, settings: Settings, text: str, options: dict[str, Any], **more: Any
) -> SearchResults:
    """Search and remember the results; raise UserError if an option is wrong."""
    from indexer.search import asking
    from indexer.state import places

    narrowed = asking.SearchOptions(**{**options, "kinds": tuple(options["kinds"]), **more})
    found = asking.search(folder, settings, text, narrowed)
    kept = {name: value for name, value in options.items() if name != "sort"}
    remember(places.state_of(folder, settings), folder, found, text, kept)
    return found


# --- with fzf -------------------------------------------------------------------------------------


def _fzf() -> tuple[tuple[int, ...], str]:
    """Return the version of fzf and where it is; an empty version if it is not installed."""
    import subprocess

    path = program("fzf")
    if path is None:
        return (), ""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.SubprocessError):
        return (), ""
    numbers = re.match(r"(\d+)\.(\d+)", said)
    return (tuple(map(int, numbers.groups())) if numbers else ()), path


def _with_fzf(
    fzf: str,
    version: tuple[int, ...],
    folder: Path,
    settings: Settings,
    call: Given,
    text: str,
    options: dict[str, Any],
) -> None:
    import subprocess

    rows = _rows(_search(folder, settings, text, options, limit=_ROWS, snippets=False))
    with for_everyone():  # these start the program that shows a file
        done = subprocess.run(
            [fzf, *_arguments(text, version)],
            input=rows.encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            env=_environment(folder, settings, call, options),
        )
    chosen = done.stdout.decode("utf-8", "replace").partition("\t")[0]
    if done.returncode == 0 and chosen:
        open_item(shown_of(folder, settings, ItemId(chosen)))
    elif done.returncode not in (0, 1, 130):  # chosen, nothing to choose from, left
        raise UserError(
            f"fzf ended with {done.returncode}: see above, or remove it from PATH to search without it"
        )


def _arguments(text: str, version: tuple[int, ...]) -> list[str]:
    """Return the arguments of fzf: all constants, except the query."""
    wide = screen_of("auto").width >= 110
    return [
        "--disabled",
        "--ansi",
        "--no-multi",
        "--layout=reverse",
        "--info=hidden",
        "--header-lines=1",
        "--delimiter=\t",
        "--with-nth=2..",
        "--prompt=search> ",
        f"--query={text}",
        "--header=Enter opens · Ctrl-R shows the file · Esc leaves",
        f"--preview={_CALL_BACK} glimpse {{1}}",
        f"--preview-window={'right,50%' if wide else 'down,60%'},wrap",
        f"--bind=change:top+reload:{_CALL_BACK} rows{_QUERY}",
        f"--bind=ctrl-r:execute-silent:{_CALL_BACK} reveal {{1}}",
        *(["--with-shell=/bin/sh -c"] if version >= (0, 51) and not _WINDOWS else []),
    ]


def _environment(folder: Path, settings: Settings, call: Given, options: dict[str, Any]) -> dict[str, str]:
    """Return the environment for the calls back, with a shell that quotes as fzf does."""
    made = {
        **os.environ,
        "INDEXER_FOLDER": os.fspath(folder),
        "INDEXER_STATE_DIR": os.fspath(settings.state_dir),
        "SHELL": "/bin/sh",
        _PYTHON: sys.executable,
        _SEARCH: json.dumps(options),
    }
    if call.config is not None:
        made["INDEXER_CONFIG"] = os.fspath(call.config)
    if _WINDOWS:
        del made["SHELL"]
    return made


def _rows(found: SearchResults) -> str:
    """Return a line that sums up, then one for each result: its id, and what is shown of it."""
    screen = _screen()
    return f"\t{printable(summary(found))}\n" + "".join(
        f"{r.item.id}\t{r.rank:>3}  {screen.styled(shortened(printable(r.item.title), _TITLE_WIDTH), BOLD)}"
        f"  {screen.styled(printable(r.item.path), CYAN)}\n"
        for r in found.results
    )


def _screen() -> Screen:
    columns = os.environ.get("FZF_PREVIEW_COLUMNS", "")
    return Screen(
        colour=not os.environ.get("NO_COLOR"), width=max(20, int(columns) - 2) if columns.isdecimal() else 80
    )


def _glimpse(folder: Path, settings: Settings, item_id: ItemId) -> str:
    from indexer.cli.show import Hits, glimpse, head_lines, no_text, text_lines

    item, passages, language = text_of(folder, settings, shown_of(folder, settings, item_id))
    screen = _screen()
    head = head_lines(item, folder, screen)
    if not passages:
        return "\n".join([*head, "", no_text(item)]) + "\n"
    rows = os.environ.get("FZF_PREVIEW_LINES", "")
    hits = Hits(matched_forms(folder, settings), language)
    lines = text_lines(passages, hits, screen, wrap=True)
    return glimpse(head, lines, int(rows) if rows.isdecimal() else 50)


def answer(job: str, argument: str) -> None:
    """Answer one call of fzf: rows for a query, a glimpse of an item, or show its file."""
    call = Given()
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    if job == "rows":
        options = json.loads(os.environ[_SEARCH])
        write(_rows(_search(folder, settings, argument, options, limit=_ROWS, snippets=False)))
    elif not argument:
        return  # no result, so there is nothing to show
    elif job == "glimpse":
        write(_glimpse(folder, settings, ItemId(argument)))
    elif job == "reveal":
        open_item(shown_of(folder, settings, ItemId(argument)), reveal=True)


# --- page by page ---------------------------------------------------------------------------------


class _ByHand:
    """A picker that only needs a line of input."""

    def __init__(self, folder: Path, settings: Settings, options: dict[str, Any], size: int) -> None:
        self._folder = folder
        self._settings = settings
        self._options = options
        self._size = size
        self._text = ""
        self._offset = 0
        self._found: SearchResults | None = None

    def run(self, text: str) -> None:
        """Go on until an empty line or the end of input."""
        with contextlib.suppress(ImportError):  # Windows has none
            import readline  # noqa: F401 - keys that edit the line
        write(f"{_HELP}\n")
        if text:
            self._look(text, 0)
        while True:
            finish()
            try:
                said = input("search> ").strip()
            except EOFError:
                write("\n")
                return
            if not said:
                return
            try:
                self._do(said)
            except UserError as error:
                note(str(error))

    def _do(self, said: str) -> None:
        ranks = [str(r.rank) for r in self._found.results] if self._found else []
        if said in ranks:
            item = self._found.results[ranks.index(said)].item if self._found else None
            assert item
            if open_item(shown_of(self._folder, self._settings, item.id)):
                write(f"opened {printable(item.opened or item.path)}\n")
        elif said == "n" and self._found:
            if self._offset + self._size >= self._found.total:
                raise UserError("there are no more results")
            self._look(self._text, self._offset + self._size)
        elif said == "p" and self._found:
            if not self._offset:
                raise UserError("these are the first results")
            self._look(self._text, max(0, self._offset - self._size))
        else:
            self._look(said, 0)

    def _look(self, text: str, offset: int) -> None:
        self._found = _search(
            self._folder, self._settings, text, self._options, limit=self._size, offset=offset
        )
        self._text, self._offset = text, offset
        screen = screen_of("auto", pager=False)
        write("\n" + results_text(self._found, self._folder, screen, more="n shows them") + "\n")


if __name__ == "__main__":
    prepare()
    keep_to_owner()
    try:
        answer(*[*sys.argv[1:], os.environ.get("FZF_QUERY", "")][:2])
    except Exception as problem:  # noqa: BLE001
        # A command line ends here, too: fzf shows this line above its list, or as its preview.
        write("\t" + printable(" ".join(str(problem).split())) + "\n")
    finish()

"""The commands that go on from a result of the last search: open, show, related."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli import complete
from indexer.cli.ask import NOTHING
from indexer.cli.last import LastSearch, Shown, is_id, recall, remember, which, which_or_path
from indexer.cli.look import Look, look_options, print_results, screen_options
from indexer.cli.options import F, command, folder_of, given, settings_of
from indexer.cli.output import printable, write, write_paths
from indexer.cli.screen import program, screen_of
from indexer.errors import IndexerError, UserError
from indexer.files.private import for_everyone

if TYPE_CHECKING:
    from indexer.model.items import Item, ItemId, Passage
    from indexer.settings import Settings

DECLINED = 1


def result_argument(function: F) -> F:
    """Add the argument that names a result."""
    add: Callable[[F], F] = click.argument(
        "chosen", metavar="N", callback=which, shell_complete=complete.results
    )
    return add(function)


@command(
    "open",
    {
        "indexer open 1": "open the first result of the last search",
        "indexer open 2 --reveal": "show it in the file manager",
        "indexer open 3 --print": "print its path or address",
    },
)
@result_argument
@click.option("--reveal", is_flag=True, help="Show it in the file manager.")
@click.option("--print", "print_wanted", is_flag=True, help="Print its path or address only.")
@click.option("--yes", is_flag=True, help="Start it without asking, even if it is a program or script.")
@click.pass_context
def open_result(ctx: click.Context, chosen: int | ItemId, reveal: bool, print_wanted: bool, yes: bool) -> int:
    """Open the N-th result of the last search, asking before a program or script is started."""
    call = given(ctx)
    settings = settings_of(call)
    shown = shown_of(folder_of(call, None, settings), settings, chosen)
    if print_wanted:
        write_paths([shown.url or shown.path], nul=False)
        return 0
    return 0 if open_item(shown, reveal=reveal, agreed=yes) else DECLINED


@command(
    "show",
    {
        "indexer show 1": "read the first result of the last search, from its first hit on",
        "indexer show 1 --no-pager": "print all of its text at once",
        "indexer show 3 | wc -w": "pipe the text to another program",
    },
)
@result_argument
@screen_options
@click.pass_context
def show(ctx: click.Context, chosen: int | ItemId, color: str, no_pager: bool) -> int:
    """Print the text of the N-th result with its hits marked."""
    from indexer.cli.show import Hits, head_lines, no_text, text_lines, whole

    call = given(ctx)
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    item, passages, language = text_of(folder, settings, shown_of(folder, settings, chosen))
    screen = screen_of(color, pager=not no_pager)
    head = list(head_lines(item, folder, screen))
    if not passages:
        write("\n".join([*head, "", no_text(item)]) + "\n")
        return 0
    hits = Hits(matched_forms(folder, settings), language)
    lines = text_lines(passages, hits, screen, wrap=sys.stdout.isatty())
    text, start = whole(head, lines)
    screen.show(text, start=start)
    return 0


@command(
    "related",
    {
        "indexer related 1": "items like the first result of the last search",
        "indexer related Sales/offer.pdf -n 3": "the three most like this file",
        "indexer related 1 --across": "only those of other departments",
    },
)
@click.argument("chosen", metavar="N|PATH", callback=which_or_path, shell_complete=complete.results_and_files)
@click.option("--across", is_flag=True, help="Only items of other departments than its own.")
@click.option("-n", "--limit", type=click.IntRange(min=0), default=10, help="Number of results (default 10).")
@look_options
@click.pass_context
def related(
    ctx: click.Context,
    chosen: int | ItemId | str,
    across: bool,
    limit: int,
    json_wanted: bool,
    form: str | None,
    color: str,
    no_pager: bool,
) -> int:
    """Find items like the N-th result, or like that at PATH; `open 1` then opens the first of these.

    What is alike is told by the words that are rare in the folder and that both have. Copies are left out.
    """
    from indexer.search import asking
    from indexer.state import places

    look = Look(json_wanted, form, color, no_pager)
    look.chosen  # noqa: B018 - refuses contradictions before anything is done
    call = given(ctx)
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    item_id = item_of(folder, settings, chosen)
    found = asking.related(folder, settings, item_id, limit, across=across)
    if found.total:
        remember(places.state_of(folder, settings), folder, found, None, {})
    print_results(found, folder, look, quiet=call.quiet)
    return 0 if found.total else NOTHING


# --- the chosen result ----------------------------------------------------------------------------


def item_of(folder: Path, settings: Settings, chosen: int | ItemId | str) -> ItemId:
    """Return the chosen result or the item at a path; raise UserError if there is none."""
    from indexer.cli.work import path_within
    from indexer.search import asking

    if isinstance(chosen, int) or is_id(chosen):
        return shown_of(folder, settings, chosen).id
    return asking.item_at(folder, settings, path_within(folder, chosen)).id


def shown_of(folder: Path, settings: Settings, chosen: int | ItemId) -> Shown:
    """Return the chosen result; raise UserError if there is none."""
    from indexer.search import asking
    from indexer.state import places

    if isinstance(chosen, int):
        return recall(places.require_state(folder, settings)).result(chosen)
    item = asking.item_of(folder, settings, chosen)
    if item is None:
        raise UserError(f"no item has the id {chosen}: search again")
    return Shown(item.id, os.fspath(folder / item.path), item.opened)


def text_of(folder: Path, settings: Settings, shown: Shown) -> tuple[Item, tuple[Passage, ...], str]:
    """Return an item, its text and the language of its text; raise UserError if it is gone."""
    from indexer.search import asking

    found = asking.text_of(folder, settings, shown.id)
    if found is None:
        raise UserError(f"{shown.path} is gone: search again")
    return found


def matched_forms(folder: Path, settings: Settings) -> frozenset[str]:
    """Return the forms that count as hits of the last search; nothing if there was none."""
    from indexer.state import places

    try:
        return _forms_of(folder, settings, recall(places.require_state(folder, settings)))
    except (IndexerError, TypeError):  # no search, or one by another version: the text is shown without marks
        return frozenset()


def _forms_of(folder: Path, settings: Settings, last: LastSearch) -> frozenset[str]:
    """Search once more, only for the forms that count as hits: they are not stored, as texts stay in catalogue and index."""
    from indexer.search import asking

    if last.query is None:
        return frozenset()
    options = asking.SearchOptions(
        **{**last.options, "kinds": tuple(last.options.get("kinds", ()))}, limit=0, snippets=False
    )
    return asking.search(folder, settings, last.query, options).matched_forms


# --- opening --------------------------------------------------------------------------------------


def open_item(shown: Shown, *, reveal: bool = False, agreed: bool = False) -> bool:
    """Have the system open an item, or show its file; False if it is a program and the person says no.

    `agreed`: don't ask. Raise UserError if it can't be opened, or nobody can be asked.
    """
    from indexer.folder.names import reach

    target = shown.url if shown.url and not reveal else shown.path
    if target == shown.path and not os.path.lexists(reach(Path(target))):
        raise UserError(f"{target} is gone: run `indexer scan`, then search again")
    if target == shown.path and not reveal and not agreed and not _may_start(target):
        return False
    try:
        _start(target, reveal=reveal)
    except OSError as error:
        raise UserError(f"nothing here can open {target} ({error.strerror})") from error
    return True


def _may_start(path: str) -> bool:
    """Ask before a program or script is started, and name its suffix, which a title or a name may hide."""
    from indexer.cli.starts import is_started
    from indexer.extract.kinds import suffix_of

    if not is_started(path):
        return True
    suffix = suffix_of(Path(path).name)
    its = f"its suffix is .{suffix}" if suffix else "it has no suffix"
    what = f"{printable(Path(path).name)} is a program, a script or a link to one ({printable(its)})"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(f"{what}: --yes starts it, --reveal shows where it is")
    return click.confirm(f"{what}. Start it?", err=True)


def _start(target: str, *, reveal: bool) -> None:
    """Open a file or address with the system's program for it; only web and mail addresses come this far."""
    import subprocess

    with for_everyone():
        if sys.platform == "win32":
            if reveal:
                subprocess.Popen(explorer_command(target))
            else:
                os.startfile(target)
        elif sys.platform == "darwin":
            subprocess.Popen(["open", *(["-R"] if reveal else []), target])
        else:
            shown = os.path.dirname(target) if reveal else target  # noqa: PTH120 - may be an address
            opener = program("xdg-open")
            if opener is None:
                raise OSError(None, "xdg-open is not installed")
            subprocess.Popen([opener, shown], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def explorer_command(path: str) -> str:
    """Return the command line by which Windows shows a file: Explorer wants quotes around the path alone."""
    windows = os.environ.get("SYSTEMROOT", r"C:\Windows")
    return rf'"{windows}\explorer.exe" /select,"{path}"'  # a whole path: a program in the current folder is somebody's file

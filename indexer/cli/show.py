"""How the text of an item is shown: hits marked, pages separated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from indexer.cli.output import printable
from indexer.cli.results import file_address, marked, web_address
from indexer.cli.screen import BOLD, CYAN, DIM, MARK, Screen, bare, wrapped
from indexer.terms.words import tokens

if TYPE_CHECKING:
    from indexer.model.items import Item, Passage

_ABOVE = 3
"""Lines shown above the first hit."""
_TAB = 4


class Line(NamedTuple):
    """One line as it is printed."""

    text: str
    is_hit: bool = False


class Hits(dict[str, bool]):
    """Which words are hits? Each distinct word is checked once: even a long text has few."""

    def __init__(self, matched: frozenset[str], language: str) -> None:
        """Take the hits (forms and marked stems), and the language of the stems."""
        super().__init__()
        self._matched = matched
        self._language = language

    def __missing__(self, word: str) -> bool:
        """Check a word between blanks."""
        made = self[word] = bool(self._spans(word))
        return made

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return where the hits are in a line."""
        if not self._matched or not any(map(self.__getitem__, line.split())):
            return []
        return self._spans(line)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        return [(t.start, t.end) for t in tokens(text, self._language, self._matched)]


def text_lines(passages: Iterable[Passage], hits: Hits, screen: Screen, *, wrap: bool) -> Iterator[Line]:
    """Yield the lines of a text, a dimmed line before each page; `wrap`: break them at the screen's width."""
    page: int | None = None
    for number, passage in enumerate(passages):
        if passage.page_number is not None and passage.page_number != page:
            page = passage.page_number
            yield from (Line(""),) if number else ()
            yield Line(screen.styled(f"── page {page} ──", DIM))
        elif number:
            yield Line("")
        for line in passage.text.splitlines():
            text = line.rstrip().expandtabs(_TAB)
            shown = marked(text, hits.spans(text))
            for piece in wrapped(shown, screen.width) if wrap else (shown,):
                yield Line(piece if screen.colour else bare(piece), MARK in piece)


def head_lines(item: Item, folder: Path, screen: Screen) -> Iterator[str]:
    """Yield what is known of an item: title, path, facts, address, note."""
    yield screen.styled(printable(item.title), BOLD)
    path = screen.linked(screen.styled(printable(item.path), CYAN), file_address(folder, item.path))
    facts = [str(item.kind), f"{item.date.astimezone():%Y-%m-%d}"]
    facts += [f"by {printable(item.author)}"] if item.author else []
    facts += [f"tagged {printable(', '.join(item.tags))}"] if item.tags else []
    yield f"{path}  {screen.styled('  '.join(facts), DIM)}"
    if item.url:
        yield screen.linked(screen.styled(printable(item.url), CYAN), web_address(item.url))
    if item.note:
        yield printable(item.note)
    if item.truncated:
        yield screen.styled(f"Incomplete: {printable(item.truncated)}.", DIM)


def no_text(item: Item) -> str:
    """Return one line on an item that has no text."""
    if item.url:
        return "A link has no text of its own."
    return "No text is known of it; `indexer failed --all` says why."


def whole(head: Iterable[str], lines: Iterable[Line]) -> tuple[str, int]:
    """Return head and text together, and the number of the line to show first."""
    printed = [*head, ""]
    first = 0
    for line in lines:
        printed.append(line.text)
        if line.is_hit and not first:
            first = len(printed)
    return "\n".join(printed) + "\n", max(1, first - _ABOVE)


def glimpse(head: Iterable[str], lines: Iterable[Line], count: int) -> str:
    """Return head and `count` lines from just above the first hit; from the beginning if there is none."""
    beginning: list[Line] = []
    window: list[Line] = []
    lines = iter(lines)
    for line in lines:
        if len(beginning) < count:
            beginning.append(line)
        window = [*window[-_ABOVE:], line]
        if line.is_hit:
            window += islice(lines, count)
            break
    else:
        window = beginning
    return "\n".join([*head, "", *(line.text for line in window)]) + "\n"

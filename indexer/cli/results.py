"""How results look: lines for people; JSON, JSON lines and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.cli.output import INVISIBLE, as_json, moment, printable
from indexer.cli.screen import BOLD, CYAN, DIM, MARK, OFF, Screen, bare, cells, shortened, wrapped

if TYPE_CHECKING:
    from indexer.model.items import Item
    from indexer.model.links import Health
    from indexer.model.query import Remark
    from indexer.model.results import Explanation, Facets, Result, SearchResults, ShownNote

FACETS = ("kind", "department", "person", "tag", "year")
COLUMNS = (
    "rank", "score", "path", "title", "type", "url", "page", "size", "modified", "added", "author", "tags",
    "department", "snippet",
)  # fmt: skip

_RELAXED = "No item has all of these words. These have some of them, the best answers first:"
_CAPPED = "very many words match this query: only the most frequent were used"
_INDENT = "     "
_NO_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))
_REMARKS = {
    "kind": "{text} was searched as words; kinds are {kinds}",
    "is": "{text} was searched as words; is: finds {states}",
    "date": "{text} was searched as words; dates are written 2026-01-31, 31.1.2026, 2026-01, 3d, 2w, 6m or 1y",
    "value": "{text} was searched as words; it names nothing to filter by",
    "filter": "{text} was searched as words; filters are type:, in:, by:, tag:, after:, before:, title:, is: and site:",
    "quote": "The quotation mark of {text} is never closed, so its words were searched one by one",
    "signs": "{text} has no letter and no digit to search for",
}
_SNIPPET_LINES, _ANSWER_LINES, _LONG_SNIPPET = 2, 6, 320
_PAGES = 5
_NOTES, _MARKERS = 3, 5
_FACET_ROWS = 8
_FACET_WIDTH = 24


# --- for programs ---------------------------------------------------------------------------------


def results_object(found: SearchResults, *, explain: bool = False, facets: bool = False) -> dict[str, object]:
    """Return the answer to a search as the contract's object."""
    made: dict[str, object] = {
        "schema": 1,
        "query": found.query,
        "total": found.total,
        "took_ms": found.took_ms,
        "relaxed": found.relaxed,
        "complete": found.complete,
        "suggestion": found.suggestion,
        "remarks": [remark_text(remark) for remark in found.remarks],
        "results": [result_object(result, explain=explain) for result in found.results],
    }
    if found.key_terms is not None:
        made["key_terms"] = list(found.key_terms)
    if facets:
        made["facets"] = {name: dict(found.facets.get(name, ())) for name in FACETS}
    return made


def result_object(result: Result, *, explain: bool = False) -> dict[str, object]:
    """Return one result as the contract's object."""
    item = result.item
    made: dict[str, object] = {
        "rank": result.rank,
        "score": round(result.score, 6),
        "id": item.id,
        "path": item.path,
        "title": item.title,
        "type": str(item.kind),
        "url": item.url,
        "page": result.page,
        "pages": list(result.pages),
        "size": item.size,
        "modified": moment(item.modified),
        "added": moment(item.added),
        "author": item.author or None,
        "tags": list(item.tags),
        "department": item.department,
        "copies": list(result.copies),
        "conflict_of": result.item.conflict_of,
        "online_only": item.online_only,
        **(_link_object(result) if item.kind == "link" or item.url is not None else {}),
        "snippet": result.snippet,
        "highlights": [list(span) for span in result.highlights],
        "notes": [note_object(note) for note in result.notes],
        "marks": {str(mark): len(who) for mark, who in item.said.marks()},
    }
    if explain:
        made["explanation"] = explanation_object(result.explanation) if result.explanation else None
    return made


def _link_object(result: Result) -> dict[str, object]:
    """Return what only links have: how they are and where they lead."""
    from indexer.model.links import Health

    health = result.item.health or Health()
    return {
        "site": result.item.site,
        "saved_copy": result.saved,
        "health": {
            "state": str(health.state),
            "checked": moment(health.checked),
            "status": health.status,
            "moved_to": health.moved_to or None,
            "failures": health.failures,
        },
    }


def note_object(note: ShownNote) -> dict[str, object]:
    """Return a note on a result as the contract's object."""
    return {
        "path": note.path,
        "by": note.by or None,
        "level": note.level or None,
        "date": moment(note.date),
        "text": note.text,
    }


def explanation_object(explanation: Explanation) -> dict[str, object]:
    """Return what a score is made of."""
    return {
        "words": [
            {"word": w.word, "weight": round(w.weight, 6), "df": w.df, "score": round(w.score, 6)}
            for w in explanation.words
        ],
        "length": explanation.length,
        "mean_length": round(explanation.mean_length, 3),
        "recency": round(explanation.recency, 6),
        "quality": round(explanation.quality, 6),
        "proximity": round(explanation.proximity, 6),
        "derived": round(explanation.derived, 6),
    }


def results_json_lines(found: SearchResults, *, explain: bool = False) -> str:
    """Return one result a line; nothing if there is none."""
    return "".join(as_json(result_object(result, explain=explain)) for result in found.results)


def results_csv(found: SearchResults, *, for_terminal: bool = False) -> bytes:
    """Return results as CSV (RFC 4180, UTF-8) with a header row; for a terminal, each on one line."""
    import csv
    import io

    table = io.StringIO()
    rows = csv.writer(table)
    keep = "" if for_terminal else "\t\r\n\u200c\u200d" + INVISIBLE
    rows.writerow(COLUMNS)
    for result in found.results:
        made = {**result_object(result), "tags": "; ".join(result.item.tags)}
        rows.writerow([_cell(made[name], keep) for name in COLUMNS])
    return table.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object, keep: str) -> object:
    """Return the text of a cell; if a spreadsheet would take it for a formula, an apostrophe comes first."""
    if not isinstance(value, str):
        return value
    surrogates = "".join(c for c in value if "\ud800" <= c <= "\udfff")  # different names stay different
    text = printable(value, keep=keep + surrogates)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


# --- for people -----------------------------------------------------------------------------------


def results_text(
    found: SearchResults, folder: Path, screen: Screen, more: str = "add --limit or --offset"
) -> str:
    """Return results for people to read; `more` says how to see the following ones."""
    lines = [*_head(found, screen)]
    for result in found.results:
        lines += [*_result_lines(result, folder, screen), ""]
    lines += _facet_lines(found.facets, screen)
    lines += _foot(found, screen, more)
    return "\n".join(lines).rstrip("\n") + "\n"


def notes(found: SearchResults) -> list[str]:
    """Return the lines that say what of the query was not understood, and that it was relaxed."""
    return [remark_text(remark) for remark in found.remarks] + ([_RELAXED] if found.relaxed else [])


def remark_text(remark: Remark) -> str:
    """Return what a person is told of a part of the query that was not understood."""
    from indexer.model.items import IS_VALUES, KINDS  # a command that shows no remark needs none of it

    return _REMARKS[remark.code].format(text=remark.text, kinds=", ".join(KINDS), states=", ".join(IS_VALUES))


def summary(found: SearchResults) -> str:
    """Return in one line how many results there are, whether the query was relaxed, and a suggestion."""
    said = [_counted(found.total, "result") if found.total else "No results"]
    said += ["No item has all of these words"] if found.relaxed else []
    said += [f"Did you mean {found.suggestion}?"] if found.suggestion else []
    return " · ".join(said)


def _head(found: SearchResults, screen: Screen) -> Iterator[str]:
    if not found.total:
        yield "No results"
    if found.suggestion:
        yield f"Did you mean {screen.styled(printable(found.suggestion), BOLD)}?"
    for note in notes(found):
        yield printable(note)
    if found.total and (found.suggestion or found.remarks or found.relaxed):
        yield ""


def _foot(found: SearchResults, screen: Screen, more: str) -> Iterator[str]:
    rest = found.total - (found.results[-1].rank if found.results else 0)
    if not found.results and found.total:
        yield f"{_counted(found.total, 'result')}, none of them here"
    elif rest > 0:
        yield screen.styled(f"{rest:,} more: {more}", DIM)
    if not found.complete:
        yield screen.styled(_CAPPED, DIM)


def _result_lines(result: Result, folder: Path, screen: Screen) -> Iterator[str]:
    item = result.item
    yield f"{result.rank:>3}  {screen.styled(printable(item.title), BOLD)}"
    path = screen.linked(screen.styled(printable(item.path), CYAN), file_address(folder, item.path))
    page = f"  p. {result.page}{_further(result.pages)}" if result.page else ""
    date = f"{item.date.astimezone():%Y-%m-%d}"
    others = len(result.copies) - (result.saved is not None)
    copies = f"  (+{_counted(others, 'copy', 'copies')})" if others else ""
    yield f"{_INDENT}{path}{page}  {screen.styled(date + copies, DIM)}"
    if item.url:
        address = screen.linked(screen.styled(printable(item.url), CYAN), web_address(item.url))
        badge = _badge(item.health) if item.health else ""
        yield f"{_INDENT}{address}" + (f"  {screen.styled(badge, DIM)}" if badge else "")
    if result.saved:
        saved = screen.linked(
            screen.styled(printable(result.saved), CYAN), file_address(folder, result.saved)
        )
        yield f"{_INDENT}{screen.styled('saved copy:', DIM)} {saved}"
    if result.snippet:
        yield from _snippet_lines(result, screen)
    if marks := _marks(item):
        yield f"{_INDENT}{screen.styled(marks, DIM)}"
    for note in result.notes[:_NOTES]:
        yield from _note_lines(note, screen)
    if len(result.notes) > _NOTES:
        yield screen.styled(f"{_INDENT}— {_counted(len(result.notes) - _NOTES, 'more note')}", DIM)
    if result.explanation:
        yield from _explanation_lines(result.score, result.explanation, screen)


def _marks(item: Item) -> str:
    """Return who marked an item in which way; empty if nobody did."""
    who_by = ((mark, who) for mark, who in item.said.marks() if who)
    said = (f"{mark}: {', '.join(who[:_MARKERS])}{' …' * (len(who) > _MARKERS)}" for mark, who in who_by)
    return printable(" · ".join(said).replace("_", " "))


def _badge(health: Health) -> str:
    """Return what is said of a link that is not as it should be; nothing if it is well or was never checked."""
    if health.state in ("unchecked", "ok"):
        return ""
    if health.state == "moved":
        return f"moved to {printable(shortened(health.moved_to, 100))}" if health.moved_to else "moved"
    since = health.since if health.state in ("gone", "failing") else None
    return str(health.state) + (f" since {since.astimezone():%Y-%m-%d}" if since else "")


def _further(pages: Sequence[int]) -> str:
    """Return further pages that match, some of them."""
    if not pages:
        return ""
    return f" and on {', '.join(map(str, pages[:_PAGES]))}{' …' if len(pages) > _PAGES else ''}"


def _snippet_lines(result: Result, screen: Screen) -> Iterator[str]:
    """Yield the lines of the snippet with the most hits; of equals, the first."""
    text = " ".join(marked(result.snippet, result.highlights).split())
    lines = list(wrapped(text, max(20, screen.width - len(_INDENT) - 4)))
    most = _SNIPPET_LINES if len(text) <= _LONG_SNIPPET else _ANSWER_LINES
    starts = range(max(1, len(lines) - most + 1))
    start = max(starts, key=lambda at: ("".join(lines[at : at + most]).count(MARK), -at))
    shown = lines[start : start + most]
    if start and not shown[0].startswith("…"):
        shown[0] = f"… {shown[0]}"
    if start + len(shown) < len(lines) and not shown[-1].endswith("…"):
        shown[-1] += " …"
    yield from (_INDENT + (line if screen.colour else bare(line)) for line in shown)


def _note_lines(note: ShownNote, screen: Screen) -> Iterator[str]:
    """Yield a note on one or two lines: who says it, how much it matters, what."""
    who = printable(note.by) or "Note"
    level = f" ({note.level})" if note.level else ""
    text = " ".join(printable(note.text, keep="\n\t").split())
    first, *more = wrapped(f"— {who}{level}: {text}", max(20, screen.width - len(_INDENT) - 4))
    yield _INDENT + first
    if more:
        yield f"{_INDENT}  {more[0]}{' …' if len(more) > 1 else ''}"


def marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return text that is safe to show, with the hits at `spans` coloured and without invisible characters."""
    safe = printable(text, keep="\n\t" + INVISIBLE)
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [safe[at:start], MARK, safe[start:end], OFF]
        at = end
    return "".join([*parts, safe[at:]]).translate(_NO_INVISIBLE)


def _explanation_lines(score: float, explanation: Explanation, screen: Screen) -> Iterator[str]:
    """Yield what the score is made of: its factors, then one word a line."""
    factors = (
        ("words", sum(word.score for word in explanation.words)),
        ("recency", explanation.recency),
        ("quality", explanation.quality),
        ("proximity", explanation.proximity),
        *([("derived words or compounds only", explanation.derived)] if explanation.derived < 1 else []),
    )
    rows = [("score", f"{score:.2f}", "= " + " × ".join(f"{name} {factor:.3g}" for name, factor in factors))]
    rows += [
        (
            printable(word.word),
            f"{word.score:.2f}",
            f"weight {word.weight:g}, in {_counted(word.df, 'item')}",
        )
        for word in explanation.words
    ]
    rows.append(("length", f"{explanation.length:,}", f"words, {explanation.mean_length:,.0f} on average"))
    names, numbers = (max(cells(row[column]) for row in rows) for column in (0, 1))
    for name, number, how in rows:
        line = f"{name}{' ' * (names - cells(name))}  {number:>{numbers}}  {how}"
        yield _INDENT + screen.styled(line, DIM)


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def file_address(folder: Path, path: str) -> str:
    """Return the address of a file, its bytes as %XX; empty if a name has none."""
    try:
        return (folder / path).as_uri()
    except ValueError:  # a lone surrogate that is no undecodable byte
        return ""


def web_address(url: str) -> str:
    """Return an address in the characters that a link on a terminal may have."""
    from urllib.parse import quote

    return quote(url, safe="%/:=&?~#+!$,;'@()*[]")


# --- facets ---------------------------------------------------------------------------------------


def _facet_lines(facets: Facets, screen: Screen) -> Iterator[str]:
    """Yield the facets in columns side by side; columns that don't fit go below."""
    columns = [_facet_column(name, facets[name]) for name in FACETS if facets.get(name)]
    while columns:
        some, columns = _fitting(columns, screen.width)
        widths = [max(map(cells, column)) for column in some]
        for number in range(max(map(len, some))):
            row = [column[number] if number < len(column) else "" for column in some]
            line = "   ".join(
                text + " " * (width - cells(text)) for text, width in zip(row, widths, strict=True)
            ).rstrip()
            yield line if number else screen.styled(line, BOLD)
        yield ""


def _facet_column(name: str, values: Sequence[tuple[str, int]]) -> list[str]:
    shown = values[:_FACET_ROWS]
    room = max(len(f"{count:,}") for _, count in shown)
    rows = [f"{count:>{room},}  {shortened(printable(value) or '–', _FACET_WIDTH)}" for value, count in shown]
    more = len(values) - len(shown)
    return [name, *rows, *([f"{more:,} more"] if more else [])]


def _fitting(columns: list[list[str]], width: int) -> tuple[list[list[str]], list[list[str]]]:
    """Split columns into those that fit side by side (at least one) and the rest."""
    used = count = 0
    for column in columns:
        used += max(map(cells, column)) + 3
        if count and used - 3 > width:
            break
        count += 1
    return columns[:count], columns[count:]

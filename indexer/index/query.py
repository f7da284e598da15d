"""What does the person ask for? The text of a query as a tree; any string is legal.

What is not understood as syntax is taken as words. `assets/query.js` does the same; `tests/cases/query.json` checks both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from indexer.index.order import is_one_edit
from indexer.model.items import IS_VALUES, KINDS
from indexer.model.names import fold_folder
from indexer.model.notes import LEVELS
from indexer.model.query import (
    EVERYTHING,
    MISTAKEN_FILTERS,
    NOTHING,
    And,
    Filter,
    Fuzzy,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Remark,
    Word,
)
from indexer.terms import tokenizer, words

MIN_PREFIX, MIN_FUZZY = 3, 4
_MAX_DEPTH = 100
"""Groups and exclusions nested deeper are ignored: the parser, and code that walks the tree, must not overflow."""
_FOUND_AS = {"type": "kind", "level": "is", "on": "is"}
"""Fields whose filters have another name: what other files say of an item is found by `is`."""
_FIELDS = frozenset({"type", "in", "by", "tag", "after", "before", "title", "is", "site", "level", "on"})
MOST_REMARKS, MOST_REMARKED = 3, 40
_FILTER_LIKE = r"(?i)([a-z]{2,10}):(?!/|\\)(.+)"
_MINUS = "-\u2012\u2013\u2212"
"""Phones and word processors make another dash of a typed one."""
_MOST_GROUPS, _MOST_OF_A_GROUP = 10, 34
_OF_A_GROUP = "[A-Za-z]{0,2}[0-9]|[xX\u00d7]"
_AGO = r"(?i)([0-9]{1,4})([dwmy])"
_DAY = r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?"
_DAY_FIRST = r"(?:([0-9]{1,2})([./-]))?([0-9]{1,2})[./-]([0-9]{4})"
"""`20.11.2026`, `11.2026`; with strokes only if a number above 12 says which one is the day."""


def parse(text: str, now: datetime | None = None) -> Query:
    """Return the tree of `text`; dates like `3d` count back from `now`."""
    return read(text, now)[0]


def read(text: str, now: datetime | None = None) -> tuple[Query, tuple[Remark, ...]]:
    """Return the tree of `text`, and what of it was not understood."""
    remarks: dict[Remark, None] = {}
    pieces = _grouped(_split(text, remarks))
    query = _Parser(pieces, now or datetime.now(UTC), remarks).whole()
    if query == EVERYTHING and text.strip() and not any(piece.field for piece in pieces):
        _note(remarks, "signs", text.strip())
        query = NOTHING
    return query, tuple(remarks)[:MOST_REMARKS]


def _note(remarks: dict[Remark, None], code: str, text: str) -> None:
    remarks[Remark(code, text if len(text) <= MOST_REMARKED else text[: MOST_REMARKED - 1] + "…")] = None


def add_filters(query: Query, filters: Iterable[Query]) -> Query:
    """Return `query` narrowed by `filters`."""
    parts = query.parts if isinstance(query, And) else (query,)
    return _and([*parts, *filters])


def is_scored(query: Query) -> bool:
    """Tell whether the query has anything to rank by: a word, phrase, prefix or fuzzy word that is not excluded."""
    match query:
        case And(parts) | Or(parts):
            return any(map(is_scored, parts))
        case Not() | Filter():
            return False
    return True


def parse_when(text: str, now: datetime) -> datetime:
    """Return the start (UTC) of a day, month or year, or `now` less 3d, 2w, …; raise ValueError for anything else."""
    ago = re.fullmatch(_AGO, text.strip())
    if ago:
        return _ago(int(ago[1]), ago[2].lower(), now)
    day = re.fullmatch(_DAY, text.strip())
    if day:
        return datetime(int(day[1]), int(day[2] or 1), int(day[3] or 1), tzinfo=UTC)
    spelled = re.fullmatch(_DAY_FIRST, text.strip())
    if not spelled:
        raise ValueError(f"{text} is not a date")
    first, second, year = int(spelled[1] or 1), int(spelled[3]), int(spelled[4])
    if spelled[2] == "/" and first != second and max(first, second) <= 12:
        raise ValueError(f"{text} may be two dates")
    is_month_first = spelled[2] == "/" and second > 12
    return datetime(
        year, first if is_month_first else second, second if is_month_first else first, tzinfo=UTC
    )


def _ago(count: int, unit: str, now: datetime) -> datetime:
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # whole seconds, like the page's clock
    if unit in "dw":
        return now - timedelta(days=count * (7 if unit == "w" else 1))
    import calendar  # few queries need it

    months = now.year * 12 + now.month - 1 - count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    if year < 1:
        raise ValueError("before the calendar begins")
    return now.replace(year=year, month=month + 1, day=min(now.day, calendar.monthrange(year, month + 1)[1]))


# --- pieces: what is between blanks, quotes and parentheses ---------------------------------------------


class _Piece(NamedTuple):
    kind: str
    """word, phrase, open, close or minus."""
    text: str = ""
    field: str = ""


def _split(text: str, remarks: dict[Remark, None]) -> list[_Piece]:
    """Cut a query into pieces. `(`, `-` and `field:` are signs only where a chunk begins, `)` only if a group is open."""
    pieces: list[_Piece] = []
    at, depth, size = 0, 0, len(text)
    while at < size:
        c = text[at]
        if _is_blank(c):
            at += 1
        elif c == "(":
            pieces.append(_Piece("open"))
            depth, at = depth + 1, at + 1
        elif c == ")" and depth:
            pieces.append(_Piece("close"))
            depth, at = depth - 1, at + 1
        elif c in _MINUS and at + 1 < size and not _is_blank(text[at + 1]):
            pieces.append(_Piece("minus"))
            at += 1
        elif c == '"':
            if text.find('"', at + 1) < 0:
                _note(remarks, "quote", text[at:].strip())
            at = _take_phrase(text, at, "", pieces)
        else:
            at = _take_chunk(text, at, depth, pieces)
    return pieces


def _grouped(pieces: list[_Piece]) -> list[_Piece]:
    """Return pieces with those of one number or code joined by blanks: `0800 555 1234`, `M8 x 20`."""
    made: list[_Piece] = []
    at = 0
    while at < len(pieces):
        end = at
        while end < len(pieces) and end - at < _MOST_GROUPS and _may_be_grouped(pieces[end]):
            end += 1
        count = tokenizer.grouped(" ".join(piece.text for piece in pieces[at:end])) if end > at + 1 else 1
        text = " ".join(piece.text for piece in pieces[at : at + count])
        made.append(_Piece("word", text) if count > 1 else pieces[at])
        at += count
    return made


def _may_be_grouped(piece: _Piece) -> bool:
    if piece.kind != "word" or piece.field or len(piece.text) > _MOST_OF_A_GROUP:
        return False
    return re.match(_OF_A_GROUP, piece.text) is not None


def _is_blank(c: str) -> bool:
    """Tell whether a character separates words; a pasted byte order mark does."""
    return c.isspace() or c == "\ufeff"


def _take_phrase(text: str, at: int, field: str, pieces: list[_Piece]) -> int:
    """Take a quoted phrase, or skip a quote that is never closed; return where to go on."""
    end = text.find('"', at + 1)
    if end < 0:
        return at + 1
    pieces.append(_Piece("phrase", text[at + 1 : end], field))
    return end + 1


def _take_chunk(text: str, at: int, depth: int, pieces: list[_Piece]) -> int:
    end = at
    while (
        end < len(text) and not _is_blank(text[end]) and text[end] != '"' and not (text[end] == ")" and depth)
    ):
        end += 1
    chunk = text[at:end]
    field, colon, value = chunk.partition(":")
    if colon and field.lower() in _FIELDS:
        if not value and text[end : end + 1] == '"' and text.find('"', end + 1) > 0:
            return _take_phrase(text, end, field.lower(), pieces)
        if value:
            pieces.append(_Piece("word", value, field.lower()))
            return end
    pieces.append(_Piece("word", chunk))
    return end


# --- the tree ----------------------------------------------------------------------------------------------


class _Parser:
    """Recursive descent over the pieces; what doesn't fit the syntax is words."""

    def __init__(self, pieces: list[_Piece], now: datetime, remarks: dict[Remark, None]) -> None:
        self._pieces = pieces
        self._remarks = remarks
        self._at = 0
        self._now = now

    def whole(self) -> Query:
        parts = []
        while self._at < len(self._pieces):
            parts.append(self._either(0))
            self._skip("close")
        return _and(parts)

    def _either(self, depth: int) -> Query:
        alternatives = [self._all(depth)]
        while self._is_operator("OR") and alternatives[-1] != EVERYTHING:
            here = self._at
            self._at += 1
            following = self._all(depth)
            if following == EVERYTHING:  # only one side: "OR" was a word
                self._at = here
                alternatives[-1] = _and([alternatives[-1], Word("or")])
                self._at += 1
                break
            alternatives.append(following)
        if len(alternatives) == 1:
            return alternatives[0]
        each = dict.fromkeys(p for a in alternatives for p in (a.parts if isinstance(a, Or) else (a,)))
        return Or(tuple(each)) if len(each) > 1 else next(iter(each))

    def _all(self, depth: int) -> Query:
        parts: list[Query] = []
        while (piece := self._peek()) and piece.kind != "close":
            if self._is_operator("OR"):
                if parts and _and(parts) != EVERYTHING:
                    break
                self._at += 1
                parts.append(Word("or"))
            elif self._is_operator("AND") and parts and self._goes_on():
                self._at += 1  # neighbours are required anyway
            else:
                parts.append(self._one(depth))
        return _and(parts)

    def _one(self, depth: int) -> Query:
        piece = self._pieces[self._at]
        self._at += 1
        match piece.kind:
            case "minus":
                return self._negated(depth, EVERYTHING)
            case "open":
                inner = self._either(depth + 1) if depth < _MAX_DEPTH else EVERYTHING
                self._skip("close")
                return inner
            case "phrase":
                return self._phrase(piece)
        if piece.text == "NOT" and not piece.field:
            return self._negated(depth, Word("not"))
        if piece.field:
            return self._filter(piece)
        if _is_like_a_filter(piece.text):
            _note(self._remarks, "filter", piece.text)
        return _plain(piece.text)

    def _negated(self, depth: int, otherwise: Query) -> Query:
        piece = self._peek()
        if piece is None or piece.kind == "close" or self._is_operator("OR"):
            return otherwise
        inner = self._one(depth + 1) if depth < _MAX_DEPTH else EVERYTHING
        if inner == EVERYTHING:
            return otherwise
        return inner.part if isinstance(inner, Not) else Not(inner)

    def _phrase(self, piece: _Piece) -> Query:
        if piece.field:
            return self._filter(piece)
        forms = tuple(words.forms(piece.text))
        return Phrase(forms) if forms else EVERYTHING

    def _filter(self, piece: _Piece) -> Query:
        value = _filter_value(piece.field, piece.text, self._now)
        if value is None:  # not understood: plain words
            code = {"type": "kind", "is": "is", "after": "date", "before": "date"}.get(piece.field, "value")
            _note(self._remarks, code, f"{piece.field}:{piece.text}")
            return _plain(f"{piece.field} {piece.text}")
        return Filter(_FOUND_AS.get(piece.field, piece.field), value) if value else EVERYTHING

    def _peek(self) -> _Piece | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def _is_operator(self, name: str) -> bool:
        piece = self._peek()
        return piece is not None and piece.kind == "word" and piece.text == name and not piece.field

    def _goes_on(self) -> bool:
        """Tell whether something to search for follows the current piece."""
        following = self._pieces[self._at + 1 : self._at + 2]
        return bool(following) and following[0].kind != "close" and following[0].text not in ("OR", "AND")

    def _skip(self, kind: str) -> None:
        piece = self._peek()
        if piece and piece.kind == kind:
            self._at += 1


def _is_like_a_filter(text: str) -> bool:
    """Tell whether a word looks like a filter that there is none of: another name, or a letter mistyped."""
    match = re.fullmatch(_FILTER_LIKE, text) if ":" in text else None
    if not match or not tokenizer.has_words(match[2]):
        return False
    name = match[1].lower()
    return name in MISTAKEN_FILTERS or any(len(field) > 3 and is_one_edit(name, field) for field in _FIELDS)


def _filter_value(field: str, text: str, now: datetime) -> str | None:
    """Return the value of a filter; empty if it has none, None if it is not understood."""
    if field == "type":
        return text.lower() if text.lower() in KINDS else None
    if field == "is":
        return text.lower() if text.lower() in IS_VALUES else None
    if field == "level":
        return f"level:{text.lower()}" if text.lower() in LEVELS else None
    if field == "on":
        return f"on:{fold_folder(text)}" if fold_folder(text) else ""
    if field == "site":
        from indexer.model.site import wanted_site  # few queries ask for it

        return wanted_site(text) or None
    if field in ("after", "before"):
        try:
            return parse_when(text, now).isoformat()
        except (ValueError, OverflowError):
            return None
    if field == "in":
        return fold_folder(text)
    if field == "tag":
        return " ".join(words.forms(text))
    return " ".join(words.forms(text)) or None


def _plain(chunk: str) -> Query:
    """Return the words of a chunk: codes and the like in one piece, the last word with its `*` or `~`."""
    found = list(tokenizer.chunks(chunk))
    parts = [part for piece in found[:-1] for part in _pieces_of(piece)]
    last = found[-1].forms[-1] if found else ""
    if chunk.endswith("*") and len(last) >= MIN_PREFIX:
        parts += [*map(Word, found[-1].forms[:-1]), Prefix(last)]
    elif chunk.endswith("~") and len(last) >= MIN_FUZZY:
        parts += [*map(Word, found[-1].forms[:-1]), Fuzzy(last)]
    elif found:
        parts += _pieces_of(found[-1])
    return _and(parts)


def _pieces_of(chunk: tokenizer.Chunk) -> list[Query]:
    if chunk.is_one:
        return [Phrase(chunk.forms, chunk.joined)]
    also = (Word(chunk.joined),) if chunk.joined else ()
    return [Word(form, also) for form in chunk.forms]


def _and(parts: Iterable[Query]) -> Query:
    """Return `parts` joined: nested ones flattened, each once; a single part stays itself."""
    flat = dict.fromkeys(
        inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))
    )
    return next(iter(flat)) if len(flat) == 1 else And(tuple(flat))

"""What did reading a file give? Packed in the same way on the pipe out of the cage and in the catalogue."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate, pairwise
from typing import NamedTuple

from indexer.errors import Reason
from indexer.model.items import Extract, Kind, Link, NoteHead, Passage
from indexer.model.notes import LEVELS

_SOME = "not all of its text can be searched"
"""Used if a reader gives no reason."""
_MOST_NESTED = 20
_MOST_HEAD, _MOST_TEXT = 64 << 20, 512 << 20
"""Bytes of an inflated text."""
_FOLLOWED = ("http://", "https://", "mailto:")
PLAIN, PARTIAL, OPENED = ":plain", ":partial", ":opened"
"""How a text's key ends: the whole content was read, a part, or content opened by a password of the settings."""


def end_of_key(about: Extract) -> str:
    """Return the end of a text's key."""
    return OPENED if about.opened else PARTIAL if about.unread else PLAIN


class Reading(NamedTuple):
    """The digest of a file's bytes, and a text or a reason why there is none."""

    digest: str = ""
    text_key: str = ""
    """The key of the text: content, reader, version of the words, settings that matter, and an `end_of_key`."""
    about: Extract | None = None
    """The extract without its passages; None if the text was known before."""
    passages: bytes = b""
    """Packed by `pack_passages`."""
    terms: bytes = b""
    """Packed by `postings.pack`."""
    failure: tuple[Reason, str] | None = None
    """Why there is no text, or only part of it."""
    kind: Kind | None = None
    """The kind by name and content; None if it was not opened."""
    messages: tuple[Reading, ...] = ()
    """The mails of a mailbox; the text key of each is this one with `#` and its number."""

    @property
    def size(self) -> int:
        """The number of bytes its texts take."""
        own = len(self.passages) + len(self.terms)
        return own + sum(message.size for message in self.messages)

    def pack(self) -> bytes:
        """Return bytes that hold only data: no code comes out of the cage."""
        messages = [message.pack() for message in self.messages]
        about = about_to_json(self.about) if self.about else None
        facts = [self.digest, self.text_key, about, self.failure, self.kind, list(map(len, messages))]
        head = json.dumps(facts).encode()
        lengths = struct.pack("<III", len(head), len(self.passages), len(self.terms))
        return b"".join((lengths, head, self.passages, self.terms, *messages))

    @staticmethod
    def unpack(packed: bytes) -> Reading:
        """Return what `pack` packed; raise ValueError for any other bytes, even forged ones."""
        try:
            return _unpack(memoryview(packed), _MOST_NESTED)
        except (struct.error, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError("not a reading") from error


def _unpack(packed: memoryview, levels: int) -> Reading:
    n_head, n_passages, n_terms = struct.unpack_from("<III", packed)
    if not levels or n_head > _MOST_HEAD:
        raise ValueError("more than a reading has")
    at = 12 + n_head
    digest, text_key, about, failure, kind, lengths = json.loads(bytes(packed[12:at]))
    ends = list(accumulate(lengths, initial=at + n_passages + n_terms))
    if ends[-1] != len(packed) or min(lengths, default=0) < 0 or not _are_texts(digest, text_key):
        raise ValueError("not a whole reading")
    passages = bytes(packed[at : at + n_passages])
    unpack_passages(passages)
    return Reading(
        digest,
        text_key,
        _checked(about_from_json(about)) if about else None,
        passages,
        bytes(packed[at + n_passages : at + n_passages + n_terms]),
        (Reason(failure[0]), clean(str(failure[1]))) if failure else None,
        Kind(kind) if kind else None,
        tuple(_unpack(packed[begin:end], levels - 1) for begin, end in pairwise(ends)),
    )


def _checked(about: Extract) -> Extract:
    """Return the reply of a reading process if it has the right form; raise ValueError otherwise."""
    texts = [about.title, about.author, about.truncated, *about.tags]
    moments = [about.created]
    for link in about.links:
        texts += [link.title, link.note, link.refused, *link.tags, *link.folders, *filter(None, [link.url])]
        moments.append(link.added)
    if not _are_texts(*texts) or not all(moment.tzinfo for moment in moments if moment):
        raise ValueError("not what a file says")
    head = about.note
    if head and not (_are_texts(*head._replace(also=""), *head.also) and head.level in ("", *LEVELS)):  # type: ignore[arg-type]
        raise ValueError("not what a note says")
    if not all(type(page) is int and page > 0 for page in about.pictures):
        raise ValueError("not pages")
    if not all(link.url.startswith(_FOLLOWED) for link in about.links if link.url):
        raise ValueError("an address that may not be followed")
    return about


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def pack_passages(passages: Iterable[Passage]) -> bytes:
    """Return passages as deflated JSON: [[text, page number or null], …]."""
    rows = [[passage.text, passage.page_number] for passage in passages]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)


def passages_of(packed: bytes) -> Iterator[Passage]:
    """Yield what `pack_passages` packed, one by one: a caller that needs the beginning unpacks little more."""
    unpacker, decoder = zlib.decompressobj(), json.JSONDecoder()
    text, at, step = "", 1, 1 << 16
    while True:
        try:
            (passage, page), at = decoder.raw_decode(text, at)
        except ValueError:
            more = unpacker.decompress(packed, step)
            if not more:
                return
            packed, step = unpacker.unconsumed_tail, 2 * step
            text, at = text[at - 1 :] + more.decode("ascii"), 1
        else:
            at += 1
            yield Passage(passage, page)


def unpack_passages(packed: bytes) -> tuple[Passage, ...]:
    """Return what `pack_passages` packed; empty bytes give no passages. Raise ValueError for other bytes."""
    if not packed:
        return ()
    inflating = zlib.decompressobj()
    try:
        rows = json.loads(inflating.decompress(packed, _MOST_TEXT))
        passages = tuple(Passage(text, page) for text, page in rows)
    except (zlib.error, TypeError, RecursionError) as error:
        raise ValueError("damaged passages") from error
    if not inflating.eof or not all(
        isinstance(passage.text, str) and isinstance(passage.page_number, int | None) for passage in passages
    ):
        raise ValueError("damaged passages")
    return passages


def clean(text: str) -> str:
    """Return `text` without lone surrogates, which neither SQLite nor UTF-8 take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def about_to_json(about: Extract) -> str:
    """Return an extract without its passages as JSON."""
    links = [
        [
            link.url,
            clean(link.title),
            clean(link.note),
            list(map(clean, link.tags)),
            _iso(link.added),
            link.refused,
            *([list(map(clean, link.folders))] if link.folders else ()),
        ]
        for link in about.links
    ]
    return json.dumps(
        {
            "title": clean(about.title),
            "author": clean(about.author),
            "created": _iso(about.created),
            "tags": list(map(clean, about.tags)),
            "links": links,
            "is_link": about.is_link,
            "is_link_list": about.is_link_list,
            "scans": about.pictures,
            "truncated": about.truncated,
            **({"note": _head_to_json(about.note)} if about.note is not None else {}),
        }
    )


def about_from_json(text: str) -> Extract:
    """Return what `about_to_json` wrote."""
    raw = json.loads(text)
    links = tuple(
        Link(url, title, note, tuple(tags), _moment(added), refused, *map(tuple, folders))
        for url, title, note, tags, added, refused, *folders in raw["links"]
    )
    return Extract(
        title=raw["title"],
        author=raw["author"],
        created=_moment(raw["created"]),
        tags=tuple(raw["tags"]),
        links=links,
        is_link=raw["is_link"],
        is_link_list=raw["is_link_list"],
        pictures=tuple(raw.get("scans", ())),
        truncated=_SOME if raw["truncated"] is True else clean(raw["truncated"] or ""),
        note=_head_from_json(raw["note"]) if "note" in raw else None,
    )


def _head_to_json(head: NoteHead) -> list[str | list[str]]:
    return [clean(value) if isinstance(value, str) else list(map(clean, value)) for value in head]


def _head_from_json(values: list[str | list[str]]) -> NoteHead:
    return NoteHead(*(value if isinstance(value, str) else tuple(value) for value in values))  # type: ignore[arg-type]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

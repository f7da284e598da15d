"""Plain text in any encoding: notes, Markdown, tables, logs, source code, and lists of links."""

from __future__ import annotations

import codecs
import csv
import re
from datetime import UTC, datetime

from charset_normalizer import from_bytes

from indexer.errors import FileProblem, Reason
from indexer.extract.charsets import guess, judge
from indexer.extract.kinds import suffix_of
from indexer.extract.link_list import MAX_CELLS, distinct, find_links, links_within
from indexer.extract.passages import clean_text, into_passages, limit, some_headings
from indexer.extract.source import Source
from indexer.model.items import Extract

_SAMPLE = 64 << 10
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REALLY = {
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "ansi", "windows-1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "iso-8859-8", "visual", "logical"), "cp1255"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80", "chinese", "csgb2312"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji"), "cp932"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601", "euc-kr", "korean", "x-windows-949"), "cp949"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "windows-874"), "cp874"),
    "iso-8859-9": "cp1254", "iso-8859-9-i": "cp1254", "iso-8859-6-i": "iso-8859-6", "big5": "cp950",
    "unicode-1-1-utf-7": "utf-7", "iso-2022-jp": "iso2022_jp_ext", "macintosh": "mac_roman", "x-mac-roman": "mac_roman",
}  # fmt: skip
"""Names of encodings that Python lacks, or that writers confuse with a larger variant."""
_WIDE = frozenset({"gb18030", "cp932", "cp949", "cp950", "big5hkscs", "euc_jp", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2",
                   "iso2022_jp_3", "iso2022_jp_ext", "iso2022_kr", "hz", "utf-7", "utf-16", "utf-16-le", "utf-16-be"})  # fmt: skip
"""Encodings in which other texts are hardly ever valid by chance."""
_C1 = re.compile(r"[\x80-\x9f]")
"""Control characters that nobody writes: the encoding is that of Windows, which has letters and signs there."""
_SURE = 8.0
_UNWRITTEN = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
"""Bytes that no text has: a few may come from damage, many mean that it is not a text."""
_ROWS = 1_000
_LISTS = frozenset({"txt", "md", "markdown", "text", "csv", "tsv", ""})
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(title|author|date|tags|keywords)[ \t]*:[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
_MARKS = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_ANY_HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(.+)$", re.MULTILINE)
_CLOSING = " \t#"
"""May follow a heading."""


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem if the bytes are not a text."""
    text = clean_text(decode(source.data))
    suffix = suffix_of(source.name)
    title, author, created = "", "", None
    tags: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    if suffix in ("md", "markdown"):
        text, title, author, tags, created = _front_matter(text)
        headings = some_headings(line.rstrip(_CLOSING) for line in _ANY_HEADING.findall(text))
        heading = _HEADING.search(text)
        title = title or (heading[1].rstrip(_CLOSING).strip() if heading else "")
        text = _MARKS.sub("", text)
    may_be_list = suffix in _LISTS and not (suffix in ("csv", "tsv") and _is_wide(text))
    found = find_links(text.split("\n")) if may_be_list else None
    passages, truncated = limit(into_passages(found.rest if found else text), source.text_limit)
    return Extract(
        passages=passages,
        title=title,
        author=author,
        created=created,
        tags=tags,
        links=found.links if found else tuple(distinct(links_within(text))) if suffix in _LISTS else (),
        is_link_list=bool(found),
        truncated=truncated,
        headings=headings,
    )


def _is_wide(text: str) -> bool:
    """Tell whether a table has many filled cells in one of its first rows."""
    lines = text.split("\n", _ROWS)[:_ROWS]
    comma = max("\t;,", key="".join(lines[:10]).count)
    try:
        return any(sum(map(bool, row)) > MAX_CELLS for row in csv.reader(lines, delimiter=comma))
    except csv.Error:
        return False


def decode(data: bytes) -> str:
    """Return the characters of `data`: by its byte order mark, as UTF-8, or in the encoding in which it makes words.

    Raise FileProblem if it is not a text in any encoding.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace")
    if b"\0" in data[:_SAMPLE]:
        return _decode_wide(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = error.start > len(data) - 4 and not data[: error.start].isascii()
        if is_cut or _is_mostly_utf8(data):
            return data.decode("utf-8", "replace")  # cut or damaged, but UTF-8
    likely = guess(data)
    if likely is None:
        telling = b"\n".join(line for line in data.split(b"\n") if not line.isascii())
        best = from_bytes(telling[:_SAMPLE]).best()
        return data.decode(best.encoding if best else "cp1252", "replace")
    return data.decode(likely.encoding, "replace")


def decode_as(data: bytes, charset: str | None) -> str:
    """Return the characters of `data`, declared to be in `charset`; if that is wrong, in its real encoding.

    Mails and pages often declare ASCII or Latin-1 whatever they hold, or declare nothing.
    """
    said = (charset or "").strip(" \t\"'").lower()
    codec = _codec(_REALLY.get(said, said) or ("iso2022_jp_ext" if b"\x1b$" in data else ""))
    if codec in _WIDE and not data.startswith(tuple(bom for bom, _ in _BOMS)):
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 20 <= len(text):
            return text
    try:
        return _as_said(data, codec) or decode(data)
    except FileProblem:
        return data.replace(b"\0", b"").decode("cp1252", "replace")


def _codec(name: str) -> str:
    """Return Python's name of an encoding; empty if it is unknown."""
    try:
        return codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""


def _as_said(data: bytes, codec: str) -> str:
    """Return the text in a single-byte encoding; empty if it is most likely not in that one."""
    if codec in ("", "ascii", "utf-8") or codec in _WIDE or _is_utf8(data):
        return ""
    if codec == "cp1252":
        western, likely = judge(data, codec), guess(data)
        is_other = likely is not None and (western is None or likely.worth - western > _SURE)
        return "" if is_other else data.decode(codec, "replace")
    try:
        text = data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return ""
    return "" if _C1.search(text) else text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(data: bytes) -> bool:
    """Tell whether only a few of many multi-byte characters are broken."""
    text = data[:_SAMPLE].decode("utf-8", "replace")
    wide = sum(1 for c in text if c > "\x7f")
    return wide > 20 and text.count("\ufffd") * 20 < wide


def _decode_wide(data: bytes) -> str:
    """Decode UTF-16 without its mark, recognised by zeros in every other byte."""
    head = data[:_SAMPLE]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.7 * half and even < 0.1 * half:
        return data.decode("utf-16-le", "replace")
    if even > 0.7 * half and odd < 0.1 * half:
        return data.decode("utf-16-be", "replace")
    if sum(map(head.count, _UNWRITTEN)) > 0.02 * len(head):
        raise FileProblem(Reason.UNSUPPORTED, "not text, despite its name")
    return data.replace(b"\0", b"").decode("utf-8", "replace")


def _front_matter(text: str) -> tuple[str, str, str, tuple[str, ...], datetime | None]:
    """Return the text after a YAML head, with title, author, tags and date from the head, read simply."""
    match = _FRONT_MATTER.match(text)
    if not match:
        return text, "", "", (), None
    found = {name.lower(): value.strip().strip("\"'") for name, value in _FIELD.findall(match[1])}
    tags = found.get("tags") or found.get("keywords") or ""
    listed = [tag.strip(" \t\"'-") for tag in tags.strip("[]").split(",")]
    if not tags:
        block = re.search(r"^tags[ \t]*:[ \t]*\n((?:[ \t]*-[ \t].*\n?)+)", match[1], re.MULTILINE)
        listed = [line.strip(" \t\"'-") for line in block[1].splitlines()] if block else []
    try:
        created = datetime.fromisoformat(found.get("date", ""))
        created = created if created.tzinfo else created.replace(tzinfo=UTC)
    except ValueError:
        created = None
    return (
        text[match.end() :],
        found.get("title", ""),
        found.get("author", ""),
        tuple(filter(None, listed)),
        created,
    )

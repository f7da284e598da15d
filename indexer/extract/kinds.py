"""Of which kind is a file, and which reader reads it? Two tables; readers are imported on first use."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache

from indexer.model.items import Kind
from indexer.model.notes import is_about_people, is_question, mark_of, note_of

KINDS: dict[Kind, str] = {
    Kind.PDF: "pdf",
    Kind.WORD: "doc docx docm dot dotx dotm odt ott fodt rtf pages wpd wps",
    Kind.SLIDES: "ppt pptx pptm pps ppsx ppsm pot potx potm odp otp fodp key",
    Kind.SHEET: "xls xlsx xlsm xlsb xlt xltx xltm ods ots fods csv tsv numbers",
    Kind.TEXT: (
        "txt text md markdown rst adoc asc log json jsonl ndjson xml yaml yml toml ini cfg conf properties env tex bib"
        " srt vtt sub ics vcf sql py js mjs ts tsx jsx java kt c h cc cpp cxx hpp cs go rs rb php pl pm lua r m swift"
        " scala sh bash zsh fish ps1 psm1 bat cmd vbs vb bas pas css scss less dtd xsd xsl xslt gradle cmake mk diff"
        " patch po strings plist nfo"
    ),
    Kind.WEB: "html htm xhtml shtml mht mhtml webarchive bookmarks",
    Kind.MAIL: "eml msg mbox emlx p7m tnef",
    Kind.BOOK: "epub mobi azw azw3 fb2 djvu",
    Kind.IMAGE: "png jpg jpeg jpe jfif gif tif tiff webp bmp heic heif avif svg odg ico psd raw cr2 nef dng",
    Kind.LINK: "url website webloc inetloc fileloc desktop gdoc gsheet gslides gform gdraw lnk",
    Kind.ARCHIVE: "zip tar gz tgz bz2 tbz2 xz txz 7z rar zst cab iso",
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in KINDS.items() for suffix in suffixes.split()}

_ROOM = "indexer.extract."
VERSIONS: dict[str, int] = {
    "pdf": 3, "docx": 3, "pptx": 2, "sheets": 2, "odf": 2, "rtf": 1, "legacy": 1, "ppt": 1, "epub": 1, "text": 3,
    "xml": 1, "html": 4, "web_archive": 2, "bookmarks": 2, "links": 3, "mail": 2, "msg": 2, "mbox": 2, "calendar": 1,
    "archive": 2, "image": 1, "signed": 1, "tnef": 1, "article": 1, "note": 1,
}  # fmt: skip
"""Reader module to its version; after a change its files are read again."""

_READ_BY = {
    "pdf": "pdf",
    "docx": "docx docm dotx dotm",
    "pptx": "pptx pptm ppsx ppsm potx potm",
    "sheets": "xlsx xlsm xlsb xltx xltm xls xlt",
    "odf": "odt ott odp otp ods ots odg fodt fods fodp",
    "rtf": "rtf",
    "legacy": "doc dot",
    "ppt": "ppt pps pot",
    "epub": "epub",
    "xml": "xml svg fb2 xsd xsl xslt plist",
    "html": "html htm xhtml shtml",
    "web_archive": "mht mhtml webarchive",
    "links": KINDS[Kind.LINK],
    "mail": "eml emlx",
    "msg": "msg",
    "signed": "p7m",
    "tnef": "tnef",
    "mbox": "mbox",
    "calendar": "ics vcf",
    "archive": "zip tar gz tgz bz2 tbz2 xz txz 7z",
    "image": "png jpg jpeg jpe jfif gif tif tiff webp bmp",
}
NOTE, QUESTION, PERSON, MARK = "note.md", "question.md", "person.md", "mark"
"""What stands for the extension of a file that its whole name or its place tells."""
READERS: dict[str, str] = {
    **dict.fromkeys(KINDS[Kind.TEXT].split(), "text"),
    **dict.fromkeys(("csv", "tsv"), "text"),
    "bookmarks": "bookmarks",
    **dict.fromkeys((NOTE, QUESTION, PERSON), "note"),
    **{suffix: reader for reader, suffixes in _READ_BY.items() for suffix in suffixes.split()},
}
"""Extension to reader module in this room. Other kinds are found by name, kind, date and folder."""

ENTRY_POINTS = "indexer.readers"
"""The entry-point group of readers from outside; the name of each is the extension that it reads."""

_NAMES_OF_TEXT = ("readme", "license", "changelog", "makefile", "notice")
_BOOKMARKS = b"netscape-bookmark-file-1"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIPPED = frozenset(
    "docx docm dotx dotm pptx pptm ppsx ppsm potx potm xlsx xlsm xlsb xltx xltm odt ott odp otp ods ots odg epub"
    " pages key numbers zip".split()
)
_OFFICE_PARTS = ((b"word/", "docx"), (b"ppt/", "pptx"), (b"xl/", "xlsx"))
_STREAMS = (
    ("__properties_version1.0", "msg"),
    ("PowerPoint Document", "ppt"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
)
_OFTEN_TEXT = frozenset("doc dot xls xlt ppt rtf".split())
"""Extensions that programs give to exported text: tables with tabs or semicolons, pages, letters."""
_LONGEST = 10
_PAGES = ("<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<style")
_MAILS = ("return-path:", "received:", "delivered-to:", "x-mozilla-status:")
_MAILBOX = re.compile(r"from \S{1,200} [^\n]{0,80}\d\d:\d\d")
_WRITTEN = bytes(sorted({*range(32, 256), *b"\t\n\v\f\r\x1b"} - {127}))
_BEGINNINGS = (
    (b"%PDF-", ("pdf",)),
    (b"{\\rtf", ("rtf",)),
    (b"\x89PNG\r\n", ("png",)),
    (b"\xff\xd8\xff", ("jpg", "jpeg", "jpe", "jfif")),
    (b"GIF8", ("gif",)),
    (b"II*\0", ("tiff", "tif", "dng", "nef", "cr2", "raw")),
    (b"MM\0*", ("tiff", "tif", "dng", "nef", "raw")),
    (b"7z\xbc\xaf\x27\x1c", ("7z",)),
    (b"\x78\x9f\x3e\x22", ("tnef",)),
)
"""How a file begins, and the extensions that fit; if the name has none of them, the first is used."""


def suffix_of(name: str) -> str:
    """Return a file's extension in lower case, without the dot; empty if there is none.

    Trailing dots and blanks, which Windows drops, are not part of it.
    """
    stem, dot, suffix = name.rpartition("/")[2].rstrip(". ").rpartition(".")
    return suffix.lower() if dot and stem else ""


def kind_of(name: str) -> Kind:
    """Return the kind of a file by its name; what is told by its place, too, if that is the path in the folder."""
    suffix = suffix_of(name)
    if (of_team := _of_team(name)) is not None:
        return of_team[0]
    if not suffix and name.rpartition("/")[2].lower() in _NAMES_OF_TEXT:
        return Kind.TEXT
    return kind_of_suffix(suffix)


def _of_team(path: str) -> tuple[Kind, str] | None:
    """Return kind and extension of what people wrote for the team, by its path; None for any other file."""
    if mark_of(path) is not None:
        return Kind.MARK, MARK
    if note_of(path) is not None:
        return Kind.NOTE, NOTE
    if is_about_people(path):
        return Kind.PERSON, PERSON
    return (Kind.QUESTION, QUESTION) if is_question(path) else None


def kind_of_suffix(suffix: str) -> Kind:
    """Return the kind of an extension."""
    return _BY_SUFFIX.get(suffix, Kind.OTHER)


def kind_by_content(name: str, suffix: str) -> Kind:
    """Return the kind of a file that is read as `suffix`; an Office file saved as text keeps the kind of its name."""
    by_name = kind_of(name)
    is_export = suffix in ("html", "xml", "mht", "csv", "txt") and by_name is not Kind.OTHER
    if is_export or suffix in (NOTE, QUESTION, PERSON, MARK, suffix_of(name)):
        return by_name
    return kind_of_suffix(suffix)


def reader_of(suffix: str, *, is_fetched: bool = False) -> str | None:
    """Return the name of the reader for an extension: a module, or `module:attribute`.

    A page fetched from the web is read as an article, one in the folder as a whole.
    """
    if suffix in outside():
        return outside()[suffix][0]
    reader = READERS.get(suffix)
    if is_fetched and reader in ("html", "bookmarks"):
        reader = "article"
    return _ROOM + reader if reader else None


@cache
def outside() -> dict[str, tuple[str, str]]:
    """Return the readers of other packages: extension to reader and version of the package."""
    if _told is not None:
        return _told
    from importlib import metadata  # a search never asks

    found = {}
    for point in metadata.entry_points(group=ENTRY_POINTS):
        found[point.name.lower().lstrip(".")] = (point.value, point.dist.version if point.dist else "0")
    return found


_told: dict[str, tuple[str, str]] | None = None


def tell_outside(readers: Mapping[str, Sequence[str]]) -> None:
    """Have `outside` return these readers: a reading process is told them, as looking would double its start."""
    global _told  # once, when the process begins
    _told = {suffix: (name, version) for suffix, (name, version) in readers.items()}
    outside.cache_clear()


def sniff(name: str, data: bytes) -> str:
    """Return the extension to read a file as: that of its name, unless the content contradicts it."""
    said = suffix_of(name)
    if said in outside():
        return said
    if not said and kind_of(name) is Kind.TEXT:
        said = "txt"
    if data.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if said in ("html", "htm") and _BOOKMARKS in data[:1024].lower():
        return "bookmarks"
    for beginning, suffixes in _BEGINNINGS:
        if data.startswith(beginning):
            return said if said in suffixes else suffixes[0]
    if data.startswith(b"PK\x03\x04"):
        return _sniff_zip(said, data)
    if data.startswith(_OLE):
        return _sniff_compound(said, data)
    if said in _OFTEN_TEXT or _is_no_suffix(said):
        return _sniff_text(said, data)
    of_team = _of_team(name)
    return of_team[1] if of_team else said


def _is_no_suffix(said: str) -> bool:
    """Tell whether the part after the last dot of a name is not an extension: "Minutes of 3.5", "To Dr. May"."""
    return not said or (
        said not in _BY_SUFFIX and (said.isdigit() or not said.isalnum() or len(said) > _LONGEST)
    )


def _sniff_text(said: str, data: bytes) -> str:
    """Return the format of a text with the name of an Office file (programs export such), or without an extension."""
    if not _is_text(data):
        return said
    sample = data[:1024]
    is_wide = sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    head = (
        sample.decode("utf-16" if is_wide else "latin-1", "ignore")
        .lstrip("\xef\xbb\xbf\ufeff \t\r\n")
        .lower()
    )
    if head.startswith(_PAGES):
        return "html"
    if head.startswith("<?xml"):
        return "xml"
    if said in _OFTEN_TEXT and head.startswith("mime-version:"):
        return "mht"
    if said in _OFTEN_TEXT:
        return said if said == "rtf" else "csv" if _BY_SUFFIX[said] is Kind.SHEET else "txt"
    if head.startswith(_MAILS):
        return "eml"
    return "mbox" if _MAILBOX.match(head) else "txt"


def _is_text(data: bytes) -> bool:
    """Tell whether the beginning is free of bytes that no text has; UTF-16 has its mark."""
    sample = data[:4096]
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return bool(sample.strip()) and not sample.translate(None, _WRITTEN)


def _sniff_zip(said: str, data: bytes) -> str:
    stored = data[30:120]
    if stored.startswith(b"mimetypeapplication/epub+zip"):
        return "epub"
    if stored.startswith(b"mimetypeapplication/vnd.oasis.opendocument."):
        form = stored.partition(b"opendocument.")[2]
        found = {b"text": "odt", b"spre": "ods", b"pres": "odp", b"grap": "odg"}.get(form[:4], "odt")
        return said if kind_of_suffix(said) is kind_of_suffix(found) and said in _ZIPPED else found
    if b"[Content_Types].xml" in data:
        directory = data[-(1 << 20) :]
        for part, suffix in _OFFICE_PARTS:
            if b"PK\x01\x02" in directory and part in directory:
                family = READERS[suffix]
                return said if READERS.get(said) == family else suffix
    return said if said in _ZIPPED else "zip"


def _sniff_compound(said: str, data: bytes) -> str:
    """Distinguish compound files by the names of their streams (MS-CFB)."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return said if said in _ZIPPED else "docx"
    if said in ("doc", "dot", "xls", "xlt", "ppt", "pps", "pot", "msg"):
        own = {"msg": "msg", "p": "ppt", "x": "xls", "d": "doc"}[said if said == "msg" else said[0]]
        if any(name.encode("utf-16-le") in data for name, suffix in _STREAMS if suffix == own):
            return said
    return next((suffix for name, suffix in _STREAMS if name.encode("utf-16-le") in data), said)


def version_of(reader: str) -> str:
    """Return the name and version of a reader, as short text."""
    for found, version in outside().values():
        if found == reader:
            return f"{found}@{version}"
    module = reader.rpartition(".")[2]
    return f"{module}{VERSIONS[module]}"


def versions() -> str:
    """Return a short text that changes when any reader does."""
    present = repr((sorted(VERSIONS.items()), sorted(READERS), sorted(outside().items())))
    return hashlib.blake2b(present.encode(), digest_size=6).hexdigest()

"""What sort of thing is a file, and who reads it? Two tables; readers are imported on first use."""

from __future__ import annotations

import hashlib

from indexer.model import Kind

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
    Kind.WEB: "html htm xhtml shtml mht mhtml webarchive",
    Kind.MAIL: "eml msg mbox emlx",
    Kind.BOOK: "epub mobi azw azw3 fb2 djvu",
    Kind.IMAGE: "png jpg jpeg jpe jfif gif tif tiff webp bmp heic heif avif svg ico psd raw cr2 nef dng",
    Kind.LINK: "url website webloc inetloc fileloc desktop gdoc gsheet gslides gform gdraw lnk",
    Kind.ARCHIVE: "zip tar gz tgz bz2 tbz2 xz txz 7z rar zst cab iso",
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in KINDS.items() for suffix in suffixes.split()}

_ROOM = "indexer.extract."
VERSIONS: dict[str, int] = {"pdf": 1, "docx": 1, "text": 1, "html": 1, "bookmarks": 1, "links": 1}
"""Reader module to its version: a new one has its texts read again."""

READERS: dict[str, str] = {
    "pdf": "pdf",
    **dict.fromkeys(("docx", "docm", "dotx", "dotm"), "docx"),
    **dict.fromkeys(("html", "htm", "xhtml", "shtml"), "html"),
    **dict.fromkeys((s for s in KINDS[Kind.TEXT].split()), "text"),
    **dict.fromkeys(("csv", "tsv"), "text"),
    **dict.fromkeys(KINDS[Kind.LINK].split(), "links"),
}
"""Extension to reader module in this room. Other kinds are found by name, kind, date and folder."""

_BOOKMARKS = b"netscape-bookmark-file-1"


def suffix_of(name: str) -> str:
    """Return a file's extension in lower case, without the dot; empty where there is none."""
    stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return suffix.lower() if dot and stem else ""


def kind_of(name: str) -> Kind:
    """Return the kind of a file by its name."""
    suffix = suffix_of(name)
    if not suffix and name.rpartition("/")[2].lower() in (
        "readme",
        "license",
        "changelog",
        "makefile",
        "notice",
    ):
        return Kind.TEXT
    return _BY_SUFFIX.get(suffix, Kind.OTHER)


def reader_for(name: str) -> str | None:
    """Return the dotted name of the module that reads files of this name; None where there is none."""
    reader = READERS.get(suffix_of(name))
    if reader is None and kind_of(name) is Kind.TEXT:
        reader = "text"
    return _ROOM + reader if reader else None


def sniff(name: str, head: bytes) -> str | None:
    """Return the reader that the first bytes call for, where they say better than the name; else None."""
    if head.lstrip()[:5] == b"%PDF-":
        return _ROOM + "pdf"
    if suffix_of(name) in ("html", "htm") and _BOOKMARKS in head[:1024].lower():
        return _ROOM + "bookmarks"
    return None


def version_of(reader: str) -> int:
    """Return the version of a reader module given by its dotted name."""
    return VERSIONS[reader.rpartition(".")[2]]


def versions() -> str:
    """Return a short text that changes when any reader does."""
    return hashlib.blake2b(
        repr(sorted(VERSIONS.items())).encode() + repr(sorted(READERS)).encode(), digest_size=6
    ).hexdigest()

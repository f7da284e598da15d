"""Calendars and address cards: folded lines of `NAME;PARAMETER=…:value` (RFC 5545, RFC 6350)."""

from __future__ import annotations

import quopri
import re

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, hyperlink, make_extract
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model.items import Extract

_SHOWN = frozenset({"summary", "description", "location", "comment", "contact", "categories", "organizer", "attendee",
                    "dtstart", "dtend", "due", "url", "fn", "org", "title", "role", "tel", "email", "adr", "note",
                    "nickname", "bday", "x-wr-calname", "member", "related", "n"})  # fmt: skip
_LINE = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
_FOLD = re.compile(r"\r?\n[ \t]")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\dZ?)?")
_COMMON_NAME = re.compile(r"CN=\"?([^;:\"]+)", re.IGNORECASE)
_MAX_VALUE = 100_000


def read(source: Source) -> Extract:
    """Return the values meant for people, one entry a paragraph; raise FileProblem if it is neither format."""
    text = _FOLD.sub("", decode(source.data))
    if "BEGIN:" not in text[:1000].upper():
        raise FileProblem(Reason.DAMAGED, "neither a calendar nor an address card")
    lines: list[str] = []
    links = []
    title = ""
    for line in text.splitlines():
        match = _LINE.fullmatch(line[:_MAX_VALUE])
        if not match:
            continue
        name, parameters, value = match[1].lower(), match[2], _plain(match[3], match[2])
        if name == "begin" and lines:
            lines.append("")
        if name not in _SHOWN or not value.strip("; "):
            continue
        if name == "url":
            links.append(hyperlink(value, ""))
        if name in ("summary", "fn", "x-wr-calname") and not title:
            title = value
        person = _COMMON_NAME.search(parameters)
        lines.append(
            f"{person[1]} {value.removeprefix('mailto:')}" if person else value.removeprefix("mailto:")
        )
    if not lines:
        raise FileProblem(Reason.NO_TEXT, "no words in it")
    paragraphs = "\n".join(lines).split("\n\n")
    return make_extract(source, [(None, paragraphs)], links, Facts(title=title[:300]))


def _plain(value: str, parameters: str) -> str:
    if "QUOTED-PRINTABLE" in parameters.upper():
        value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
    value = re.sub(r"\\([nN,;\\])", lambda m: "\n" if m[1] in "nN" else m[1], value)
    time = _TIME.fullmatch(value)
    if time:
        return f"{time[1]}-{time[2]}-{time[3]}" + (f" {time[4]}:{time[5]}" if time[4] else "")
    return value.replace(";", " ") if ";" in value and "://" not in value else value

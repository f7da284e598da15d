"""Files that are one link, as browsers and systems make them of an address dropped into a folder.

Nothing in them is opened, resolved or looked up. Formats: Windows `.url` (INI), macOS `.webloc` (property list),
freedesktop `.desktop`, Google Drive shortcuts (JSON), and Windows `.lnk` (MS-SHLLINK) to a web address.
"""

from __future__ import annotations

import json
import plistlib
import re
import struct
from html import unescape
from xml.parsers.expat import ExpatError

from indexer.errors import FileProblem, Reason
from indexer.extract.addresses import find_addresses
from indexer.extract.kinds import suffix_of
from indexer.extract.link_list import make_link
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model.items import Extract

_MAX_SIZE = 64 << 10
_PLIST_ADDRESS = re.compile(r"<key>\s{0,9}URL\s{0,9}</key>\s{0,9}<string>([^<]{1,5000})</string>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>]{0,500}>")
_SECTION = re.compile(r"^\s*\[([^\]]*)\]\s*$")
_GOOGLE = {
    "gdoc": "document",
    "gsheet": "spreadsheets",
    "gslides": "presentation",
    "gform": "forms",
    "gdraw": "drawings",
}
_GOOGLE_ID = re.compile(r"[A-Za-z0-9_-]{5,}")
_LNK = bytes.fromhex("4c0000000114020000000000c000000000000046")
_LNK_ADDRESS = re.compile(r"https?://[\x21-\x7e\u00a0-\uffef]+", re.IGNORECASE)


def read(source: Source) -> Extract:
    """Return the link, without a title if only the file's name gives one; raise FileProblem if there is no link."""
    if len(source.data) > _MAX_SIZE:
        raise FileProblem(Reason.TOO_BIG, "too large for a link file")
    if not source.data.strip():
        raise FileProblem(Reason.NO_TEXT, "an empty link file")
    suffix = suffix_of(source.name)
    title = ""
    if suffix in ("url", "website"):
        raw = _internet_shortcut(source.data)
    elif suffix in ("webloc", "inetloc", "fileloc"):
        raw = _property_list(source.data)
    elif suffix == "desktop":
        raw, title = _desktop_entry(source.data)
    elif suffix in _GOOGLE:
        raw = _google(source.data, _GOOGLE[suffix])
    else:
        raw = _shell_link(source.data)
    if not raw:
        raise FileProblem(Reason.NO_TEXT, "no address in it")
    return Extract(links=(make_link(raw)._replace(title=title),), title=title, is_link=True)


def _text(data: bytes) -> str:
    try:
        return decode(data)
    except FileProblem:
        return data.decode("cp1252", "replace")


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Return sections and keys of an INI file in lower case; the first value of a key counts."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        if match := _SECTION.match(line):
            section = found.setdefault(match[1].strip().lower(), {})
        elif "=" in line:
            key, _, value = line.partition("=")
            section.setdefault(key.strip().lower(), value.strip())
    return found


def _internet_shortcut(data: bytes) -> str:
    """Return the address of a `.url` file: the wide form, if there is one, else the plain one."""
    sections = _sections(_text(data))
    wide = sections.get("internetshortcut.w", {}).get("url", "")
    if wide:
        try:
            wide = wide.encode("ascii").decode("utf-7")
        except (UnicodeError, ValueError):
            wide = ""
    return wide or sections.get("internetshortcut", {}).get("url", "")


def _property_list(data: bytes) -> str:
    """Return the address in a property list: binary, XML, XML that is not well formed, as scripts write it, or older."""
    try:
        value = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError, ValueError, KeyError, IndexError, TypeError, OverflowError, struct.error) as error:  # fmt: skip
        text = _DOCTYPE.sub("", _text(data))
        if match := _PLIST_ADDRESS.search(text):
            return unescape(match[1]).strip()
        if place := next(find_addresses(text), None):
            return place.address
        raise FileProblem(Reason.DAMAGED, "not a property list") from error
    return str(value.get("URL", "")) if isinstance(value, dict) else ""


def _desktop_entry(data: bytes) -> tuple[str, str]:
    """Return address and name of a link; KDE marks keys whose values have variables (`URL[$e]`)."""
    sections = _sections(_text(data))
    entry = sections.get("desktop entry") or sections.get("kde desktop entry", {})
    url, name = (next((entry[key] for key in (f"{name}", f"{name}[$e]", f"{name}[$i]", f"{name}[$ei]", f"{name}[$ie]")
                       if entry.get(key)), "") for name in ("url", "name"))  # fmt: skip
    if entry.get("type", "").lower() != "link" and not (url and "exec" not in entry):
        raise FileProblem(Reason.UNSUPPORTED, "starts a program, so it is not a link")
    localised = (value for key, value in entry.items() if key.startswith("name[") and value)
    return _unescaped(url), _unescaped(name or next(localised, ""))


def _unescaped(value: str) -> str:
    """Return a value without the escapes of a desktop entry."""
    return re.sub(r"\\([sntr\\])", lambda match: "\\" if match[1] == "\\" else " ", value)


def _google(data: bytes, what: str) -> str:
    """Return the address of a Google document; the mail address in the file is left out."""
    try:
        raw = json.loads(data)
    except ValueError as error:
        raise FileProblem(Reason.DAMAGED, "not a Google Drive link") from error
    if not isinstance(raw, dict):
        raise FileProblem(Reason.DAMAGED, "not a Google Drive link")
    key = str(raw.get("doc_id") or "") or str(raw.get("resource_id") or "").partition(":")[2]
    if _GOOGLE_ID.fullmatch(key):
        resource = str(raw.get("resource_key") or "")
        more = f"?resourcekey={resource}" if re.fullmatch(r"[A-Za-z0-9_-]+", resource) else ""
        return f"https://docs.google.com/{what}/d/{key}{more}"
    return str(raw.get("url") or "")


def _shell_link(data: bytes) -> str:
    """Return the web address in a `.lnk`; raise FileProblem if it leads to a file or program."""
    if not data.startswith(_LNK):
        raise FileProblem(Reason.DAMAGED, "not a Windows shortcut")
    for text in (
        data.decode("latin-1"),
        data.decode("utf-16-le", "replace"),
        data[1:].decode("utf-16-le", "replace"),
    ):
        if match := _LNK_ADDRESS.search(text):
            return match.group()
    raise FileProblem(Reason.UNSUPPORTED, "leads to a file or program, not to the web")

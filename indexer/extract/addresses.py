"""Which addresses may be followed, and where are they in a text? Pure; nothing is ever opened.

Only http, https and mailto pass. The rules follow the URL standard's cleaning (C0 controls and blanks at the ends,
tabs and line ends anywhere) before the scheme is checked, and refuse addresses with a hidden second meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

ALLOWED = ("http", "https", "mailto")
MAX_LENGTH = 4096

_C0_AND_BLANK = "".join(map(chr, range(0x21)))
_BREAKS = re.compile(r"[\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SCRIPTS = frozenset({"javascript", "vbscript", "data", "livescript", "jscript"})
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`|\\^{}\u201c\u201d]+", re.IGNORECASE)
_ANY = re.compile(r"[a-z][a-z0-9+.-]{1,20}:(?://)?[^\s<>\"]+|\\\\[^\s\\]+\\\S+", re.IGNORECASE)


def check_address(raw: str) -> tuple[str | None, str]:
    """Return the address if it may be followed, else None and the reason why not."""
    address = _BREAKS.sub("", raw.strip(_C0_AND_BLANK))
    if not address:
        return None, "no address in it"
    if len(address) > MAX_LENGTH:
        return None, f"the address is longer than {MAX_LENGTH} characters"
    if address.startswith(("\\\\", "//", "/\\", "\\/")):
        return None, "it leads to a network share"
    if _CONTROL.search(address):
        return None, "control characters in the address"
    scheme = _scheme(unquote(address)) or ""
    if scheme != (_scheme(address) or "") or scheme not in ALLOWED:
        return None, _why_not(scheme)
    address = scheme + address[len(scheme) :]
    if scheme == "mailto":
        return (address, "") if "@" in address else (None, "no mail address in it")
    return _check_web(address)


def _check_web(address: str) -> tuple[str | None, str]:
    if "\\" in address.partition("?")[0]:
        return None, "a backslash in the address"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None, "the address is not well formed"
    if not address.lower().startswith(f"{parts.scheme}://") or not host:
        return None, "no host in the address"
    if "@" in parts.netloc:
        return None, "a user name in the address hides where it leads"
    return address.replace(" ", "%20").replace('"', "%22").replace("<", "%3C").replace(">", "%3E"), ""


def _scheme(address: str) -> str | None:
    match = _SCHEME.match(_CONTROL.sub("", address).strip(_C0_AND_BLANK))
    return match[1].lower() if match else None


def _why_not(scheme: str) -> str:
    if scheme in _SCRIPTS:
        return "it runs a script"
    if scheme == "file":
        return "it leads to a file, not to the web"
    return f"only web and mail addresses are followed, not {scheme}:" if scheme else "it is no web address"


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address in a text."""

    start: int
    end: int
    address: str


def find_addresses(text: str) -> Iterator[FoundAddress]:
    """Yield the web and mail addresses in `text`, without the punctuation of the sentence around them."""
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match.group())
        if len(address.partition(":")[2].strip("/")) > 0:
            yield FoundAddress(match.start(), match.start() + len(address), address)


def find_refused(text: str) -> Iterator[str]:
    """Yield what looks like an address in a text but may not be followed: script, file, share."""
    for match in _ANY.finditer(text):
        scheme = _scheme(match.group())
        if scheme in _SCRIPTS or scheme in ("file", "smb", "afp") or match.group().startswith("\\\\"):
            yield match.group()


def _trimmed(address: str) -> str:
    end, unopened = len(address), address.count(")") - address.count("(")
    while end and (address[end - 1] in ".,;:!?*_~]'" or (address[end - 1] == ")" and unopened > 0)):
        end -= 1
        unopened -= address[end] == ")"
    return address[:end]

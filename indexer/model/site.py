"""Which site is an address on?"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_ENCODED = "xn--"
_LONGEST_LABEL, _LONGEST_HOST = 63, 253
_TYPED = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/\\?#]*@)?(?:\[([^\]/\\?#]*)\]|[*.]*([^/\\?#:]*))",
    re.IGNORECASE | re.ASCII,
)


def site_of(url: str) -> str:
    """Return the host of a web address as people read it: in lower case, without `www.`, international names in
    their own letters; empty if it has none, or one longer than DNS allows.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return ""
    return _as_read(host or "")


def wanted_site(text: str) -> str:
    """Return the site that somebody means, who may have written it as an address, with a port, a path or `*.`.

    `assets/site.js` does the same.
    """
    host = _TYPED.match(text.strip())
    return _as_read(host[1] or host[2] or "" if host else "")


def is_within(site: str, wanted: str) -> bool:
    """Tell whether a site is the wanted one or below it: `news.example.com` is below `example.com`."""
    return bool(wanted) and (site == wanted or site.endswith(f".{wanted}"))


def sites_above(site: str) -> tuple[str, ...]:
    """Return all sites that a site is within, itself first: `a.b.c`, `b.c`, `c`."""
    labels = site.split(".") if site else []
    return tuple(".".join(labels[at:]) for at in range(len(labels)))


def _as_read(host: str) -> str:
    plain = host if host.isascii() else unicodedata.normalize("NFKC", host).replace("。", ".")
    labels = [_decoded(label) for label in plain.lower().rstrip(".").split(".")]
    site = ".".join(labels[1:] if labels[0] == "www" and len(labels) > 2 else labels)
    return site if len(site) <= _LONGEST_HOST else ""


def _decoded(label: str) -> str:
    """Return what a label encoded as in RFC 3492 stands for, if that is made of letters and digits and encoded like
    this; else the label.
    """
    if not label.startswith(_ENCODED) or len(label) > _LONGEST_LABEL:
        return label
    encoded = label.removeprefix(_ENCODED)
    try:
        read = encoded.encode("ascii").decode("punycode")
        if read.isascii() or read.encode("punycode").decode("ascii") != encoded:
            return label
    except (ValueError, OverflowError):
        return label
    is_plain = all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in read)
    return read if is_plain and unicodedata.normalize("NFKC", read).lower() == read else label

"""Which addresses are one page? Pure.

The normal form follows RFC 3986, section 6, and goes on where people share one article in several forms: tracking
parameters, AMP and mobile pages, `www.`, http and https. It may take two pages for one, never the other way round for the
forms named here; so it folds results and asks whether an address is there already, and is never itself opened.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, urlsplit

VERSION = 1
"""Raise it if `address_key` returns another key for any address: then links are told to index and page again."""

_WEB, _PORTS = ("http", "https"), (80, 443)
_OTHER_FORMS = frozenset({"www", "m", "mobile", "amp"})
"""First labels of a host that show the same page in another form; `m` and `mobile` also come second (`en.m.wikipedia.org`)."""
_TRACKING_PREFIXES = ("utm_", "mtm_", "matomo_", "piwik_", "hsa_", "fb_action_", "vero_", "at_custom")
_TRACKING = frozenset(
    "fbclid fb_ref fb_source gclid gclsrc dclid gbraid wbraid _ga _gl gad_source gad_campaignid msclkid twclid ttclid li_fat_id"
    " igshid igsh yclid ymclid _openstat epik mc_cid mc_eid _hsenc _hsmi __hssc __hstc __hsfp hsctatracking _ke _kx s_kwcid"
    " ef_id s_cid dm_i oly_anon_id oly_enc_id wickedid ref_src ref_url __twitter_impression mibextid sfnsn rb_clickid irclickid"
    " elqtrackid elqtrack elqaid elqat wt_mc wt.mc_id cmpid ncid sr_share soc_src soc_trk guccounter guce_referrer"
    " guce_referrer_sig mkt_tok pk_campaign pk_cid pk_content pk_keyword pk_kwd pk_medium pk_source ga_campaign ga_content"
    " ga_medium ga_place ga_source ga_term amp_js_v amp_gsa usqp".split()
)
"""Parameters that say who shares a link, and where; no page depends on them. From the lists of AdGuard (TrackParamFilter,
`general_url.txt`), mpchadwick/tracking-query-params-registry and Neat URL; what some sites give a meaning (`ref`, `source`,
`sid`) is not among them."""
_TRACKING_OF = {
    "youtube.com": frozenset({"si", "feature", "pp"}),
    "youtu.be": frozenset({"si", "feature"}),
    "open.spotify.com": frozenset({"si"}),
    "twitter.com": frozenset({"s", "t"}),
    "x.com": frozenset({"s", "t"}),
    "linkedin.com": frozenset({"trk", "trackingid", "lipi", "rcm"}),
}
"""The same, by host."""
_AMP_PARAMETERS = frozenset({"amp", "amp=1", "amp=true", "amp=", "outputtype=amp"})
_AMP_VIEWER = re.compile(r"/amp/(?:s/)?(?=[^/]+\.)")
"""https://developers.google.com/search/docs/crawling-indexing/amp/about-amp"""
_AMP_CACHE = re.compile(r"/[acviwr]/(?:s/)?(?=[^/]+\.)")
"""https://amp.dev/documentation/guides-and-tutorials/learn/amp-caches-and-cors/amp-cache-urls"""
_MOST_WRAPPED = 3
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IN_PATH = "/:@!$&'()*+,;=~%"
_IN_QUERY = _IN_PATH + "?"
_PLAIN = re.compile(r"[A-Za-z0-9._~/:@!$&'()*+,;=-]*")
"""What is in its normal form in every part."""
_PLAIN_HOST = re.compile(r"[\w.-]+")
_ASCII_HOST = re.compile(r"[a-z0-9_:-]+(\.[a-z0-9_:-]+)*")


@lru_cache(4096)
def address_key(url: str) -> str:
    """Return a text that is equal for addresses of one page, itself such an address; for what is no web address, itself.

    `address_key(address_key(url)) == address_key(url)` for any string.
    """
    url = url.strip()
    try:
        parts = _unwrapped(urlsplit(url))
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return url
    if scheme not in _WEB or not host:
        return url.lower() if scheme == "mailto" else url
    host = _ascii_host(host)
    if not _ASCII_HOST.fullmatch(host):
        return url
    host = _main_host(host)
    path = _main_path(_normal(parts.path, _IN_PATH))
    query = _query(parts.query, host)
    fragment = _normal(parts.fragment, _IN_QUERY).rstrip("/")
    return "".join((
        "https://",
        f"[{host}]" if ":" in host else host,
        f":{port}" if port not in (None, *_PORTS) else "",
        path,
        f"?{query}" if query else "",
        f"#{fragment}" if fragment.startswith(("/", "!")) and fragment != "!" else "",
    ))  # fmt: skip


def ascii_address(url: str) -> str:
    """Return a web address as browsers send it: the host in A-labels, everything else percent-encoded, nothing left out.

    Raise ValueError if it is not well formed.
    """
    parts = urlsplit(url.strip())
    host, port = _ascii_host(parts.hostname or ""), parts.port
    if not _ASCII_HOST.fullmatch(host):
        raise ValueError("not the name of a host")
    shown = f"[{host}]" if ":" in host else host
    return SplitResult(
        parts.scheme, shown if port is None else f"{shown}:{port}", _encoded(parts.path, _IN_PATH),
        _encoded(parts.query, _IN_QUERY), _encoded(parts.fragment, _IN_QUERY),
    ).geturl()  # fmt: skip


def _unwrapped(parts: SplitResult) -> SplitResult:
    """Return the address of the page that a viewer or cache of AMP pages shows."""
    for _ in range(_MOST_WRAPPED):
        host = parts.hostname or ""
        if host.endswith(".cdn.ampproject.org"):
            wrapping = _AMP_CACHE.match(parts.path)
        elif re.fullmatch(r"(www\.)?google\.[a-z]{2,3}(\.[a-z]{2})?", host):
            wrapping = _AMP_VIEWER.match(parts.path)
        else:
            break
        if not wrapping:
            break
        query = f"?{parts.query}" if parts.query else ""
        parts = urlsplit(f"https://{parts.path[wrapping.end() :]}{query}")
    return parts


def _ascii_host(host: str) -> str:
    """Return a host in lower case with its labels as they are looked up (UTS 46 without deviations)."""
    if "%" in host and _PLAIN_HOST.fullmatch(unquote(host)):
        host = unquote(host)
    host = host.strip(".").lower()
    if host.isascii():
        return host
    host = re.sub("[\u3002\uff0e\uff61]", ".", host)
    return ".".join(map(_ascii_label, host.split("."))).strip(".")


def _ascii_label(label: str) -> str:
    label = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).lower())
    try:
        return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError:  # lone surrogates
        return quote(label.encode("utf-8", "surrogatepass")).lower()


def _main_host(host: str) -> str:
    """Return a host without the labels of its mobile and AMP forms; two labels always stay."""
    labels = host.split(".")
    while len(labels) > 2 and labels[0] in _OTHER_FORMS and not labels[-1].isdigit():
        del labels[0]
    if len(labels) > 3 and labels[1] in ("m", "mobile"):
        del labels[1]
    return ".".join(labels)


def _main_path(path: str) -> str:
    """Return a path without dot segments, slashes at its end and the parts that AMP adds."""
    names: list[str] = []
    for name in path.split("/")[1:]:
        if name == "..":
            del names[-1:]
        elif name != ".":
            names.append(name)
    while names and (not names[-1] or (names[-1] == "amp" and any(names[:-1]))):
        names.pop()
    while len(names) > 1 and names[0] == "amp":
        del names[0]
    if names:
        names[-1] = re.sub(r"(?<=[^.])(\.amp)+(?=(\.html?)?$)", "", names[-1])
    return "/" + "/".join(names) if any(names) else ""


def _query(query: str, host: str) -> str:
    """Return the parameters on which the page depends, in their order."""
    of_host = _TRACKING_OF.get(host, frozenset())
    kept = []
    for part in _normal(query, _IN_QUERY).split("&"):
        name = part.partition("=")[0].lower()
        if not part or name in _TRACKING or name in of_host or name.startswith(_TRACKING_PREFIXES):
            continue
        if part.lower() not in _AMP_PARAMETERS:
            kept.append(part.replace("%20", "+"))
    return "&".join(kept)


def _normal(text: str, safe: str) -> str:
    """Return a part of an address with each character escaped only where it must be, in upper-case hex."""
    return text if _PLAIN.fullmatch(text) else _encoded(_ESCAPE.sub(_unescaped, text), safe)


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return "%25"
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _encoded(text: str, safe: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe=safe)

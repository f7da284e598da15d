"""Which addresses may be asked?

Only http and https, on their usual ports, at addresses that are reachable from everywhere: see docs/decisions/031-links.md.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import idna

from indexer.links.limits import MOST_URL

PORTS = {"http": 80, "https": 443}
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_OTHERS = [ipaddress.ip_network(net) for net in ("168.63.129.16/32", "192.88.99.0/24", "192.0.0.0/24")]
"""Addresses that look global but lead to the machine's own surroundings: a cloud's metadata, relays."""


class Refused(Exception):
    """This must not be asked; the text says why, in one line."""


class Address(NamedTuple):
    """An address of the web that may be asked, as far as can be told without looking up its host."""

    scheme: str
    host: str
    """In ASCII and lower case; IPv6 without brackets."""
    port: int
    target: str
    """Path and query, in ASCII."""

    @property
    def authority(self) -> str:
        """The host, with the port unless it is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def site(self) -> str:
        """Scheme, host and port: what a robots.txt is about."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address."""
        return self.site + self.target


class Allowed:
    """The hosts that settings allow: `host` (any port) or `host:port`. They may be in a private network."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts: set[tuple[str, int | None]] = set()
        for host in hosts:
            try:
                parts = urlsplit(f"//{host}")
                self._hosts.add((_ascii_host(parts.hostname or ""), parts.port))
            except (ValueError, Refused):
                continue  # the settings have been checked: what can't be understood allows nothing

    def has(self, host: str, port: int) -> bool:
        """Tell whether the settings allow this host at this port."""
        return (host, None) in self._hosts or (host, port) in self._hosts


def parse(url: str, allowed: Allowed, base: str = "") -> Address:
    """Return an address (relative to `base`, if given) without its fragment; raise Refused if it must not be asked."""
    try:
        if _FORBIDDEN.search(url) or len(url) > MOST_URL:
            raise Refused("this is not an address of the web")
        parts = urlsplit(urljoin(base, url) if base else url)
        scheme, port = parts.scheme, parts.port
        if scheme not in PORTS:
            raise Refused(f"only http and https are followed, not {scheme[:20] or 'this'}:")
        if "@" in parts.netloc:
            raise Refused("the address has a user name or password in it")
        host = _ascii_host(parts.hostname or "")
    except ValueError as error:
        raise Refused("this is not an address of the web") from error
    port = PORTS[scheme] if port is None else port
    if port != PORTS[scheme] and not allowed.has(host, port):
        raise Refused(f"port {port} is not asked (links.allow_hosts can allow it)")
    target = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    made = Address(scheme, host, port, target if target.startswith("/") else f"/{target}")
    if len(made.url) > MOST_URL:
        raise Refused("the address is too long")
    return made


def _ascii_host(host: str) -> str:
    """Return a host in ASCII and lower case; raise Refused if it can't be one."""
    if ":" in host:
        return str(ipaddress.IPv6Address(host)) if "%" not in host else _no_host()
    if not host.isascii():
        try:
            host = idna.encode(host[:253], uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise Refused("this is not the name of a host") from error
    host = host.lower()
    return host if _HOST.fullmatch(host) and len(host) <= 253 else _no_host()


def _no_host() -> str:
    raise Refused("this is not the name of a host")


def refuse_private(addresses: Iterable[str]) -> None:
    """Raise Refused unless all these numeric addresses can be reached from everywhere."""
    for address in addresses:
        if not is_public(address):
            raise Refused(f"it leads into a private network ({address})")


def is_public(address: str) -> bool:
    """Tell whether a numeric address is that of one host in the public network, however it is wrapped."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is None:
            return ip in _UNICAST and ip.is_global and ip.teredo is None and ip.scope_id is None
        ip = inner
    return (
        ip.is_global
        and not (ip.is_multicast or ip.is_reserved or ip.is_link_local or ip.is_loopback)
        and not any(ip in net for net in _OTHERS)
    )

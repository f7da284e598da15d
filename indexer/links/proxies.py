"""Through which proxy does a request go? Those of the environment, as other programs take them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from indexer.links.addresses import PORTS, Address


class Advice(NamedTuple):
    """What a person is told of the proxies in the environment."""

    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Proxies:
    """The proxies that the environment of this process names."""

    def __init__(self) -> None:
        self._known = getproxies_environment()

    def of(self, address: Address) -> str | None:
        """Return the address of the proxy for a request; None if it goes directly."""
        proxy = self._of_scheme(address.scheme)
        where = f"{address.host}:{address.port}"
        return None if proxy_bypass_environment(where, {"no": self._known.get("no", "")}) else proxy

    def advice(self) -> Advice:
        """Return what is to be told of them, without their passwords."""
        found = (
            [] if self._known.get("no", "").strip() == "*" else [self._of_scheme(scheme) for scheme in PORTS]
        )
        problems, remarks = [], []
        for proxy in dict.fromkeys(filter(None, found)):
            parts, is_usable = _split(proxy), can_be_used(proxy)
            where = parts and parts.netloc.rpartition("@")[2]
            if is_usable:
                remarks.append(
                    f"links are read through the proxy {where}, which makes the connections itself: that each goes to the address"
                    " that was checked here is up to it"
                )
            else:
                told = f"{parts.scheme}://{where}" if parts and where else "the proxy of the environment"
                problems.append(
                    f"links can't be read through {told}: only http:// proxies are supported; set HTTP_PROXY and HTTPS_PROXY to"
                    " one, or NO_PROXY to * for none"
                )
        return Advice(tuple(problems), tuple(remarks))

    def _of_scheme(self, scheme: str) -> str | None:
        proxy = self._known.get(scheme) or self._known.get("all")
        return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def can_be_used(proxy: str) -> bool:
    """Tell whether a proxy is of a kind that is supported."""
    parts = _split(proxy)
    return parts is not None and parts.scheme == "http" and bool(parts.hostname)


def _split(proxy: str) -> SplitResult | None:
    try:
        parts = urlsplit(proxy)
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None

"""No test leaves this machine: what wants to is refused before anything is sent, and the test fails."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

_recorders: list[list[object]] = []
TRIED: list[str] = []
"""What wanted to leave."""
_NAMES = {None, "", "localhost", socket.gethostname().lower()}


class WantedToLeave(OSError):
    """Something would have been sent to another machine."""


_is_fatal = False


@contextlib.contextmanager
def recorded() -> Iterator[list[object]]:
    """Yield a list that gets the address of each connection that this process begins meanwhile."""
    made: list[object] = []
    _recorders.append(made)
    try:
        yield made
    finally:
        _recorders[:] = [recorder for recorder in _recorders if recorder is not made]


def stay_here(*, is_fatal: bool = False) -> None:
    """Refuse connections and look-ups that leave this machine, in this process, until it ends; or end it at the first."""
    global _is_fatal
    _is_fatal = is_fatal
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        for recorder in _recorders:
            recorder.append(address)
        if isinstance(address, tuple) and isinstance(address[0], str) and not _is_here(address[0]):
            _tell(f"{event} {address}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _needs_no_network(args[0]):
        _tell(f"{event} {args[0]}")


def _tell(what: str) -> None:
    if _is_fatal:
        os._exit(99)
    TRIED.append(what)
    raise WantedToLeave(f"{what} would leave this machine")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() in _NAMES


def _needs_no_network(host: Any) -> bool:
    """Tell whether a host is a number or this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address((name or "").partition("%")[0])
    except ValueError:
        return (name or "").lower() in _NAMES
    return True

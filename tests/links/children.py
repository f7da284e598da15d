"""What runs in fetching processes of tests: the product's own, on a made-up web."""

from __future__ import annotations

import socket
from typing import Any

from indexer.links import fetching
from tests import loopback
from tests.links.web import as_number


def main(given: dict[str, Any]) -> None:
    """Fetch as the product does; all names lead to this machine, and an attempt to leave it ends the process."""
    loopback.stay_here(is_fatal=True)
    fetching.main(given, resolve=resolve)


def resolve(host: str, port: int) -> list[str]:
    """Return the address of a made-up host."""
    if host.startswith("silent"):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")
    return [as_number(host) or ("10.0.0.1" if host.startswith("private") else "127.0.0.1")]

"""What may the fetching process do besides fetching? Read what it needs for that, write in one directory, start nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from indexer.bounds import landlock

_SYSTEM = (
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/nix", "/gnu", "/etc", "/dev/urandom", "/dev/random", "/proc/self",
    "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/nscd", "/run/avahi-daemon",
)  # fmt: skip
"""Libraries, certificates, and what looking up names needs. None of it is personal."""
_RESOLVER = "/etc/resolv.conf"
"""On some systems it leads elsewhere."""


def confine(spool: Path) -> None:
    """Give up, for good, writing outside of `spool`, starting programs, and reading what fetching does not need.

    As far as Linux can enforce that; elsewhere nothing is given up. Never raises. Threads that already run are not bound.
    """
    if sys.platform != "linux":
        return
    sys.dont_write_bytecode = True
    certificates = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    resolver = os.path.dirname(os.path.realpath(_RESOLVER))
    wanted = (sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *_SYSTEM, *certificates, resolver)
    places = {os.path.realpath(place) for place in wanted if place}
    readable = {place for place in places if place != "/"}
    landlock.restrict((*readable, os.path.realpath(spool)), os.path.realpath(spool), (), may_connect=True)

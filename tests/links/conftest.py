"""A web to fetch from, and what drives checks within the process of the tests."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest

from indexer.links.addresses import Allowed
from indexer.links.checking import Checked, Checker
from indexer.links.limits import Limits
from indexer.links.messages import Request
from indexer.links.network import Network
from indexer.links.robots import Robots
from tests import loopback
from tests.links.web import OTHER_PUBLIC, PUBLIC, Names, Web, Wire, make_certificate

LIMITS = Limits(body=100_000, robots=20_000, total_s=0.6, connect_s=0.3)


class World:
    """The web, its names and wires, and a checker."""

    def __init__(self, web: Web) -> None:
        self.web, self.wire, self.names = web, Wire(web), Names()
        self.robots = Robots()
        self.now = time.time()
        self.allowed = Allowed(["wiki.corp", "wiki.port:8080"])
        self.checker = Checker(self.allowed, LIMITS, self.robots, lambda: self.now)
        self.network = Network("indexer/test (+us@x.test)", self.allowed, LIMITS, self.names, self.wire)

    def check(self, url: str, **more: object) -> Checked:
        """Check a link, one request after the other."""
        steps = self.checker.check(Request(url, **more))  # type: ignore[arg-type]
        try:
            ask = next(steps)
            while True:
                ask = steps.send(self.network.ask(ask))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


Certificate = tuple[Path, ssl.SSLContext]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for the names of the tests, and what believes in it, made once: that takes long."""
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    make_certificate(path, "news.test", "other.test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        return path, httpcore.default_ssl_context()


@pytest.fixture
def world(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A web that vouches for itself. Whatever a test asks of it, no connection leads to a forbidden place."""
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)
    monkeypatch.setattr(httpcore, "default_ssl_context", lambda: certificate[1])
    web = Web(certificate[0])
    with loopback.recorded() as connected:
        yield World(web)
    web.close()
    assert {host for host, _ in web.made} <= {PUBLIC, OTHER_PUBLIC, *web.may_be_private}
    assert set(connected) <= {("127.0.0.1", web.port), ("127.0.0.1", web.tls_port)}
    assert len(connected) <= len(web.made)
